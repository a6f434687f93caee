"""Find distribution files, read and check their metadata, keep the newest."""

from __future__ import annotations

import re
import tarfile
import zipfile
import zlib
from io import SEEK_SET, FileIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import BrokenDistribution, WrongUsage
from devpi_cli.models import Dist, newest_first, normalised
from devpi_cli.packages import archives, metadata
from devpi_cli.system.files import expanded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# What setuptools, distutils and their successors have built since 2000, and what each is called in the form.
KINDS = {
    ".whl": "bdist_wheel",
    ".tar.gz": "sdist",
    ".zip": "sdist",
    ".tgz": "sdist",
    ".tar.bz2": "sdist",
    ".tbz": "sdist",
    ".tar": "sdist",
    ".egg": "bdist_egg",
    ".exe": "bdist_wininst",
}
SUFFIXES = tuple(KINDS)
ABOUT_FILE = ("filetype", "pyversion", "sha256_digest")
"""Fields of the form that are about the file, not about its release."""
ENDINGS = ", ".join(SUFFIXES)
WHEEL = re.compile(r".+?-.+?-([^-]+)-[^-]+-[^-]+\.whl", re.IGNORECASE)
PYTHON = re.compile(r".+-py(\d[\d.]*?)(?:-.+)?\.(?:egg|exe)", re.IGNORECASE)
DUMB = re.compile(r"\.(?:linux|macosx|win|cygwin|freebsd|solaris)(?:32\b|-)", re.IGNORECASE)
# Files that lie beside distributions, and are about them.
SIGNATURE = re.compile(r".+\.(?:asc|sig|minisig|sigstore|sigstore\.json|attestation|provenance|intoto\.jsonl)")
COMPANION = re.compile(
    r".+\.(?:metadata|md5|sha\d+|blake2\w*|(?:md5|sha\d*|b2)sums?)(?:\.txt)?|(?:check|md5|sha\d*|b2)[-_]?sums?\b.*",
    re.IGNORECASE,
)


class Found(NamedTuple):
    """Files to upload, and those that were passed over, each sorted."""

    files: list[Path]
    left_out: list[Path]


class Watched(FileIO):
    """A file opened for reading that reports the number of bytes of each read."""

    def __init__(self, path: Path, advance: Callable[[int], None]) -> None:
        super().__init__(path)
        self._advance = advance
        self._reported = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read up to ``size`` bytes, or all."""
        data = super().read(-1 if size is None else size)
        self._reported += len(data)
        self._advance(len(data))
        return data

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        """Move to another position, for example to send again; correct the count."""
        position = super().seek(offset, whence)
        if position != self._reported:
            self._advance(position - self._reported)
            self._reported = position
        return position


def is_distribution(path: Path) -> bool:
    """Return True if a file has the name of a distribution."""
    return path.name.lower().endswith(SUFFIXES)


def find(paths: Sequence[Path], *, from_dir: bool) -> Found:
    """Return the files to upload; with ``from_dir``, search folders.

    Left out are what is not a distribution in a folder, and signatures, checksums and the like also if they are named.
    Raises WrongUsage, before anything is done, for a path that does not exist, a folder without ``from_dir``, and if
    no file is found.
    """
    found: set[Path] = set()
    left_out: set[Path] = set()
    for given in paths:
        path = expanded(given)
        if path.is_dir() and not from_dir:
            raise WrongUsage(f"{given}: is a directory", hint="add --from-dir to upload the files in it")
        if path.is_dir():
            for file in filter(Path.is_file, path.rglob("*")):
                (found if is_distribution(file) else left_out).add(file)
        elif path.is_file():
            (left_out if _is_companion(path) else found).add(path)
        else:
            raise WrongUsage(f"{given}: {'is not a file' if path.exists() else 'no such file'}")
    if not found:
        raise WrongUsage(f"nothing to upload: no file in {', '.join(map(str, paths))} ends in {ENDINGS}")
    return Found(sorted(found), sorted(left_out))


def is_signature(path: Path) -> bool:
    """Return True if a file has the name of a signature or an attestation."""
    return SIGNATURE.fullmatch(path.name) is not None


def _is_companion(path: Path) -> bool:
    return not is_distribution(path) and (is_signature(path) or COMPANION.fullmatch(path.name) is not None)


def read(path: Path) -> Dist:
    """Read the metadata of a distribution of any age.

    The server is the judge of what they say. Raises BrokenDistribution for a file that is not a distribution,
    whatever the reason.
    """
    from hashlib import file_digest

    name = path.name
    if not is_distribution(path):
        raise BrokenDistribution(f"{name}: is not a distribution (a file ending in {ENDINGS})")
    try:
        found = metadata.find(path)
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
    except BrokenDistribution as error:
        raise BrokenDistribution(f"{name}: {error.message}") from None
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError):
        what = "the archive is broken" if not name.lower().endswith(".exe") else "not an installer made by wininst"
        raise BrokenDistribution(f"{name}: {what}") from None
    except OSError as error:
        # bz2 and gzip report damage as an OSError without a number.
        what = f"cannot be read: {error.strerror}" if error.errno else "the archive is broken"
        raise BrokenDistribution(f"{name}: {what}") from None
    except archives.DAMAGE as error:
        # zipfile and tarfile raise these for damage without an exception of its own.
        raise BrokenDistribution(f"{name}: cannot be read: {error}") from None
    kind, python = kind_of(name)
    fields = {**found.fields, "filetype": kind, "pyversion": python, "sha256_digest": digest}
    remark = f"it has the metadata of another release, too: {', '.join(found.others)}" if found.others else ""
    return Dist(path, normalised(str(fields["name"])), str(fields["version"]), fields, remark=remark)


def kind_of(name: str) -> tuple[str, str]:
    """Return the type of a distribution and its Python, both by its name."""
    kind = next(kind for suffix, kind in KINDS.items() if name.lower().endswith(suffix))
    if kind == "sdist":
        return ("bdist_dumb", "any") if DUMB.search(name) else (kind, "source")
    python = (WHEEL if kind == "bdist_wheel" else PYTHON).fullmatch(name)
    return kind, python[1] if python else "any"


def is_file_of(path: Path, name: str, version: str) -> bool:
    """Return True if a file has the name of a file of a release; it may be broken."""
    stem = next((path.name[: -len(end)] for end in SUFFIXES if path.name.lower().endswith(end)), path.name)
    if path.suffix.lower() in (".whl", ".egg"):
        stem = "-".join(stem.split("-")[:2])
    return normalised(DUMB.split(stem)[0]) == normalised(f"{name}-{version}")


def latest(dists: Iterable[Dist]) -> list[Dist]:
    """Keep only the files of the newest version of each project."""
    dists = list(dists)
    versions: dict[str, set[str]] = {}
    for dist in dists:
        versions.setdefault(dist.project, set()).add(dist.version)
    newest = {project: newest_first(found)[0] for project, found in versions.items()}
    return [dist for dist in dists if dist.version == newest[dist.project]]
