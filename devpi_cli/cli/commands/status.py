"""The command devpi status: the server, the login and the index."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.cli.steps.expiry import expires, remaining
from devpi_cli.cli.steps.hints import no_longer_good
from devpi_cli.cli.steps.service import ask
from devpi_cli.errors import NotAllowed
from devpi_cli.models import Status

if TYPE_CHECKING:
    from devpi_cli.models import Index, Login
    from devpi_cli.server.api import Server


@click.command(epilog="\b\nExamples:\n  devpi status\n  devpi status --json --index https://devpi.example/alice/dev")
@index_option("show")
@pass_app
def command(app: App, index: str | None) -> None:
    """Show the server, its role and versions, the login and the index.

    It asks the server. A replica reports how far it is behind its primary, a primary how far its replicas are behind.
    No login is needed; the exit status of 'devpi whoami' tells whether you are logged in.
    """
    target = app.target(index)
    name, server = target.optional_index(), app.connect(target)
    login = server.session.acting()
    service, server = ask(server, server.root)
    wrong = no_longer_good(login, service.status) if login else "not logged in"
    status = _status(app, server)
    found = server.index(name, projects=False) if name else None
    lines = [*_server_lines(server.root, status), *_own_lines(server, login, wrong, found)]
    document = {**_server_data(server.root, status), **_own_data(server, login, wrong, service.status, found)}
    if app.out.draws:
        from devpi_cli.cli.views import places

        app.out.draw(places.status(lines, login=document["login"]))
    else:
        app.out.lines(lines)
    app.out.document(document)


def _status(app: App, server: Server) -> Status:
    """Return the server's status; a locked-down server does not show it to everyone."""
    try:
        return server.status()
    except NotAllowed as error:
        app.out.note(f"the server does not show its status ({error.status} {error.reason})")
        return Status({})


def _server_lines(root: str, status: Status) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(status.versions.items()))
    lines = [f"server: {root}{f' ({versions})' if versions else ''}"]
    if status.role == "replica":
        lines.append(f"role: replica of {status.primary_url}, {_lag(status.behind)}{_since(status)}")
    elif status.role:
        lines.append(f"role: {status.role}")
    for replica in status.replicas:
        lines.append(f"replica: {replica.url or 'URL unknown'}, {_lag(_behind(status, replica.serial))}")
    return lines


def _since(status: Status) -> str:
    if not status.behind or status.in_sync_at is None:
        return ""
    return f"; last in sync {max(0, time.time() - status.in_sync_at):.0f} s ago"


def _lag(behind: int | None) -> str:
    if behind is None:
        return "lag unknown"
    return f"{behind} change{'' if behind == 1 else 's'} behind" if behind else "in sync"


def _behind(status: Status, serial: int) -> int | None:
    return None if status.serial is None else max(0, status.serial - serial)


def _own_lines(server: Server, login: Login | None, wrong: str, index: Index | None) -> list[str]:
    rest = remaining(login) if login else ""
    lasts = f" ({rest})" if rest else ""
    lines = [f"user: {wrong or (login.user if login else '')}{'' if wrong else lasts}"]
    if index is None:
        return [*lines, "index: none in use"]
    config = index.config
    words = [str(config.get("type") or "stage"), "volatile" if config.get("volatile") else "not volatile"]
    lines.append(f"index: {server.url(index.name)} ({', '.join(words)})")
    bases = ",".join(index.listed("bases"))
    return [*lines, f"bases: {bases}"] if bases else lines


def _server_data(root: str, status: Status) -> dict[str, Any]:
    since = status.in_sync_at
    primary = {
        "url": status.primary_url,
        "serial": status.primary_serial,
        "behind": status.behind,
        "in_sync_at": None if since is None else datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return {
        "server": root,
        "versions": status.versions,
        "role": status.role or None,
        "serial": status.serial,
        "primary": primary if status.role == "replica" else None,
        "replicas": [
            {"url": replica.url, "serial": replica.serial, "behind": _behind(status, replica.serial)}
            for replica in status.replicas
        ],
    }


def _own_data(server: Server, login: Login | None, wrong: str, reply: str, index: Index | None) -> dict[str, Any]:
    verdict = "none" if login is None else "ok" if not wrong else "expired" if reply == "expired" else "invalid"
    config = index.config if index else {}
    return {
        "user": login.user if login and not wrong else None,
        "login": verdict,
        "expires": expires(login) if login and not wrong else None,
        "index": index.name if index else None,
        "url": server.url(index.name) if index else None,
        "type": config.get("type"),
        "bases": index.listed("bases") if index else [],
        "volatile": config.get("volatile"),
    }
