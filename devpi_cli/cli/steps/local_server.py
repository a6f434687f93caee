"""Find, check and start the user's own server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.auth.authenticator import password_login
from devpi_cli.cli.target import Target
from devpi_cli.errors import DevpiError, LoginRequired, NotAllowed, NotDevpi, Redirected, Unreachable, WrongUsage
from devpi_cli.hosting import ports, squatters
from devpi_cli.hosting.local_server import LocalServer
from devpi_cli.http.responses import IS_IT_DEVPI

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from devpi_cli.cli.app import App
    from devpi_cli.models import Login
    from devpi_cli.server.api import Server

START = "'devpi server start' starts it"
TAKEN = "'devpi server start' takes another port"


def own_server(app: App) -> LocalServer:
    """Return the user's own server, in the folder of the state file."""
    return LocalServer(app.state.path.parent.absolute() / squatters.FOLDER, app.out.debug)


def how_to_start(app: App, root: str, error: DevpiError) -> str:
    """Return what starts our own server, at a root URL, if an error comes from that it does not run; else nothing.

    Whoever has its port meanwhile cannot prove to be that server; only what no devpi server says is doubted.
    """
    is_doubtful = isinstance(error, Unreachable | NotDevpi | Redirected) or error.hint == IS_IT_DEVPI
    if not is_doubtful or app.own_server(root) is None or root.rstrip("/") not in error.message:
        return ""
    if isinstance(error, Unreachable) and error.fault == "refused":
        return START
    local_server = own_server(app)
    if local_server.answers():
        return ""
    return f"port {local_server.port} is taken by {occupant(local_server.port)}: {TAKEN}"


def alone(app: App, local_server: LocalServer) -> AbstractContextManager[None]:
    """Let no other command create, start, fill or stop the server.

    This holds during the block; wait for one that does.
    """
    return local_server.alone(app.out.warn, lambda: app.out.note("waiting for another devpi command with this server"))


def connected(app: App, local_server: LocalServer) -> Server:
    """Return a connection over which passwords may be sent.

    The server has answered on it.
    """
    server = app.connect(Target(local_server.url), authenticate=False)
    if not local_server.answers(server.session):
        raise DevpiError(f"the server does not answer at {local_server.url}", hint=START)
    return server


def act_as(server: Server, local_server: LocalServer, user: str) -> Login:
    """Act as a user from now on, with the password that is kept for them. Raises LoginRequired if it is not theirs."""
    try:
        login = password_login(server.session, user, local_server.password(user) or "")
    except NotAllowed:
        raise LoginRequired(
            f"the password of {user} is not the one that quickstart set",
            hint=f"type 'devpi use {local_server.url}' and 'devpi login {user}', or name another user with --user",
        ) from None
    server.session.log_in(login)
    return login


def occupant(port: int) -> str:
    """Return who has a port that is not the server's, as far as the system tells."""
    return f"another program ({found})" if (found := ports.listener(port)) else "another program"


def ensure_running(app: App, local_server: LocalServer, port: int | None) -> str:
    """Start the server unless it is running; return "started" or "already running".

    Raises WrongUsage if it is running on another port than ``port``, DevpiError if it runs and does not answer.
    """
    if local_server.answers():
        if port and port != local_server.port:
            raise WrongUsage(f"the server already runs at {local_server.url}", hint="type 'devpi server stop' first")
        return "already running"
    if found := local_server.process:  # a second one must not write into the same folder
        raise DevpiError(
            f"the server runs (process {found.pid}), but does not answer at {local_server.url}",
            hint="wait a moment, or type 'devpi server stop' first",
        )
    before = local_server.url
    if not port and ports.is_in_use(local_server.port):
        app.out.note(f"port {local_server.port} is taken by {occupant(local_server.port)}")
    with app.out.busy("starting the server"):
        local_server.start(port=port, ca_bundle=app.options.ca_bundle)
    _follow(app, local_server, before)
    return "started"


def _follow(app: App, local_server: LocalServer, before: str) -> None:
    """Let the logins of the server follow it to another port.

    Whoever has the old one must not get them.
    """
    after = local_server.url
    if after == before:
        return
    for root in squatters.spellings(app.state.servers, urls.origin(before)[2] or 0):
        logins = app.state.known(root).logins
        ours = {user: login for user, login in logins.items() if local_server.secret.has_signed(login.token)}
        if ours:
            _move(app, root, after, ours)


def _move(app: App, before: str, after: str, ours: dict[str, Login]) -> None:
    with app.state.changing() as state:
        old, new = state.at(before), state.at(after)
        old.logins = {user: login for user, login in old.logins.items() if user not in ours}
        new.logins.update(ours)
        new.user, new.features = old.user or new.user, old.features
        if state.server == before:
            state.server = after
    app.out.note(f"the server has moved from {before} to {after}: settings of pip and uv may still name the old URL")
