"""The command devpi quickstart: your own server on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli import urls
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.expiry import validity
from devpi_cli.cli.steps.local_server import act_as, alone, connected, ensure_running, own_server
from devpi_cli.errors import DevpiError
from devpi_cli.hosting.local_server import default_user, require_devpi_server
from devpi_cli.server import settings
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from devpi_cli.hosting.local_server import LocalServer
    from devpi_cli.models import Login
    from devpi_cli.server.api import Server

PYPI = "root/pypi"
MIRROR = {
    "type": "mirror",
    "volatile": "False",
    "title": "PyPI",
    "mirror_url": "https://pypi.org/simple/",
    "mirror_web_url_fmt": "https://pypi.org/project/{name}/",
    # Without this, a new mirror first loads the names of all PyPI projects, and answers 404 meanwhile.
    "mirror_no_project_list": "True",
}
INDEX = "dev"
NEXT = """
Type next:
  devpi upload          in the folder of a project: build it and upload it
  devpi list            what is on the index
  devpi install NAME    install from the index, and from PyPI through it
  devpi server stop     stop the server; 'devpi server start' starts it again"""


@click.command(epilog="\b\nExamples:\n  devpi quickstart\n  devpi quickstart --user alice --port 4040")
@click.option("--user", metavar="NAME", help="Name of the user to create. [your login name]")
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="PORT", help="Port of the server. [3141, or the next free one]"
)
@click.option("--mirror-url", metavar="URL", help="What root/pypi mirrors. [https://pypi.org/simple/]")
@pass_app
def command(app: App, user: str | None, port: int | None, mirror_url: str | None) -> None:
    """Set up your own server on this machine and start using it.

    It has a user, and an index 'dev' with all of PyPI as its base. It runs on 127.0.0.1 until 'devpi server stop' or a
    restart of the machine, and stores its data next to the client's state. Running quickstart again is safe: it leaves
    what exists unchanged, and without --user also who acts and which index is in use.
    """
    mirror = {**MIRROR, "mirror_url": mirror_url or MIRROR["mirror_url"]}
    settings.stored(settings.MIRROR, "mirror_url", mirror["mirror_url"])  # raises InvalidSetting
    local_server, keep = own_server(app), not user
    user = urls.user_name(user or default_user())
    if not local_server.exists:
        require_devpi_server()  # before anything is written
    with alone(app, local_server):
        for step in _serve(app, local_server, port):
            app.out.line(step)
        server = connected(app, local_server)
        for step in _fill(server, local_server, user, mirror):
            app.out.line(step)
        if mirror_url and mirror_url != (there := server.index(PYPI, projects=False).config.get("mirror_url")):
            line = f"devpi index {PYPI} mirror_url={mirror_url} --as-root"
            app.out.warn(f"{PYPI} mirrors {there}: type '{line}' to change it")
        login = act_as(server, local_server, user)
        name, login = (keep and _in_use(app, server, login)) or (f"{user}/{INDEX}", login)
        _use(app, server, name, login)
    index, user = server.url(name), login.user
    app.out.line(f"logged in {user!r}{validity(login)}")
    app.out.line(f"current devpi index: {index} (logged in as {user})")
    app.out.verbatim(NEXT)
    app.out.document({"server": local_server.url, "user": user, "index": index, "folder": str(local_server.folder)})


def _serve(app: App, local_server: LocalServer, port: int | None) -> Iterator[str]:
    """Create and start the server unless that is done; yield a line for each step."""
    if local_server.exists:
        yield f"server exists: {local_server.folder}"
    else:
        local_server.make()
        yield f"server created: {local_server.folder}"
    yield f"server {ensure_running(app, local_server, port)}: {local_server.url}"


def _fill(server: Server, local_server: LocalServer, user: str, mirror: dict[str, str]) -> Iterator[str]:
    """Create the mirror, user and index that do not exist; yield a line for each."""
    index = f"{user}/{INDEX}"
    users = {user.name: user for user in server.users()}
    indexes = {index.name: index for user in users.values() for index in user.indexes}
    if PYPI not in indexes:
        act_as(server, local_server, "root")
        server.create_index(PYPI, mirror)
    config = indexes[PYPI].config if PYPI in indexes else mirror
    yield f"index {_outcome(PYPI, indexes)} (mirror_url={config.get('mirror_url')})"
    if user not in users:
        act_as(server, local_server, "root")
        server.create_user(user, {"password": local_server.make_password(user)})
    yield f"user {_outcome(user, users)}"
    if index not in indexes:
        act_as(server, local_server, user)
        server.create_index(index, {"bases": PYPI})
    bases = indexes[index].listed("bases") if index in indexes else [PYPI]
    yield f"index {_outcome(index, indexes)} (bases={','.join(bases)})"


def _outcome(name: str, existing: Container[str]) -> str:
    return f"exists: {name}" if name in existing else f"created: {name}"


def _in_use(app: App, server: Server, made: Login) -> tuple[str, Login] | None:
    """Return the index in use and the login of who acts, if both are on this server and still good."""
    acting, index = app.state.known(server.root).user, app.state.index
    login = made if acting == made.user else app.state.login(server.root, acting)
    if app.state.server != server.root or not (index and acting and login):
        return None
    try:
        service = discover(server.session.as_user(login), server.url(index))
    except DevpiError:  # the index is gone
        return None
    return (index, login) if service.status == "ok" else None


def _use(app: App, server: Server, index: str, login: Login) -> None:
    """Store the server, index and login, as 'devpi use' and 'devpi login' do."""
    service = discover(server.session, server.url(index))
    with app.state.changing() as state:
        state.server, state.index, state.is_mirror = server.root, index, service.is_mirror
        known = state.at(server.root)  # that gave the login, whatever it calls itself
        known.features = list(service.features)
        known.logins[login.user] = login
        known.user = login.user
