"""devpi quickstart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli.api import Server, discover
from devpi_cli.app import App, pass_app
from devpi_cli.commands._server import answers_for, is_running, own_registry
from devpi_cli.errors import Missing
from devpi_cli.registry import default_user, new_password
from devpi_cli.session import Access, Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.models import Login, Service
    from devpi_cli.registry import Registry

PYPI = "root/pypi"
INDEX = "dev"
# A new mirror first loads the names of all projects of PyPI, and answers 404 meanwhile; this makes it ask for each.
ASK_FOR_EACH = "mirror_no_project_list=True"


@click.command(epilog="\b\nExamples:\n  devpi quickstart\n  devpi quickstart --user alice --port 4040")
@click.option("--user", metavar="NAME", help="Name of the user to make. [your login name]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the server. [3141, or the next free one]")
@click.option("--mirror-url", metavar="URL", help="What root/pypi mirrors. [https://pypi.org/simple/]")
@pass_app
def command(app: App, user: str | None, port: int | None, mirror_url: str | None) -> None:
    """Make a server of your own on this machine, with a user and an index, and use it.

    It runs on 127.0.0.1 until 'devpi server stop' or a restart of the machine, keeps its data beside the client's
    state, and its index 'dev' has all of PyPI behind it. What is there already stays as it is, so that it can be run
    again.
    """
    registry = own_registry(app)
    user = user or default_user()
    for step in _steps(app, registry, user, port, mirror_url):
        app.out.line(step)
    index = f"{registry.url}{user}/{INDEX}"
    app.out.line(f"current devpi index: {index} (logged in as {user})")
    app.out.line()
    app.out.line("Type next:")
    app.out.line("  devpi upload          in the folder of a project: build it and upload it")
    app.out.line("  devpi list            what is on the index")
    app.out.line("  devpi install NAME    install from the index, and from PyPI through it")
    app.out.line("  devpi server stop     stop the server; 'devpi server start' starts it again")
    app.out.document({"server": registry.url, "user": user, "index": index, "folder": str(registry.folder)})


def _steps(app: App, registry: Registry, user: str, port: int | None, mirror_url: str | None) -> Iterator[str]:
    """Do what is missing, and say of each step whether it was."""
    if registry.exists:
        yield f"server already there: {registry.folder}"
    else:
        registry.make()
        yield f"server made: {registry.folder}"
    if is_running(registry, app):
        yield f"server already running: {registry.url}"
    else:
        registry.start(answers_for(registry, app), port=port)
        yield f"server started: {registry.url}"
    with_root = _Owner(app, registry, "root")
    mirror_changes = [ASK_FOR_EACH, *([f"mirror_url={mirror_url}"] if mirror_url else [])]
    with_root.server.modify_index(PYPI, mirror_changes)
    yield from with_root.make_user(user)
    owner = _Owner(app, registry, user)
    yield from owner.make_index(f"{user}/{INDEX}", bases=PYPI)
    owner.use(f"{user}/{INDEX}")
    yield f"logged in {user!r}, credentials valid for {owner.login.hours:.2f} hours"


class _Owner:
    """A user of the registry, logged in with the password that was made for it."""

    def __init__(self, app: App, registry: Registry, user: str) -> None:
        self.app, self.registry, self.user = app, registry, user
        self.login: Login = self._server(None).login(user, registry.password(user) or "")
        self.server = self._server(self.login)

    def _server(self, login: Login | None) -> Server:
        access = Access(self.registry.url, (login.user, login.token) if login else None)
        session = Session(access, timeout=self.app.timeout, log=self.app.out.debug)
        click.get_current_context().call_on_close(session.close)
        features = discover(session, self.registry.url).features if login else ()
        return Server(self.registry.url, session, features)

    def make_user(self, name: str) -> Iterator[str]:
        try:
            self.server.user(name)
        except Missing:
            password = new_password()
            self.registry.remember_password(name, password)
            self.server.create_user(name, {"password": password})
            yield f"user created: {name}"
        else:
            yield f"user already there: {name}"

    def make_index(self, name: str, *, bases: str) -> Iterator[str]:
        try:
            self.server.index(name, projects=False)
        except Missing:
            self.server.create_index(name, {"bases": bases})
            yield f"index created: {name} (bases={bases})"
        else:
            yield f"index already there: {name}"

    def use(self, index: str) -> None:
        service: Service = discover(self.server.session, self.server.url(index))
        with self.app.state.changing() as state:
            state.server, state.index, state.is_mirror = service.root, index, service.is_mirror
            known = state.at(service.root)
            known.features = list(service.features)
            known.logins[self.user] = self.login
            known.user = self.user
