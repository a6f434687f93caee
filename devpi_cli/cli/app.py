"""What every command receives: generic options, output, state, connections."""

from __future__ import annotations

import os
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from devpi_cli.cli.output import Output
    from devpi_cli.cli.target import Target
    from devpi_cli.http.retries import Retries
    from devpi_cli.http.session import Session
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


class App:
    """The generic options and a command's parts, each created on first use.

    ``transport`` replaces the network in tests.
    """

    def __init__(self, options: Options | None = None, transport: httpx.BaseTransport | None = None) -> None:
        self.options = options or Options()
        self.transport = transport
        self.connections: list[Server] = []
        """The servers this command has connected to."""

    @cached_property
    def out(self) -> Output:
        from devpi_cli.cli.output import Output

        options = self.options
        return Output(options.quiet, options.verbose, options.debug, options.json, options.yes, options.no_input)

    @cached_property
    def state(self) -> State:
        from devpi_cli.state.store import State

        return State.of(self.options.clientdir)

    def target(self, index: str | None = None, *, user: str | None = None) -> Target:
        """Return the target of the command. Raises what ``target.resolve`` raises."""
        from devpi_cli.cli.target import resolve

        return resolve(index, os.environ, self.state, user=user)

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
        Raises NothingInUse without a server.
        """
        from devpi_cli.server.api import Server

        root = target.require_server()
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
            from devpi_cli.auth.sources import CredentialSources

            sources = CredentialSources(root, target.index, target.named_user, stored, self.out.debug, target.named_by)
            user = target.user or (stored.user if stored else None)  # DEVPI_USER=__token__ names nobody
            authenticator = Authenticator(sources, lambda: self.out.ask_login(root, user))
        return Session(
            Identity(root, stored, target.basic_auth or known.basic_auth, certificate),
            authenticator=authenticator,
            timeout=self.options.timeout,
            trust=Trust(self.options.ca_bundle, self.options.insecure),
            retries=self._retries(),
            log=self.out.debug,
            transport=self.transport,
        )

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
