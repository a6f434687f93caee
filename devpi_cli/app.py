"""What every command is given: generic options, out, state, server."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path  # noqa: TC003 (dataclass field)
from typing import TYPE_CHECKING

import click

from devpi_cli.api import Server
from devpi_cli.output import Output
from devpi_cli.session import SILENCE_SECONDS, Access, Session, Trust
from devpi_cli.state import State, default_clientdir

if TYPE_CHECKING:
    from devpi_cli.models import Login


@dataclass
class App:
    """The generic options, and the parts a command works with, each made when first used."""

    clientdir: Path | None = None
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    yes: bool = False
    json: bool = False
    no_input: bool = False
    timeout: float = SILENCE_SECONDS
    ca_bundle: Path | None = None
    insecure: bool = False
    elsewhere: str | None = None
    """The root URL of another server than the one in use, for this command only."""
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)
    """What was typed before the host of that URL."""

    @cached_property
    def out(self) -> Output:
        return Output(self.quiet, self.verbose, self.debug, self.json, self.yes, self.no_input)

    @cached_property
    def state(self) -> State:
        return State.load((self.clientdir or default_clientdir()) / "state.json")

    @property
    def root(self) -> str:
        return self.elsewhere or self.state.require_server()

    @property
    def login(self) -> Login | None:
        root = self.elsewhere or self.state.server
        return self.state.login(root, os.environ.get("DEVPI_USER")) if root else None

    @cached_property
    def session(self) -> Session:
        if self.insecure:
            self.out.warn("TLS certificates are not verified (--insecure)")
        root = self.elsewhere or self.state.server or ""
        login, known = self.login, self.state.servers.get(root)
        basic_auth = self.basic_auth or (known.basic_auth if known else None)
        access = Access(root, (login.user, login.token) if login else None, basic_auth)
        session = Session(access, timeout=self.timeout, trust=Trust(self.ca_bundle, self.insecure), log=self.out.debug)
        click.get_current_context().call_on_close(session.close)
        return session

    @cached_property
    def server(self) -> Server:
        known = self.state.servers.get(self.root)
        return Server(self.root, self.session, tuple(known.features) if known else ())


pass_app = click.make_pass_decorator(App)
