"""What every command receives: generic options, output, state, connections."""

from __future__ import annotations

import os
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    import httpx

    from devpi_cli.auth.own_server import OwnServer
    from devpi_cli.cli.output import Output
    from devpi_cli.cli.target import Target
    from devpi_cli.http.retries import Retries
    from devpi_cli.http.session import Session
    from devpi_cli.models import Login
    from devpi_cli.server.api import Server
    from devpi_cli.state.store import State

# Keys in click's context for the generic options given so far and the App made from them.
OPTIONS, APP = "devpi_cli.options", "devpi_cli.app"


class Options(NamedTuple):
    """The generic options, given before or after the command name."""

    clientdir: str | None = None
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    yes: bool = False
    json: bool = False
    no_input: bool = False
    timeout: float | None = None
    deadline: float | None = None
    retries: int | None = None
    ca_bundle: str | None = None
    insecure: bool = False
    as_root: bool = False
    pretty: bool | None = None


class App:
    """The generic options and a command's parts, each created on first use.

    ``transport`` replaces the network in tests.
    """

    def __init__(self, options: Options | None = None, transport: httpx.BaseTransport | None = None) -> None:
        self.options = options or Options()
        self.transport = transport
        self.connections: list[Server] = []
        """The servers this command has connected to."""
        self.kept_back: list[str] = []
        self.server_words = ""  # the options that name a server, as in "--serverdir DIR", if they were typed
        """Why secrets in the environment were not used for them, and what to set."""

    @cached_property
    def out(self) -> Output:
        from devpi_cli.cli.output import Output

        options = self.options
        return Output(
            options.quiet,
            options.verbose,
            options.debug,
            options.json,
            options.yes,
            options.no_input,
            options.pretty,
        )

    @cached_property
    def state(self) -> State:
        from devpi_cli.state.store import State

        return State.of(self.options.clientdir, self.out.warn)

    def target(self, index: str | None = None, *, user: str | None = None) -> Target:
        """Return the target of the command. Raises what ``target.resolve`` raises."""
        from devpi_cli.cli.target import resolve

        return resolve(index, os.environ, self.state, user="root" if self.options.as_root else user)

    def url_target(self, typed: str) -> tuple[Target, str]:
        """Return the target of a URL or path, and the absolute URL.

        Raises what ``target.resolve_url`` raises.
        """
        from devpi_cli.cli.target import resolve_url

        return resolve_url(typed, os.environ, self.state)

    def connect(self, target: Target, *, authenticate: bool = True, client_cert: str | None = None) -> Server:
        """Connect to the target's server; the connection is closed when the command ends.

        With ``authenticate=False`` only a stored login is used: the command is about to log in, or the server is not
        known. ``client_cert`` replaces the remembered client certificate; empty means none.
        Raises NothingInUse without a server, and what ``squatters.refuse`` raises.
        """
        from devpi_cli.hosting import squatters
        from devpi_cli.server.api import Server

        root = target.require_server()
        squatters.refuse(root, str(self._clientdir))
        if self.options.as_root and not squatters.is_own(root, str(self._clientdir)):
            raise WrongUsage(
                f"--as-root works only with the server of 'devpi quickstart', not with {root}",
                hint="type 'devpi login root'",
            )
        known = self.state.known(root)
        session = self._session(root, target, authenticate=authenticate and target.is_known, client_cert=client_cert)
        server = Server(root, session, tuple(known.features) or None)
        self.connections.append(server)
        click.get_current_context().find_root().call_on_close(session.close)  # after a hint has been asked for
        return server

    def _session(self, root: str, target: Target, *, authenticate: bool, client_cert: str | None) -> Session:
        from devpi_cli.http.identity import Identity
        from devpi_cli.http.session import Session
        from devpi_cli.http.tls import Trust

        if self.options.insecure and not self.connections:
            self.out.warn("TLS certificates are not verified (--insecure)")
        known, stored = self.state.known(root), self.state.login(root, target.named_user)
        certificate = known.client_cert if client_cert is None else client_cert
        authenticator = None
        if authenticate:
            from devpi_cli.auth.authenticator import Authenticator
            from devpi_cli.auth.environment import kept_back
            from devpi_cli.auth.sources import CredentialSources

            sources = CredentialSources(
                root,
                target.index,
                target.named_user,
                stored,
                self.out.debug,
                target.named_by,
                target.secrets_for,
                self.out.warn,
            )
            authenticator = Authenticator(
                sources,
                lambda: self.out.ask_login(root, target.user),
                self.own_server(root),
                lambda login: self._keep_renewed(root, login),
            )
            self.kept_back += filter(None, [kept_back(os.environ, root, target.secrets_for)])
        return Session(
            Identity(root, stored, target.basic_auth or known.basic_auth, certificate),
            authenticator=authenticator,
            timeout=self.options.timeout,
            trust=Trust(self.options.ca_bundle, self.options.insecure),
            retries=self._retries(),
            log=self.out.debug,
            transport=self.transport,
            waiting=self._waiting_for,
        )

    def _waiting_for(self, url: str) -> AbstractContextManager[object]:
        from urllib.parse import urlsplit

        return self.out.busy(f"waiting for {urlsplit(url).netloc.rpartition('@')[2]}")

    def own_server(self, root: str) -> OwnServer | None:
        """Return the passwords of our own server if it is the one at a root URL; of others we have none."""
        from devpi_cli.hosting import squatters

        if not squatters.is_own(root, str(self._clientdir)):
            return None
        from devpi_cli.auth.own_server import OwnServer

        return OwnServer(root, self._clientdir, self.options.as_root, self.out.debug)

    @property
    def _clientdir(self) -> Path:
        return self.state.path.parent.absolute()

    def _keep_renewed(self, root: str, login: Login) -> None:
        """Remember a login that was renewed, unless this is a dry run."""
        if click.get_current_context().params.get("dry_run"):
            return
        with self.state.changing() as state:
            known = state.at(root)
            known.logins[login.user] = login
            known.user = known.user or login.user

    def _retries(self) -> Retries:
        from devpi_cli.http.retries import Retries

        return Retries.of(self.options.retries, self.options.deadline, self.out.note)


def current_app(context: click.Context) -> App:
    """Return the App of the command line.

    While the command line is still being parsed, this is an App with the options read so far.
    """
    root = context.find_root()
    app: App | None = root.meta.get(APP)
    if app is None:
        given = Options(**root.meta.get(OPTIONS, {}))
        app = type(root.obj)(given, root.obj.transport) if isinstance(root.obj, App) else App(given)
        if not isinstance(context.command, click.Group):  # the options of a subcommand may still follow
            root.meta[APP] = app
    return app


def with_app(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Set click's ``obj`` to the App before the callback runs; plugins rely on it."""

    @wraps(callback)
    def call(*arguments: Any, **named: Any) -> Any:
        context = click.get_current_context()
        context.obj = current_app(context)
        return callback(*arguments, **named)

    return call


pass_app = click.make_pass_decorator(App)
