"""Let programs list, upload, push and remove releases, without prints or prompts."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devpi_cli import urls
from devpi_cli.auth.authenticator import password_login, trade
from devpi_cli.auth.sources import Credential
from devpi_cli.errors import Conflict, SomeFailed, TimeIsUp, WrongUsage
from devpi_cli.http.deadline import SECONDS, checked
from devpi_cli.http.identity import Identity
from devpi_cli.http.retries import MOST, Retries
from devpi_cli.http.session import SILENCE_SECONDS, Session
from devpi_cli.http.tls import Trust
from devpi_cli.indexes.contents import IDENTICAL, IndexContents, find_releases
from devpi_cli.indexes.sides import FolderSide, IndexSide
from devpi_cli.models import Requirement
from devpi_cli.packages import dists
from devpi_cli.server.api import Server
from devpi_cli.system import private

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import BinaryIO, TypeAlias

    from devpi_cli.indexes.comparison import Comparison
    from devpi_cli.indexes.planning import Plan
    from devpi_cli.indexes.resolution import Resolution
    from devpi_cli.indexes.search import Found
    from devpi_cli.indexes.sides import Side
    from devpi_cli.indexes.verification import Verdict
    from devpi_cli.models import Index, Link, Login, Release, User
    from devpi_cli.server.details import Details

    Place: TypeAlias = "str | Path | Client"


def connect(  # noqa: PLR0913 (keyword options)
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
    """Connect to a devpi server by the URL of the server or of an index.

    The index of the URL is the default of all methods. With a ``password`` the client logs in at once. A ``token`` is
    an API token, or the token of a ``Login``; ``user`` names its user, unless it is an API token, which contains it.
    A user and a password in the URL are for a web server in front of devpi.

    ``timeout`` is the seconds of silence that end a request; ``deadline`` the seconds that a request may take in total,
    except for the transfer of a file; ``retries`` how often a request that is safe to repeat is retried. ``ca_bundle``
    is a file or folder of CAs to trust besides those of the system, ``client_cert`` a PEM file with a certificate and
    its key; ``insecure`` disables the verification of certificates. With ``trust_env`` the environment may set proxies
    (``HTTPS_PROXY``, ``NO_PROXY``) and CAs (``REQUESTS_CA_BUNDLE``); the variables of OpenSSL itself always count.
    The logger ``devpi_cli`` gets a line per request, without secrets.

    Raises WrongUsage for an invalid URL, a number out of range or half a login, and what ``Client.login`` raises.
    """
    place = urls.place(url)
    if not isinstance(retries, int) or retries < 0:
        raise WrongUsage(f"retries={retries!r} must be a number, 0 or more")
    import logging

    log = logging.getLogger("devpi_cli").debug
    session = Session(
        Identity(place.root, None, place.basic_auth, client_cert),
        timeout=checked("timeout", timeout),
        trust=Trust(ca_bundle, insecure, trust_env),
        retries=Retries.of(retries, checked("deadline", deadline), log),
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
    """A connection to a server; ``connect`` opens it, a ``with`` block closes it.

    An index is ``user/index``, or ``index`` of the current user; the default is the one of the URL. A requirement is
    ``name``, ``name==1.0`` or ``name>=1,<2``. Every method can raise the errors of ``devpi_cli.errors``, such as
    Unreachable, NotAllowed and Missing; the docstrings name any others.
    """

    server: Server
    """The protocol itself, one method per request, for everything else."""
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
        """Name of the current user; None if not logged in."""
        login = self.server.session.identity.login
        return login.user if login else None

    def login(self, user: str, password: str) -> Login:
        """Log in with a password; return the login, whose token expires in some hours.

        Raises NotAllowed for a wrong password.
        """
        login = password_login(self.server.session, user, password)
        self.use(login)
        return login

    def use(self, login: Login) -> None:
        """Use a login from now on. It is not checked; the server may refuse it later."""
        self.server.session.log_in(login)

    def _take(self, user: str | None, password: str | None, token: str | None) -> None:
        secret = token or password
        if not secret:
            if user:
                raise WrongUsage(f"{user} cannot log in without a password or a token")
            return
        credential = Credential.of(user, secret, "")
        if credential is None:
            raise WrongUsage("the user of this password or token is unknown", hint="pass user=…")
        self.use(trade(self.server.session, credential._replace(is_token=credential.is_token or bool(token))))

    # -- listing and downloading

    def projects(self, *, index: str | None = None) -> list[str]:
        """List the names of the projects on an index, without its bases."""
        return list(self.server.index(self._name(index)).projects)

    def releases(self, requirement: str, *, index: str | None = None, bases: bool = True) -> list[Release]:
        """List the releases of a project, newest first; with ``bases`` also of the bases.

        Raises NothingFound if nothing matches.
        """
        return find_releases(self.server, self._name(index), Requirement.parse(requirement), bases=bases)[::-1]

    def files(self, requirement: str, *, index: str | None = None, bases: bool = True) -> list[Link]:
        """List the files of the releases that match. Raises NothingFound if none does."""
        return [file for release in self.releases(requirement, index=index, bases=bases) for file in release.files]

    def show(self, requirement: str, *, index: str | None = None) -> Details:
        """Return the newest release that matches, with its metadata and history.

        Final releases are preferred, as pip does. Raises NothingFound if nothing matches.
        """
        from devpi_cli.server import details

        return details.preferred(self.server, self._name(index), Requirement.parse(requirement))

    def search(self, words: str, *, index: str | None = None, names: bool = False, mirrors: bool = False) -> Found:
        """Find projects on an index and its bases: with devpi-web if the server has it, else by their names."""
        from devpi_cli.indexes.search import search

        return search(self.server, self._name(index), words.split(), names=names or mirrors, mirrors=mirrors)

    def why(self, project: str, *, index: str | None = None, ask_mirrors: bool = False) -> Resolution:
        """Find out which index answers for a project, and which are hidden.

        Hidden mirrors are asked only with ``ask_mirrors``, because that tells their upstream the name.
        """
        from devpi_cli.indexes.resolution import resolve

        return resolve(self.server, self._name(index), project, ask_mirrors=ask_mirrors)

    def diff(self, other: Place, *requirements: str, index: str | None = None) -> Comparison:
        """Compare the files of an index, without its bases, with another index, a client's index, or a folder."""
        from devpi_cli.indexes import copying

        return copying.compared(self._side(index), self._other(other), copying.Choice.of(requirements))

    def copy(  # noqa: PLR0913 (keyword options)
        self,
        target: Place,
        *requirements: str,
        index: str | None = None,
        latest: bool = False,
        docs: bool = True,
        tox_results: bool = True,
        overwrite: bool = False,
    ) -> list[str]:
        """Copy releases to another index, a client's index, or a folder; return the names of the files copied.

        Without requirements everything is copied. Files that are there already are not. Raises OtherFile, before
        anything is copied, if the target has a different file of a name; not with ``overwrite``.
        """
        from devpi_cli.indexes import copying

        choice = copying.Choice.of(requirements, latest=latest, docs=docs, tox_results=tox_results)
        with private.folder("copy") as folder:
            return copying.copy_all(self._side(index), self._other(target, folder), choice, overwrite=overwrite)

    def verify(self, *requirements: str, index: str | None = None, quick: bool = False) -> Verdict:
        """Compare the files of an index, without its bases, with their hashes and metadata.

        With ``quick`` the server is only asked whether it has them.
        """
        from devpi_cli.indexes import copying, verification

        side, choice, found = self._side(index), copying.Choice.of(requirements), verification.Verdict()
        with private.folder("verify") as folder:
            for project in choice.projects(side):
                for release in choice.among(project, side.releases(project, metadata=not quick)):
                    look = verification.look if quick else partial(verification.verify, private=folder)
                    found.add(look(self.server, release))
        return found

    def _side(self, index: str | None, folder: Path = Path()) -> IndexSide:
        name = self._name(index)
        return IndexSide(self.server, name, name, folder)

    def _other(self, place: Place, folder: Path | None = None) -> Side:
        if isinstance(place, Client):
            return place._side(None, folder or Path())
        if isinstance(place, Path):
            return FolderSide(place, str(place), may_be_new=folder is not None)
        return self._side(place, folder or Path())

    def wait(  # noqa: PLR0913 (keyword options)
        self,
        requirement: str,
        *,
        index: str | None = None,
        files: int = 1,
        gone: bool = False,
        seconds: float = 300,
        interval: float = 2,
    ) -> list[str]:
        """Wait until pip can install a release; return its file names.

        ``release`` is written ``name==1.0``; with ``gone``, wait until it is gone. The release has so many
        ``files``. The server is asked every ``interval`` seconds. Raises TimeIsUp after ``seconds``.
        """
        from devpi_cli.indexes import arrival

        count, name = 0 if gone else files, self._name(index)
        awaited = arrival.Awaited(name, Requirement.parse(requirement), count, seconds, interval)
        *_, last = arrival.wait([self.server], awaited)
        if not last.is_done:
            raise TimeIsUp(f"{requirement} after {seconds:g} s: {last}")
        return list(last.arrivals[0].files)

    def download(self, link: Link, file: BinaryIO, *, allow_unverified: bool = False) -> None:
        """Download a file of a release into a file open for writing bytes.

        Raises BrokenDistribution if its hash is not the one on the index. Raises NotVerified if the index has no hash
        of it, and, if it comes without TLS from an index with TLS, no SHA-256 or stronger one; not with
        ``allow_unverified``.
        """
        self.server.download(link, file, allow_unverified=allow_unverified)

    # -- releases

    def upload(self, path: str | Path, *, index: str | None = None, skip_existing: bool = False) -> bool:
        """Upload a distribution of any kind and age.

        Return False if the index already has it. A volatile index overwrites a different file of that name.
        With ``skip_existing`` the files are compared first: by SHA-256, then by their members, whose times and
        owners do not count. Raises BrokenDistribution if the file is not a distribution. Raises Conflict, or
        OtherFile with ``skip_existing``, if the index has a different file of that name.
        """
        path, name = Path(path), self._name(index)
        dist = dists.read(path)
        if skip_existing and IndexContents(self.server, name, compare=True).has(dist):
            return False
        with path.open("rb") as file:
            message = self.server.narrowed_to(dist.project).upload(name, dist.fields, path.name, file)
        return not message.startswith(IDENTICAL)

    def push(
        self, requirement: str, target: str, *, index: str | None = None, skip_existing: bool = False
    ) -> list[Release]:
        """Copy releases with their documentation to another index; return those copied.

        The requirement must name versions; the oldest is pushed first. Releases of the bases are not pushed. A volatile
        target overwrites a release; with ``skip_existing`` the files are compared by SHA-256 first.
        Raises NothingFound if nothing matches, Conflict, or OtherFile with ``skip_existing``, if the target has
        different files, and SomeFailed if the server could not do all of it; earlier releases are already pushed then.
        """
        wanted, to = Requirement.parse(requirement), self._name(target)
        if wanted.is_whole_project:
            raise WrongUsage(f"{requirement!r} does not say which release", hint=f"name '{requirement}==VERSION'")
        releases, existing = find_releases(self.server, self._name(index), wanted), IndexContents(self.server, to)
        return [
            release
            for release in releases
            if not (skip_existing and existing.has_release(release)) and self._push(release, self._name(index), to)
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
            raise SomeFailed([what, *failed], status=1)
        return True

    def remove(self, requirement: str, *, index: str | None = None, force: bool = False) -> list[Release]:
        """Remove releases, or the whole project for a mere ``name``; return them.

        There is no confirmation. Releases of the bases stay. A non-volatile index needs ``force``.
        Raises NothingFound if nothing matches.
        """
        name, wanted = self._name(index), Requirement.parse(requirement)
        found = find_releases(self.server, name, wanted)
        if wanted.is_whole_project:
            self.server.remove_project(name, wanted.project, force=force)
            return found
        for release in found:
            self.server.remove_release(name, wanted.project, release.version, force=force)
        return found

    def prune(  # noqa: PLR0913 (keyword options)
        self,
        *projects: str,
        index: str | None = None,
        keep_last: int | None = None,
        keep_within: str | None = None,
        keep: Iterable[str] = (),
        keep_in: Iterable[str] = (),
        only: str = "dev",
        most: int | None = None,
        archive: str | Path | None = None,
        force: bool = False,
        dry_run: bool = False,
    ) -> dict[str, list[str]]:
        """Remove the releases that no rule keeps; return the versions by project, with ``dry_run`` those that would go.

        There is no confirmation. The rules are those of ``devpi prune``; ``projects`` are names or patterns, all by
        default. With ``archive`` the files are first downloaded to a folder. Raises WrongUsage without a rule,
        NothingFound for a project that is not there, TooMany if more than ``most`` would go, and SomeFailed if not all
        could be removed.
        """
        from devpi_cli.indexes import pruning
        from devpi_cli.indexes.retention import Policy

        policy = Policy(keep_last, keep_within, tuple(keep), tuple(map(self._name, keep_in)), only, most)
        folder = None if archive is None else Path(archive)
        return pruning.prune(
            self.server, self._name(index), policy, projects, archive=folder, force=force, dry_run=dry_run
        )

    # -- users and indexes

    def users(self) -> list[User]:
        """List all users with their indexes."""
        return self.server.users()

    def create_user(self, name: str, password: str, *, allow_empty_password: bool = False, **settings: str) -> None:
        """Create a user. Raises Conflict if it exists, WrongUsage for an empty password."""
        config = {"password": password, **settings}
        self.server.create_user(name, config, allow_empty_password=allow_empty_password)

    def delete_user(self, name: str) -> None:
        """Delete a user with all its indexes, which must be volatile."""
        self.server.delete_user(name)

    def show_index(self, name: str | None = None) -> Index:
        """Show the configuration of an index, without its projects."""
        return self.server.index(self._name(name), projects=False)

    def create_index(self, name: str, **settings: str | bool | Iterable[str]) -> Index:
        """Create an index, as in ``create_index("dev", bases=["root/pypi"])``.

        Raises Conflict if it exists.
        """
        return self.server.create_index(self._name(name), {key: _text(value) for key, value in settings.items()})

    def modify_index(self, name: str, *changes: str) -> Index:
        """Change an index by ``key=value``, ``key+=value`` and ``key-=value``."""
        return self.server.modify_index(self._name(name), changes)

    def delete_index(self, name: str) -> None:
        """Delete an index with everything on it; it must be volatile."""
        self.server.delete_index(self._name(name))

    def describe(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Describe all users and indexes as ``apply`` takes them, without what holds a password."""
        from devpi_cli.indexes import declaration

        return declaration.describe(self.server.users()).tables

    def apply(
        self,
        description: Mapping[str, Any],
        *,
        variables: Mapping[str, str] | None = None,
        prune: bool = False,
        dry_run: bool = False,
    ) -> tuple[Plan, dict[str, str]]:
        """Bring users and indexes to a description; return what was done, and the passwords made for new users.

        ``variables`` has the values that ``password-from`` and ``mirror_url-from`` refer to. With ``prune`` the empty
        indexes that it leaves out are removed, of users it names. What fails ends it; it can be done again.
        """
        from devpi_cli.indexes import declaration
        from devpi_cli.indexes.applying import prepare

        wanted = declaration.parse(description, variables or {})
        prepared = prepare(self.server, wanted, variables or {}, prune=prune)
        done = [] if dry_run else list(prepared.carry_out())
        return prepared.plan, {each.step.name: each.password for each in done if each.password}

    def _name(self, typed: str | None) -> str:
        if typed is None and self.index is None:
            raise WrongUsage("no index named", hint="pass one, or connect to the URL of an index")
        return urls.index_name(str(typed or self.index), self.user)


def _text(value: str | bool | Iterable[str]) -> str:
    return str(value) if isinstance(value, str | bool) else ",".join(value)
