"""What every command is given: generic options, out, state, server. A part's module is imported when it is made."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from devpi_cli.auth.authenticator import Logins
    from devpi_cli.cli.output import Output
    from devpi_cli.http.session import Session
    from devpi_cli.models import Login
    from devpi_cli.server.api import Server
    from devpi_cli.state.store import State


@dataclass
class App:
    """The generic options, and the parts a command works with, each made when first used."""

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
    user: str | None = None  # who acts, in this command only
    elsewhere: str | None = None  # the root URL of another server than the one in use
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)  # what stood before the host of that URL
    index: str | None = None  # what it is about, as ``user/index``
    only_stored: bool = False  # no login but a stored one counts: it is about to be made, or the server is a stranger
    client_cert: str | None = None  # what stands for the remembered client certificate; empty for none

    @cached_property
    def out(self) -> Output:
        from devpi_cli.cli.output import Output

        return Output(self.quiet, self.verbose, self.debug, self.json, self.yes, self.no_input)

    @cached_property
    def state(self) -> State:
        from devpi_cli.state.store import State

        return State.of(self.clientdir)

    @property
    def place(self) -> str | None:
        from devpi_cli import urls

        if not self.elsewhere and (named := urls.named_place()):
            self.elsewhere, self.basic_auth = named.root, named.basic_auth
        return self.elsewhere or self.state.server

    @property
    def root(self) -> str:
        return self.place or self.state.require_server(os.environ.get("DEVPI_INDEX"))

    @property
    def login(self) -> Login | None:
        return self.logins.acting(self.session)

    @cached_property
    def logins(self) -> Logins:
        from devpi_cli.auth.authenticator import Logins

        root = self.place or ""
        stored = self.state.login(root, self.user or os.environ.get("DEVPI_USER"))
        return Logins.of(root, self.index, self.user, stored, say=self.out.debug, ask=self.out.ask_login)

    @cached_property
    def session(self) -> Session:
        from devpi_cli.http import engine

        engine.start()
        from devpi_cli.http.identity import Access
        from devpi_cli.http.retries import Retries
        from devpi_cli.http.session import Session
        from devpi_cli.http.tls import Trust

        if self.insecure:
            self.out.warn("TLS certificates are not verified (--insecure)")
        root, login = self.place or "", self.logins.credentials.stored
        known = self.state.known(root)
        certificate = known.client_cert if self.client_cert is None else self.client_cert
        access = Access(root, login.pair if login else None, self.basic_auth or known.basic_auth, certificate)
        session = Session(access, timeout=self.timeout, trust=Trust(self.ca_bundle, self.insecure), log=self.out.debug)
        session.doorkeeper = None if self.only_stored else self.logins
        session.retries = Retries.of(self.retries, self.deadline, self.out.note)
        click.get_current_context().call_on_close(session.close)
        return session

    @cached_property
    def server(self) -> Server:
        from devpi_cli.server.api import Server

        return Server(self.root, self.session, tuple(self.state.known(self.root).features) or None)


pass_app = click.make_pass_decorator(App)
