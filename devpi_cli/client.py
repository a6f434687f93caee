"""A connection to a devpi server for other programs: list, upload, push, remove. Nothing is printed or asked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.auth.authenticator import password_login, trade
from devpi_cli.auth.sources import Credential
from devpi_cli.errors import Conflict, SomeFailed, WrongUsage
from devpi_cli.http.deadline import SECONDS
from devpi_cli.http.identity import Identity
from devpi_cli.http.retries import MOST, Retries
from devpi_cli.http.session import SILENCE_SECONDS, Session
from devpi_cli.http.tls import Trust
from devpi_cli.indexes.contents import IDENTICAL, IndexContents, find_releases
from devpi_cli.models import Requirement
from devpi_cli.packages import archives, dists
from devpi_cli.server.api import Server

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import BinaryIO

    from devpi_cli.models import Index, Link, Login, Release, User


def connect(  # noqa: PLR0913 (all that a connection can be told, by name)
    url: str,
    *,
    user: str | None = None,
    password: str | None = None,
    token: str | None = None,
    timeout: float = SILENCE_SECONDS,
    deadline: float = SECONDS,
    retries: int = MOST,
    ca_bundle: str | None = None,
    client_cert: str | None = None,
    insecure: bool = False,
    trust_env: bool = False,
) -> Client:
    """Connect to the server that a URL leads to; that of an index makes it the one that is meant where none is named.

    With a ``password`` the server is asked for a login at once; a ``token`` is an API token, or one of a ``Login``, and
    whose it is says ``user``, or an API token itself. A user and a password in the URL are for a web server in front of
    devpi. ``timeout`` is how many seconds of silence end a request, ``deadline`` how many it may take in all, but for
    sending or getting a file, ``retries`` how often a request that is safe to repeat is made again. ``ca_bundle`` is a
    file or folder of CAs to trust beside those of the system, ``client_cert`` a PEM file with certificate and key;
    ``insecure`` trusts everybody. With ``trust_env`` the environment may name proxies (``HTTPS_PROXY``, ``NO_PROXY``)
    and CAs (``REQUESTS_CA_BUNDLE``); what OpenSSL itself reads counts without it.
    The logger ``devpi_cli`` gets a line per request, without secrets.

    Raises WrongUsage for what is no such URL or half a login, and what ``Client.login`` raises.
    """
    place = urls.place(url)
    import logging

    log = logging.getLogger("devpi_cli").debug
    session = Session(
        Identity(place.root, None, place.basic_auth, client_cert),
        timeout=timeout,
        trust=Trust(ca_bundle, insecure, trust_env),
        retries=Retries.of(retries, deadline, log),
        log=log,
        trust_env=trust_env,
    )
    client = Client(Server(place.root, session, None), place.index)
    try:
        client._take(user, password, token)
    except BaseException:
        client.close()
        raise
    return client


@dataclass(frozen=True)
class Client(AbstractContextManager["Client"]):
    """A connection to a server; ``connect`` makes one, and the end of a ``with`` block closes it.

    An index is named ``user/index``, or ``index`` for one of who is logged in; without a name it is that of the URL. A
    requirement is ``name``, ``name==1.0``, ``name>=1,<2``. Every method can raise the failures of
    ``devpi_cli.errors``: Unreachable, NotAllowed, Missing and their like; what else is said where it is so.
    """

    server: Server
    """The protocol itself, a method per request: for what is not here."""
    index: str | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self.server.session.close()

    @property
    def user(self) -> str | None:
        """Who is logged in."""
        login = self.server.session.identity.login
        return login.user if login else None

    def login(self, user: str, password: str) -> Login:
        """Log in with a password and return the token that the server gives for it, which is good for some hours.

        Raises NotAllowed for a wrong password.
        """
        login = password_login(self.server.session, user, password)
        self.use(login)
        return login

    def use(self, login: Login) -> None:
        """Act with a login from here on. The server is not asked, and may refuse it later."""
        self.server.session.log_in(login)

    def _take(self, user: str | None, password: str | None, token: str | None) -> None:
        secret = token or password
        if not secret:
            if user:
                raise WrongUsage(f"{user} cannot log in without a password or a token")
            return
        credential = Credential.of(user, secret, "")
        if credential is None:
            raise WrongUsage("nothing says whose password or token it is", hint="name the user")
        self.use(trade(self.server.session, credential._replace(is_token=credential.is_token or bool(token))))

    # -- what there is

    def projects(self, *, index: str | None = None) -> list[str]:
        """List the names of the projects on an index, without its bases."""
        return list(self.server.index(self._name(index)).projects)

    def releases(self, requirement: str, *, index: str | None = None, bases: bool = True) -> list[Release]:
        """List the releases of a project, the newest first; with ``bases`` also those that the index has from these.

        Raises NothingFound when nothing matches.
        """
        return find_releases(self.server, self._name(index), Requirement.parse(requirement), bases=bases)[::-1]

    def files(self, requirement: str, *, index: str | None = None, bases: bool = True) -> list[Link]:
        """List the distributions of the releases that match. Raises NothingFound when nothing does."""
        return [file for release in self.releases(requirement, index=index, bases=bases) for file in release.files]

    def download(self, link: Link, file: BinaryIO) -> None:
        """Write a file of a release to a file that is open for writing bytes.

        Raises BrokenDistribution when its SHA-256 is not the one that the index has.
        """
        self.server.download(link, file)

    # -- releases

    def upload(self, path: str | Path, *, index: str | None = None, skip_existing: bool = False) -> bool:
        """Upload a wheel or an sdist; return whether it was sent, and not there already.

        A volatile index overwrites another file of that name, unless ``skip_existing`` has it compared by SHA-256.
        Raises BrokenDistribution for what is no distribution, and for another file of that name Conflict, or OtherFile
        with ``skip_existing``.
        """
        path, name = Path(path), self._name(index)
        if path.name.endswith(dists.SUFFIXES):
            archives.check(path)
        dist = dists.read(path)
        if skip_existing and IndexContents(self.server, name).has(dist):
            return False
        with path.open("rb") as file:
            said = self.server.narrowed_to(dist.project).upload(name, dist.fields, path.name, file)
        return not said.startswith(IDENTICAL)

    def push(
        self, requirement: str, target: str, *, index: str | None = None, skip_existing: bool = False
    ) -> list[Release]:
        """Copy releases, with their documentation, to another index of the server; return those that it took.

        The requirement has to say which releases; the oldest is pushed first. What the index has from its bases is not.
        A volatile target takes a release again, unless ``skip_existing`` has its files compared by SHA-256.
        Raises NothingFound when nothing matches, for other files there Conflict, or OtherFile with ``skip_existing``,
        and SomeFailed for what the server could not do; releases before that one are pushed then.
        """
        wanted, to = Requirement.parse(requirement), self._name(target)
        if wanted.is_whole_project:
            raise WrongUsage(f"{requirement!r} does not say which release", hint=f"name '{requirement}==VERSION'")
        releases, there = find_releases(self.server, self._name(index), wanted), IndexContents(self.server, to)
        return [
            release
            for release in releases
            if not (skip_existing and there.has_release(release)) and self._push(release, self._name(index), to)
        ]

    def _push(self, release: Release, index: str, target: str) -> bool:
        try:
            actions = self.server.push(index, release.project, release.version, {"targetindex": target})
        except Conflict as conflict:
            if IndexContents(self.server, target).holds(release, conflict):
                return False
            raise
        failed = [" ".join([str(action.status), *action.words]) for action in actions if not action.is_done]
        if failed:
            what = f"push of {release.project} {release.version} to {target} failed"
            raise SomeFailed("\n".join([what, *failed]), status=1)
        return True

    def remove(self, requirement: str, *, index: str | None = None, force: bool = False) -> list[Release]:
        """Remove releases, or with ``name`` alone the whole project; return what was there. Nobody is asked.

        What the index has from its bases stays. A non-volatile index gives nothing away without ``force``.
        Raises NothingFound when nothing matches.
        """
        name, wanted = self._name(index), Requirement.parse(requirement)
        found = find_releases(self.server, name, wanted)
        if wanted.is_whole_project:
            self.server.remove_project(name, wanted.project, force=force)
            return found
        for release in found:
            self.server.remove_release(name, wanted.project, release.version, force=force)
        return found

    # -- users and indexes

    def users(self) -> list[User]:
        """List all users with their indexes."""
        return self.server.users()

    def create_user(self, name: str, password: str, **settings: str) -> None:
        """Create a user. Raises Conflict when there is one."""
        self.server.create_user(name, {"password": password, **settings})

    def delete_user(self, name: str) -> None:
        """Delete a user with all indexes, which have to be volatile."""
        self.server.delete_user(name)

    def show_index(self, name: str | None = None) -> Index:
        """Show the configuration of an index, without its projects."""
        return self.server.index(self._name(name), projects=False)

    def create_index(self, name: str, **settings: str | bool | Iterable[str]) -> Index:
        """Create an index, as in ``create_index("dev", bases=["root/pypi"])``. Raises Conflict when there is one."""
        return self.server.create_index(self._name(name), {key: _text(value) for key, value in settings.items()})

    def modify_index(self, name: str, *changes: str) -> Index:
        """Change the configuration of an index by ``key=value``, ``key+=value`` and ``key-=value``."""
        return self.server.modify_index(self._name(name), changes)

    def delete_index(self, name: str) -> None:
        """Delete an index, which has to be volatile, with everything on it."""
        self.server.delete_index(self._name(name))

    def _name(self, typed: str | None) -> str:
        if typed is None and self.index is None:
            raise WrongUsage("no index is named", hint="name one, or connect to the URL of one")
        return urls.index_name(str(typed or self.index), self.user)


def _text(value: str | bool | Iterable[str]) -> str:
    return str(value) if isinstance(value, str | bool) else ",".join(value)
