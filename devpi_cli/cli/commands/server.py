"""The command devpi server: control of the server that quickstart set up, and what administrators need for any."""

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING

import click

from devpi_cli.auth.own_server import ROOT
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import password_from_stdin
from devpi_cli.cli.steps import attended
from devpi_cli.cli.steps.local_server import TAKEN, act_as, alone, connected, ensure_running, occupant, own_server
from devpi_cli.cli.steps.preflight import dry_run_option
from devpi_cli.cli.steps.serverdirs import ACCEPT_DATA_LOSS, serverdir_options
from devpi_cli.cli.steps.users import modify_user, plan_user
from devpi_cli.errors import DevpiError, LoginRequired, NothingFound, WrongUsage
from devpi_cli.hosting import ports, stretching
from devpi_cli.system.files import MOST_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.cli.steps.serverdirs import Where
    from devpi_cli.hosting.local_server import LocalServer

# Each is a file in the folder administration. They are imported with this one, which only 'devpi server' does.
ADMINISTRATION = (
    "init",
    "run",
    "replica",
    "export",
    "import_",
    "backup",
    "restore",
    "upgrade",
    "check",
    "doctor",
    "config",
)


@click.group(epilog="\b\nExamples:\n  devpi server status\n  devpi server stop")
def command() -> None:
    """Start, stop, check and export a server on this machine."""


@command.command(
    epilog="\b\nExamples:\n  devpi server start\n  devpi server start --port 4040\n"
    "  devpi server start --serverdir /srv/devpi --host 0.0.0.0"
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Port to listen on. [the last one, or the next free one; with --serverdir 3141]",
)
@serverdir_options
@click.option("--host", metavar="HOST", help="With --serverdir: address to listen on. [the last one, or localhost]")
@click.option("--secretfile", metavar="FILE", help="With --serverdir: its secret. [.secret in it]")
@ACCEPT_DATA_LOSS
@pass_app
def start(
    app: App,
    port: int | None,
    where: Where,
    host: str | None,
    secretfile: str | None,
    accept_data_loss: bool,
) -> None:
    """Start the server in the background if it is not running: quickstart's, or that of a serverdir."""
    if server := attended.attended(app, where):
        run = server.plan(host, port, secretfile, accept_data_loss=accept_data_loss)
        attended.start(app, server, run, is_named=bool(host or port))
        return
    if host or secretfile:
        raise WrongUsage("--host and --secretfile work only with --serverdir")
    local_server = own_server(app)
    local_server.require()
    with alone(app, local_server):
        done = ensure_running(app, local_server, port)
        pid = found.pid if (found := local_server.process) else None
    app.out.line(f"server {done}: {local_server.url} ({_process(pid)})")
    app.out.document({"server": local_server.url, "running": True, "pid": pid})


@command.command(epilog="\b\nExamples:\n  devpi server stop\n  devpi server stop --serverdir /srv/devpi")
@serverdir_options
@pass_app
def stop(app: App, where: Where) -> None:
    """Stop the server if it is running: quickstart's, or that of a serverdir."""
    if server := attended.attended(app, where):
        attended.stop(app, server)
        return
    local_server = own_server(app)
    local_server.require()
    with alone(app, local_server):
        found = local_server.process
        if found:
            local_server.stop(found)
        elif local_server.answers():
            raise DevpiError(
                f"{local_server.url} was not started by 'devpi server start'", hint="stop it the way it was started"
            )
    app.out.line(f"server {'stopped' if found else 'not running'}: {local_server.url}")
    app.out.document({"server": local_server.url, "running": False, "pid": None})


@command.command(epilog="\b\nExamples:\n  devpi server status\n  devpi server status --serverdir /srv/devpi --json")
@serverdir_options
@pass_app
def status(app: App, where: Where) -> None:
    """Show whether the server is running, its URL, and where its data is.

    Of a serverdir that is named, also the role and the serial of the server, and how far a replica is behind.
    """
    if server := attended.attended(app, where):
        attended.status(app, server)
        return
    local_server = own_server(app)
    answers, found = local_server.answers(), local_server.process
    pid = found.pid if found else None
    is_taken = ports.is_in_use(local_server.port) and not (answers or found)
    how = "running" if answers else "not answering"
    app.out.line(f"{local_server.url}: {f'{how} ({_process(pid)})' if answers or found else 'not running'}")
    app.out.line(f"  data={local_server.data}")
    app.out.line(f"  log={local_server.log}")
    who = occupant(local_server.port) if is_taken else None
    if who:
        app.out.line(f"  port {local_server.port} is taken by {who}: {TAKEN}")
    app.out.document(
        {
            "server": local_server.url,
            "running": answers,
            "pid": pid,
            "data": str(local_server.data),
            "log": str(local_server.log),
            "stretching": str(stretching.NONE),
            "port_taken_by": who,
        }
    )


def _process(pid: int | None) -> str:
    return f"process {pid}" if pid else "not started by 'devpi server start'"


@command.command(epilog="\b\nExamples:\n  devpi server passwd\n  devpi server passwd alice --set")
@click.argument("user", required=False)
@click.option("--set", "-s", "set_", is_flag=True, help="Set a new password; you are asked for it.")
@click.option("--password-stdin", is_flag=True, help="Set a new password, read from standard input.")
@dry_run_option()
@pass_app
def passwd(app: App, user: str | None, set_: bool, password_stdin: bool, dry_run: bool) -> None:
    """Show or set the password of a user of this server.

    quickstart has made the passwords of its users and of root, and devpi logs in with them by itself: you need one
    elsewhere, as in a browser or for twine. Without USER it is the user of quickstart.
    """
    local_server = own_server(app)
    kept = local_server.passwords()
    user = user or next((name for name in kept if name != ROOT), ROOT)
    if set_ or password_stdin:
        _set_password(app, local_server, user, from_stdin=password_stdin, dry_run=dry_run)
        return
    if user not in kept:
        raise NothingFound(
            f"there is no stored password of {user}",
            hint=f"stored are those of {', '.join(sorted(kept))}; 'devpi server passwd USER --set' sets another",
        )
    if local_server.answers() and not _is_current(app, local_server, user):
        what = f"the password of {user} is not the one that quickstart set"
        raise NothingFound(what, hint=f"'devpi server passwd {user} --set' sets another")
    app.out.verbatim(kept[user])
    app.out.document({"user": user, "password": kept[user]}, verbatim=True)


def _is_current(app: App, local_server: LocalServer, user: str) -> bool:
    try:
        act_as(connected(app, local_server), local_server, user)
    except LoginRequired:
        return False
    return True


def _set_password(app: App, local_server: LocalServer, user: str, *, from_stdin: bool, dry_run: bool) -> None:
    """Set the password of a user, as root, and keep it from now on."""
    with nullcontext() if dry_run else alone(app, local_server):
        server = connected(app, local_server)
        if dry_run:
            plan_user(app, server, server.user(user).name, "modify", {"password": ""})
            return
        act_as(server, local_server, ROOT)
        server.user(user)  # a user who does not exist gets no question
        hint = "use --password-stdin"
        password = password_from_stdin() if from_stdin else app.out.ask_new_password(user, hint)
        modify_user(app, server, user, {"password": password})
        local_server.keep_password(user, password)


@command.command(epilog="\b\nExamples:\n  devpi server log\n  devpi server log -n 100")
@click.option(
    "--lines", "-n", type=click.IntRange(min=1), metavar="COUNT", default=20, show_default=True, help="Number of lines."
)
@serverdir_options
@pass_app
def log(app: App, lines: int, where: Where) -> None:
    """Show the last lines of the server's log."""
    server = attended.attended(app, where)
    path = server.require_log() if server else own_server(app).log
    if not path.is_file():  # it would wait for a pipe
        raise NothingFound(f"there is no log at {path}", hint="type 'devpi quickstart'")
    last = _last_lines(path, lines)
    app.out.lines(last)
    app.out.document({"log": str(path), "lines": last})


def _last_lines(path: Path, count: int) -> list[str]:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - MOST_BYTES))  # a log has no limit
        text = file.read(MOST_BYTES).decode("utf-8", errors="replace")
    return text.removesuffix("\n").split("\n")[-count:] if text else []


for _name in ADMINISTRATION:
    command.add_command(import_module(f"devpi_cli.cli.commands.administration.{_name}").command)
