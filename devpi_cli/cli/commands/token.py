"""The command devpi token: API tokens of a server with devpi-tokens."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from devpi_cli import urls
from devpi_cli.auth.sources import Credential, token_in_environment
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.expiry import validity
from devpi_cli.cli.steps.login import accepted, remember
from devpi_cli.cli.steps.preflight import dry_run_option
from devpi_cli.cli.steps.secret_file import require_place, require_place_for_secret
from devpi_cli.cli.views.amounts import number
from devpi_cli.errors import DevpiError, LoginRequired, PluginMissing, WrongUsage
from devpi_cli.models import normalised
from devpi_cli.server import tokens
from devpi_cli.server.token_issuer import TokenIssuer, no_token
from devpi_cli.system.files import MOST_BYTES, read, write_own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Command = TypeVar("_Command", bound="Callable[..., Any]")
PERMISSIONS = ", ".join(tokens.PERMISSIONS)
INSTEAD = "name its file with -f FILE, or set DEVPI_TOKEN"


def _restrictions(command: _Command) -> _Command:
    """Add the options that restrict a token."""
    several = "Comma-separated, repeatable."
    options = [
        click.option(
            "--allowed", "-a", multiple=True, metavar="PERMISSION", help=f"Allow only these: {PERMISSIONS}. {several}"
        ),
        click.option("--indexes", "-i", multiple=True, metavar="INDEX", help=f"Only these indexes. {several}"),
        click.option("--projects", "-p", multiple=True, metavar="NAME", help=f"Only these projects. {several}"),
        click.option(
            "--expires",
            "-e",
            metavar="WHEN",
            help="When the token expires: 30d, 12h, 2027-01-31, seconds since the epoch, or never.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


_user_option = click.option("--user", "-u", metavar="USER", help="Owner of the token. [the logged-in user]")
_output_option = click.option(
    "--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Write the token to FILE (0600). [stdout]"
)
_file_option = click.option(
    "--file", "-f", metavar="FILE", help="File with the token; - for standard input. [the variable DEVPI_TOKEN]"
)


@click.group(
    epilog="\b\nExamples:\n  devpi token create -a upload -i dev -e 30d -o ci-token\n"
    "  devpi token derive -f ci-token -p demo -e 1h\n"
    "  devpi token login -f ci-token"
)
def command() -> None:
    """Create, list, delete, derive and inspect API tokens, or log in with one.

    The server needs the plugin devpi-tokens. A token works as DEVPI_TOKEN, and as the password of its user in pip, uv
    and twine. It can never change users or create tokens.
    """


@command.command(
    epilog="\b\nExamples:\n  devpi token create\n  devpi token create -a upload,pkg_read -i dev -e 30d -o ci-token"
)
@_user_option
@_restrictions
@_output_option
@dry_run_option()
@pass_app
def create(
    app: App,
    user: str | None,
    allowed: tuple[str, ...],
    indexes: tuple[str, ...],
    projects: tuple[str, ...],
    expires: str | None,
    output: Path | None,
    dry_run: bool,
) -> None:
    """Create a token on the server for yourself or, as root, for another user.

    By default it is valid for a year, which is the maximum for everyone but root.
    """
    owner, issuer = _issuer(app, user)
    limits = _limits(app, owner, allowed, indexes, projects, expires)
    if dry_run:
        require_place(output)
        issuer.tokens(owner)  # permission to list includes permission to create
        app.out.lines([f"would create a token of {owner}", *(f"  {_readable(rule)}" for rule in limits.caveats())])
        app.out.document({"user": owner, "dry_run": True, "would": "create", "restrictions": limits.caveats()})
        return
    require_place_for_secret(app, output)
    token = issuer.create(owner, limits)
    _hand_over(app, token, output, hint=f"type 'devpi token delete {tokens.id_of(token)}'")


@command.command("list", epilog="\b\nExample:\n  devpi token list")
@_user_option
@pass_app
def list_(app: App, user: str | None) -> None:
    """List the tokens of a user with their restrictions.

    Derived tokens are not listed: the server does not know them.
    """
    owner, issuer = _issuer(app, user)
    found = issuer.tokens(owner)
    rows = [{"id": name, **_data(rules)} for name, rules in found.items()]
    if not found:
        app.out.note(f"{owner} has no tokens")
    elif app.out.draws:
        from devpi_cli.cli.views import places

        app.out.draw(places.tokens(rows))
    else:
        for name, rules in found.items():
            app.out.lines([name, *(f"  {_readable(rule)}" for rule in rules)])
    app.out.document({"user": owner, "tokens": rows})


@command.command(epilog="\b\nExample:\n  devpi token delete abcdEFGH")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@_user_option
@dry_run_option()
@pass_app
def delete(app: App, ids: tuple[str, ...], user: str | None, dry_run: bool) -> None:
    """Delete tokens; tokens derived from them become invalid, too."""
    owner, issuer = _issuer(app, user)
    for name in ids:
        issuer.url(owner, name)  # refuses an id that would be read as another path
    existing = issuer.tokens(owner)
    if missing := [name for name in ids if name not in existing]:
        raise no_token(owner, missing[0])
    if dry_run:
        app.out.lines([f"would delete the token {name} of {owner}" for name in ids])
        app.out.document({"user": owner, "dry_run": True, "would": "delete", "tokens": list(ids)})
        return
    about = [f"About to delete the token {name} of {owner}" for name in ids]
    app.out.confirm(f"Delete {number(len(ids), 'token')} of {owner}?", about)
    for name in ids:
        issuer.delete(owner, name)
        app.out.line(f"token deleted: {name}")
    app.out.document({"user": owner, "deleted": list(ids)})


@command.command(
    epilog="\b\nExamples:\n  devpi token derive -f ci-token -p demo -e 1h\n"
    "  devpi token derive -f - -a upload < ci-token"
)
@_file_option
@_restrictions
@_output_option
@pass_app
def derive(
    app: App,
    file: str | None,
    allowed: tuple[str, ...],
    indexes: tuple[str, ...],
    projects: tuple[str, ...],
    expires: str | None,
    output: Path | None,
) -> None:
    """Derive a more restricted token from another one, without asking a server."""
    token = _token(app, file)
    limits = _limits(app, tokens.user_of(token) or "", allowed, indexes, projects, expires)
    if not limits.caveats():
        raise WrongUsage("the new token would have no new restriction", hint="restrict it with -a, -i, -p or -e")
    require_place_for_secret(app, output)
    _hand_over(app, tokens.derived(token, limits), output)


@command.command(epilog="\b\nExample:\n  devpi token inspect -f ci-token")
@_file_option
@pass_app
def inspect(app: App, file: str | None) -> None:
    """Show the user, id and restrictions of a token.

    No server is asked, and no secret is shown.
    """
    token = _token(app, file)
    rules = tokens.restrictions(token)
    app.out.lines([f"user: {tokens.user_of(token)}", f"id: {tokens.id_of(token)}"])
    for rule in rules:
        app.out.line(f"restriction: {_readable(rule)}")
    app.out.document({"user": tokens.user_of(token), "id": tokens.id_of(token), **_data(rules)})


@command.command(epilog="\b\nExamples:\n  devpi token login -f ci-token\n  pass show ci-token | devpi token login -f -")
@_file_option
@pass_app
def login(app: App, file: str | None) -> None:
    """Log in with a token that the server accepts.

    It is stored like that of 'devpi login', and used until it expires.
    """
    token = _token(app, file)
    target = app.target()
    server = app.connect(target, authenticate=False)
    until: int | None = None
    with suppress(PluginMissing):
        until = tokens.expires(tokens.restrictions(token))
    credential = Credential(
        tokens.user_of(token) or "", token, "the token", is_token=True, expires=inf if until is None else until
    )
    found = accepted(server, credential)
    remember(app, server, found)
    index = server.url(target.index) if target.index else None
    app.out.line(f"logged in {found.user!r}{f' at {index!r}' if index else ''}{validity(found)}")
    app.out.document({"user": found.user, "server": server.root, "index": index, "expires": until})


def _issuer(app: App, typed: str | None) -> tuple[str, TokenIssuer]:
    """Return the owner of the tokens, and the server that issues them."""
    target = app.target()
    server, user = app.connect(target), typed or target.acting_user()
    if not user:
        raise LoginRequired(f"not logged in at {server.root}", hint="type 'devpi login USER'")
    return urls.user_name(user), TokenIssuer(server)


def _limits(
    app: App, user: str, allowed: Iterable[str], indexes: Iterable[str], projects: Iterable[str], expires: str | None
) -> tokens.Limits:
    permissions = _items(allowed)
    if unknown := [name for name in permissions if name not in tokens.PERMISSIONS]:
        app.out.note(f"permissions of devpi-server: {', '.join(tokens.PERMISSIONS)}")
        allow = f"allow {', '.join(unknown)}, which only a plugin of the server may know"
        app.out.confirm(f"A{allow[1:]}?", autoset=allow)
    return tokens.Limits(
        tuple(permissions),
        tuple(urls.index_name(name, user) for name in _items(indexes)),
        tuple(normalised(name) for name in _items(projects)),
        None if expires is None else tokens.expiry(expires, time.time()),
    )


def _items(typed: Iterable[str]) -> list[str]:
    return sorted({item.strip() for part in typed for item in part.split(",") if item.strip()})


def _token(app: App, file: str | None) -> str:
    """Return the token from a file, standard input or ``DEVPI_TOKEN``, or ask for it."""
    if file == "-":
        found = sys.stdin.readline(MOST_BYTES).strip() if sys.stdin else ""
    elif file:
        try:
            found = read(Path(file).expanduser(), named=True).strip()
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise WrongUsage(f"cannot read the token in {file}: {reason}") from None
    else:
        found = token_in_environment() or app.out.ask_password("token:", INSTEAD)
    if not (tokens.is_token(found) and tokens.user_of(found)):
        where = "standard input" if file == "-" else file or "DEVPI_TOKEN"
        raise WrongUsage(
            f"{where} does not contain a devpi API token", hint=f"a token begins with {tokens.DEVPI_PREFIX}"
        )
    return found


def _hand_over(app: App, token: str, output: Path | None, hint: str = "") -> None:
    """Write a token to a file or print it.

    ``hint`` tells what to do if the file cannot be written.
    """
    if output:
        try:
            write_own(output, f"{token}\n")
        except OSError as error:
            raise DevpiError(f"cannot write {output}: {error.strerror}", hint=hint) from None
        app.out.line(f"token written to {output}")
    else:
        app.out.verbatim(token)
    app.out.document(
        {
            "user": tokens.user_of(token),
            "id": tokens.id_of(token),
            "token": None if output else token,
            "file": str(output) if output else None,
        },
        verbatim=True,
    )


def _data(rules: list[str]) -> dict[str, Any]:
    return {"restrictions": rules, "expires": tokens.expires(rules)}


def _readable(rule: str) -> str:
    """Return a restriction with its time in readable form."""
    name, _, value = rule.partition("=")
    with suppress(ValueError, OverflowError, OSError):
        if name in ("expires", "not_before"):
            return f"{rule} ({datetime.fromtimestamp(int(value), UTC):%Y-%m-%d %H:%M:%S} UTC)"
    return rule
