"""Define the immutable values of devpi: User, Index, Release, Link …

They are named tuples unless a field name forbids it: defining a dataclass takes five times as long, at every start.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from devpi_cli.errors import NothingFound, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from packaging.version import Version


DOC_UPLOAD = "doc_upload"
"""Action of an upload form for documentation."""
MOST_VERSIONS = 5
"""As many versions stand in a message."""


@dataclass(frozen=True)
class Login:
    """A user's token.

    ``expires`` is in seconds since the epoch, infinite if unknown; ``source`` describes where the login was found.
    """

    user: str
    token: str = field(repr=False)
    expires: float = inf
    source: str = field(default="", compare=False, repr=False)

    @property
    def hours(self) -> float:
        """Hours until the token expires; negative once it has."""
        return (self.expires - time.time()) / 3600

    @property
    def is_current(self) -> bool:
        """Whether the token has not expired, as far as known."""
        return self.hours > 0


class Service(NamedTuple):
    """A server's description of itself and of an index (``GET …/+api``)."""

    root: str
    index: str | None = None  # type: ignore[assignment]  # hides tuple.index, which is not used
    simpleindex: str | None = None
    pypisubmit: str | None = None
    features: tuple[str, ...] = ()
    status: str = ""
    """Status of the login sent: ``ok``, ``noauth``, ``expired``, ``nouser`` or empty."""

    @property
    def login(self) -> str:
        """URL for logins."""
        return f"{self.root}+login"

    @property
    def index_name(self) -> str | None:
        """The index as ``user/index``."""
        return unquote(self.index.removeprefix(self.root).strip("/")) if self.index else None

    @property
    def is_mirror(self) -> bool:
        """Whether the index is a mirror: it has no URL for uploads."""
        return self.index is not None and self.pypisubmit is None


class Replica(NamedTuple):
    """A replica as seen by its primary: URL, if known, and the serial it has reached."""

    url: str | None
    serial: int


class Status(NamedTuple):
    """Status of a server (``GET /+status``): versions, role, serial of last change.

    ``role`` is ``primary``, ``replica``, or empty if unknown. A replica has ``primary_url`` and ``primary_serial``, and
    ``in_sync_at``, when it was last in sync, in seconds since the epoch.
    """

    versions: dict[str, str]
    role: str = ""
    serial: int | None = None
    primary_url: str | None = None
    primary_serial: int | None = None
    in_sync_at: float | None = None
    replicas: tuple[Replica, ...] = ()

    @property
    def behind(self) -> int | None:
        """Number of changes that a replica has not received; None if unknown."""
        if self.serial is None or self.primary_serial is None:
            return None
        return max(0, self.primary_serial - self.serial)


class Index(NamedTuple):
    """An index: ``user/name``, its configuration, and its projects if requested."""

    name: str
    config: dict[str, Any]
    projects: tuple[str, ...] = ()

    @property
    def is_mirror(self) -> bool:
        """Whether the index mirrors an index elsewhere."""
        return self.config.get("type") == "mirror"

    def listed(self, key: str) -> list[str]:
        """Return the names in a list such as ``bases`` or ``acl_upload``."""
        found = self.config.get(key)
        return [str(name) for name in found] if isinstance(found, list) else []


class User(NamedTuple):
    """A user: name, configuration without secrets, and indexes."""

    name: str
    config: dict[str, Any]
    indexes: tuple[Index, ...] = ()


@dataclass(frozen=True)
class Link:
    """A download: ``rel`` is ``releasefile``, ``doczip`` or ``toxresult``."""

    url: str
    rel: str = "releasefile"
    sha256: str | None = None
    for_url: str | None = None
    """URL of the file that a tox result is about."""
    size: int | None = None
    """Size in bytes; None if the server does not tell."""
    upload_time: str | None = None
    """Time of the first upload to any index, as in PEP 700: ``2026-11-25T02:55:26Z``."""
    uploaded_by: str | None = None
    hash_spec: str | None = None
    """The strongest hash, as in ``md5=HEX``, if the index has no SHA-256."""
    yanked: bool | str = False
    """Whether the upstream of a mirror has yanked the release, or the reason it gives."""

    @property
    def name(self) -> str:
        """Name of the file."""
        return unquote(self.url.partition("#")[0].rpartition("/")[2])

    @property
    def index(self) -> str | None:
        """Index that the URL belongs to, ``user/index``; None for a URL elsewhere."""
        found = re.search(r"/([^/]+/[^/]+)/\+[ef]/", self.url)
        return unquote(found[1]) if found else None


class Release(NamedTuple):
    """A version of a project; ``shadowed`` are its links on bases, hidden by these."""

    project: str
    version: str
    links: tuple[Link, ...] = ()
    shadowed: tuple[Link, ...] = ()
    classifiers: tuple[str, ...] = ()
    metadata: Mapping[str, object] | None = None
    """The fields of its core metadata, as the index has them; None unless they were asked for."""

    @property
    def files(self) -> tuple[Link, ...]:
        """Distributions, without documentation and test results."""
        return tuple(link for link in self.links if link.rel == "releasefile")

    def tox_results(self, file: Link) -> list[Link]:
        """Return the tox results of a file, newest first: their names contain the time."""
        links = (*self.links, *self.shadowed)
        return [link for link in reversed(links) if link.rel == "toxresult" and link.for_url == file.url]


class Action(NamedTuple):
    """A row in the log of a push: an action on a release or file, and its outcome.

    ``status`` is an HTTP status, or -1 without a response; ``words`` begin with a verb.
    """

    status: int
    words: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Whether it succeeded; PyPI no longer needs ``register`` and answers 410."""
        return self.status in (200, 201) or (self.status == 410 and self.words[:1] == ("register",))  # noqa: PLR2004


class Requirement(NamedTuple):
    """A project and versions of it, as packaging parses them.

    ``project`` is normalised; ``matches`` tests a version. Versions that are invalid by PEP 440 match by their exact
    text, so that they can be listed and removed.
    """

    text: str
    project: str
    is_whole_project: bool
    matches: Callable[[str], bool]
    version: str | None = None
    """The only version that matches, as typed: ``name==1.0``."""

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """Parse ``name``, ``name==1.0``, ``name>=1,<2``.

        Raises WrongUsage for an invalid requirement, and for a URL or a marker.
        """
        from packaging.requirements import Requirement as Parsed

        exact = re.fullmatch(r"\s*([A-Za-z0-9][\w.-]*)\s*={2,3}\s*([^\s,;*=<>!~]+)\s*", text)
        if exact and parsed_version(exact[2]) is None:
            return cls(text, normalised(exact[1]), is_whole_project=False, matches=exact[2].__eq__, version=exact[2])
        try:
            parsed = Parsed(text)
            parsed.specifier.contains("0")  # numbers are parsed only now, and can have thousands of digits
        except ValueError as error:
            what = str(error).splitlines()[0]
            raise WrongUsage(f"{text!r} is not a requirement: {what}", hint="type NAME or 'NAME==VERSION'") from None
        if parsed.url or parsed.marker:
            raise WrongUsage(f"{text!r}: only a name and versions are allowed here", hint="type 'NAME==VERSION'")

        def matches(version: str) -> bool:
            if not parsed.specifier:
                return True
            return parsed_version(version) is not None and parsed.specifier.contains(version, prereleases=True)

        return cls(text, normalised(parsed.name), not parsed.specifier, matches, exact[2] if exact else None)

    def nothing_on(self, index: str, versions: Sequence[str] = ()) -> NothingFound:
        """Return the error for an index without a matching release; ``versions`` are what it has, newest first."""
        wanted = re.sub(r"^\s*[\w.-]+\s*", "", self.text)
        more = f", and {len(versions) - MOST_VERSIONS} older" if len(versions) > MOST_VERSIONS else ""
        there = f"there are: {', '.join(versions[:MOST_VERSIONS])}{more}"
        return NothingFound(
            f"no release of {self.project} on {index}{f' matches {wanted}' if wanted else ''}",
            hint=there if versions else f"'devpi list --index {index}' shows which projects there are",
        )


class Dist(NamedTuple):
    """A wheel, an sdist or documentation, with the fields of its upload form."""

    path: Path
    project: str
    version: str
    fields: dict[str, object]
    action: str = "file_upload"
    remark: str = ""
    """What is odd about the file, for the user."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, for a distribution from its upload form."""
        known = self.fields.get("sha256_digest")
        if known:
            return str(known)
        from hashlib import file_digest

        with self.path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()


def normalised(name: str) -> str:
    """Return a project name normalised by PEP 503, as canonical URLs need it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parsed_version(version: str) -> Version | None:
    """Parse a version by PEP 440; return None if it is invalid."""
    from packaging.version import Version

    try:
        return Version(version)
    except ValueError:  # InvalidVersion, or an integer with thousands of digits
        return None


def newest_first(versions: Iterable[str]) -> list[str]:
    """Sort versions, newest first; those that are invalid by PEP 440 come last."""

    def age(version: str) -> tuple[bool, Any]:
        parsed = parsed_version(version)
        return (parsed is not None, parsed or version)

    return sorted(versions, key=age, reverse=True)


class Written(NamedTuple):
    """What is remembered of an installer's settings file, to update or undo it later."""

    digest: str
    """SHA-256 of the text written; any other means that it was edited since, an empty one that it was before."""
    created: bool = False
    trusted_host: str | None = None
    """Host that was added to pip's trusted hosts, if it was not one before."""
    backup: str = ""
    """The name of the backup, if it is not the usual one: a file of somebody else had that."""
    keyring: bool = False
    """Whether we set the program that hands out logins, and did not find it set."""
