"""What every command is given: generic options, out, state, server.

A part's module is imported when the part is made, and so is pathlib: ``--help``, ``--version`` and completion need none
of them, and cost half as much.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from devpi_cli.api import Server
    from devpi_cli.models import Login
    from devpi_cli.output import Output
    from devpi_cli.session import Session
    from devpi_cli.state import State


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
    user: str | None = None
    """Who acts, for this command only."""
    elsewhere: str | None = None
    """The root URL of another server than the one in use, for this command only."""
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)
    """What was typed before the host of that URL."""
    client_cert: str | None = None
    """What stands for the remembered client certificate, for this command only; empty for none."""

    @cached_property
    def out(self) -> Output:
        from devpi_cli.output import Output

        return Output(self.quiet, self.verbose, self.debug, self.json, self.yes, self.no_input)

    @cached_property
    def state(self) -> State:
        from devpi_cli.state import State

        return State.of(self.clientdir)

    @property
    def root(self) -> str:
        return self.elsewhere or self.state.require_server()

    @property
    def login(self) -> Login | None:
        root = self.elsewhere or self.state.server
        return self.state.login(root, self.user or os.environ.get("DEVPI_USER")) if root else None

    @cached_property
    def session(self) -> Session:
        from devpi_cli import engine

        engine.start()
        from devpi_cli.retries import MOST, Retries
        from devpi_cli.session import Access, Session
        from devpi_cli.trust import Trust

        if self.insecure:
            self.out.warn("TLS certificates are not verified (--insecure)")
        root = self.elsewhere or self.state.server or ""
        login, known = self.login, self.state.servers.get(root)
        basic_auth = self.basic_auth or (known.basic_auth if known else None)
        client_cert = known.client_cert if known and self.client_cert is None else self.client_cert
        access = Access(root, (login.user, login.token) if login else None, basic_auth, client_cert)
        session = Session(access, timeout=self.timeout, trust=Trust(self.ca_bundle, self.insecure), log=self.out.debug)
        session.retries = Retries(MOST if self.retries is None else self.retries, say=self.out.note)
        session.retries.most_seconds = self.deadline or session.retries.most_seconds
        click.get_current_context().call_on_close(session.close)
        return session

    @cached_property
    def server(self) -> Server:
        from devpi_cli.api import Server

        known = self.state.servers.get(self.root)
        return Server(self.root, self.session, tuple(known.features) if known else ())


pass_app = click.make_pass_decorator(App)
