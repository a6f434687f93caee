"""The words of the field as values that do not change: User, Index, Release, Link …

Where no name of a field stands against it they are named tuples: to define a dataclass takes five times as long, and
that is felt at every start.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from packaging.version import Version


DOC_UPLOAD = "doc_upload"
"""The action of an upload form for documentation."""


@dataclass(frozen=True)
class Login:
    """A user's token.

    ``expires`` is in seconds since the epoch, infinite when the server did not say; ``source`` is where the login was
    found, in words.
    """

    user: str
    token: str = field(repr=False)
    expires: float = inf
    source: str = field(default="", compare=False)

    @property
    def hours(self) -> float:
        """The hours until the token expires; negative once it has."""
        return (self.expires - time.time()) / 3600

    @property
    def is_current(self) -> bool:
        """Whether the token has not expired, as far as is known."""
        return self.hours > 0


class Service(NamedTuple):
    """What a server says of itself and of one of its indexes (``GET …/+api``)."""

    root: str
    index: str | None = None  # type: ignore[assignment]  # nobody looks for a place in this tuple
    simpleindex: str | None = None
    pypisubmit: str | None = None
    features: tuple[str, ...] = ()
    status: str = ""
    """What became of the login that was sent: ``ok``, ``noauth``, ``expired``, ``nouser``; empty if it is not said."""

    @property
    def login(self) -> str:
        """Where logins go."""
        return f"{self.root}+login"

    @property
    def is_mirror(self) -> bool:
        """A mirror is an index without a place to submit to."""
        return self.index is not None and self.pypisubmit is None


class Replica(NamedTuple):
    """A replica that asks a primary for what is new: its URL where it has told it, and the serial it has got to."""

    url: str | None
    serial: int


class Status(NamedTuple):
    """How a server is (``GET /+status``): the versions of its parts, its role, and the serial of its last change.

    ``role`` is ``primary`` or ``replica``; empty where the server does not say. Of a replica ``primary_url`` and
    ``primary_serial`` tell what it copies, and ``in_sync_at`` when it last had all of it, in seconds since the epoch.
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
        """How many changes a replica has not got yet; None where nobody knows."""
        if self.serial is None or self.primary_serial is None:
            return None
        return max(0, self.primary_serial - self.serial)


class Index(NamedTuple):
    """An index: ``user/name``, its configuration, and the projects on it where they were asked for."""

    name: str
    config: dict[str, Any]
    projects: tuple[str, ...] = ()

    @property
    def is_mirror(self) -> bool:
        """Tell whether it takes its projects from an index elsewhere."""
        return self.config.get("type") == "mirror"

    def listed(self, key: str) -> list[str]:
        """Return the names under a key, as of ``bases`` and ``acl_upload``; none where there is no list."""
        found = self.config.get(key)
        return [str(name) for name in found] if isinstance(found, list) else []


class User(NamedTuple):
    """A user: name, configuration without secrets, and the indexes that belong to it."""

    name: str
    config: dict[str, Any]
    indexes: tuple[Index, ...] = ()


@dataclass(frozen=True)
class Link:
    """What a release offers for download: ``rel`` is ``releasefile``, ``doczip`` or ``toxresult``."""

    url: str
    rel: str = "releasefile"
    sha256: str | None = None
    for_url: str | None = None
    """The file that a tox result is about."""
    size: int | None = None
    """How many bytes it has, where the server says so."""
    upload_time: str | None = None
    """When it was uploaded first, to whatever index, as PEP 700 writes it: ``2026-11-25T02:55:26Z``."""
    uploaded_by: str | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return unquote(self.url.partition("#")[0].rpartition("/")[2])

    @property
    def index(self) -> str | None:
        """The index that its URL belongs to, ``user/index``; None for a URL elsewhere."""
        found = re.search(r"/([^/]+/[^/]+)/\+[ef]/", self.url)
        return unquote(found[1]) if found else None


class Release(NamedTuple):
    """A project at a version. ``shadowed`` are links of the same version on bases, hidden by this one."""

    project: str
    version: str
    links: tuple[Link, ...] = ()
    shadowed: tuple[Link, ...] = ()
    classifiers: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Link, ...]:
        """The distributions, without documentation and test results."""
        return tuple(link for link in self.links if link.rel == "releasefile")

    def tox_results(self, file: Link) -> list[Link]:
        """Return the reports of tox about a file, the newest first: their names hold the time."""
        links = (*self.links, *self.shadowed)
        return [link for link in reversed(links) if link.rel == "toxresult" and link.for_url == file.url]


class Action(NamedTuple):
    """A row of the log of a push: what was done to the release or to one of its files, and how it ended.

    ``status`` is that of HTTP, or -1 where nobody answered; ``words`` begin with a verb.
    """

    status: int
    words: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Tell whether it succeeded; PyPI answers 410 Gone to ``register``, which it no longer needs."""
        return self.status in (200, 201) or (self.status == 410 and self.words[:1] == ("register",))  # noqa: PLR2004


class Requirement(NamedTuple):
    """A project and which versions of it, as packaging parses it.

    ``project`` is normalised, ``matches`` tells whether a version is meant. Versions that PEP 440 does not know are
    met by their exact text, so that they can be listed and removed.
    """

    text: str
    project: str
    is_whole_project: bool
    matches: Callable[[str], bool]
    version: str | None = None
    """The only version that is meant, as it was typed: ``name==1.0``."""

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """Parse ``name``, ``name==1.0``, ``name>=1,<2``.

        Raises WrongUsage when it is no requirement, or one that no index can answer (a URL, a marker).
        """
        from packaging.requirements import Requirement as Parsed

        exact = re.fullmatch(r"\s*([A-Za-z0-9][\w.-]*)\s*={2,3}\s*([^\s,;*=<>!~]+)\s*", text)
        if exact and parsed_version(exact[2]) is None:
            return cls(text, normalised(exact[1]), is_whole_project=False, matches=exact[2].__eq__, version=exact[2])
        try:
            parsed = Parsed(text)
            parsed.specifier.contains("0")  # it reads numbers only now, and can find thousands of digits
        except ValueError as error:
            what = str(error).splitlines()[0]
            raise WrongUsage(f"{text!r} is not a requirement: {what}", hint="type NAME or 'NAME==VERSION'") from None
        if parsed.url or parsed.marker:
            raise WrongUsage(f"{text!r}: only a name and versions are understood here", hint="type 'NAME==VERSION'")

        def matches(version: str) -> bool:
            if not parsed.specifier:
                return True
            return parsed_version(version) is not None and parsed.specifier.contains(version, prereleases=True)

        return cls(text, normalised(parsed.name), not parsed.specifier, matches, exact[2] if exact else None)


class Dist(NamedTuple):
    """A distribution (a wheel or an sdist) or documentation, with the fields of an upload form that describe it."""

    path: Path
    project: str
    version: str
    fields: dict[str, object]
    action: str = "file_upload"

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file; of a distribution it is known since its metadata was read."""
        known = self.fields.get("sha256_digest")
        if known:
            return str(known)
        from hashlib import file_digest

        with self.path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()


def normalised(name: str) -> str:
    """Return a project's name as PEP 503 spells it: canonical URLs need it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parsed_version(version: str) -> Version | None:
    """Return a version as PEP 440 sees it, None where it does not."""
    from packaging.version import Version

    try:
        return Version(version)
    except ValueError:  # InvalidVersion is one, and so is what Python says of thousands of digits
        return None


def newest_first(versions: Iterable[str]) -> list[str]:
    """Sort versions, the newest first; those that PEP 440 does not know are older than all others."""

    def age(version: str) -> tuple[bool, Any]:
        parsed = parsed_version(version)
        return (parsed is not None, parsed or version)

    return sorted(versions, key=age, reverse=True)


class Written(NamedTuple):
    """What is remembered of a settings file of an installer: what has to be known to change it again, or back."""

    digest: str
    """SHA-256 of what was written: another one means that somebody changed it since."""
    created: bool = False
    trusted_host: str | None = None
    """The host that pip was told to trust, and was not told by anybody else."""
