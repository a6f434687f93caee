"""Choose the files of a requirement, and download them into a folder, whole and verified or not at all."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import DevpiError, Missing, NothingFound, OtherFile
from devpi_cli.indexes.copying import latest
from devpi_cli.indexes.selection import SDISTS, chosen, judged, version_of
from devpi_cli.models import Link
from devpi_cli.packages import folders
from devpi_cli.server import hashes
from devpi_cli.system import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from devpi_cli.indexes.selection import Environment
    from devpi_cli.models import Requirement
    from devpi_cli.server.api import Server
    from devpi_cli.server.simple import SimpleFile

DOWNLOADED, THERE, SKIPPED = "downloaded", "there already", "skipped"
WHEEL = ".whl"


class Kinds(NamedTuple):
    """The files that are wanted of a release."""

    patterns: tuple[str, ...] = ()
    """Patterns of file names, one of which has to match; none for all files."""
    sdist: bool = False
    wheel: bool = False
    environment: Environment | None = None
    """Only the file that pip would choose for it."""

    def has(self, name: str) -> bool:
        """Return True if a file is of a wanted kind, by its name."""
        is_kind = (self.wheel and name.endswith(WHEEL)) or (self.sdist and name.endswith(SDISTS))
        is_named = not self.patterns or any(fnmatchcase(name, pattern) for pattern in self.patterns)
        return is_named and (is_kind or not (self.wheel or self.sdist))


def find(server: Server, index: str, wanted: Requirement, kinds: Kinds) -> list[Link]:
    """Return the files of the newest release that matches and has any, as an index and its bases offer them to pip.

    Raises NothingFound if there is none.
    """
    try:
        page = server.simple_page(index, wanted.project).files
    except Missing as error:
        if "project" not in error.reason:
            raise
        page = ()
    found = choose(page, wanted, kinds)
    if not found:
        raise NothingFound(
            f"{index} has no file for {wanted.text!r}" + (" that is wanted" if page else ""),
            hint=f"type 'devpi list --all {wanted.project} --index {index}' to see all files"
            if page
            else f"'devpi list --index {index}' shows which projects there are",
        )
    return [Link(file.url, sha256=file.sha256, hash_spec=hashes.told({}, file.url)[1]) for file in found]


def choose(files: Sequence[SimpleFile], wanted: Requirement, kinds: Kinds) -> list[SimpleFile]:
    """Return the wanted files of the newest release that has any; a yanked one counts only if its version is named."""
    files = [file for file in files if kinds.has(file.name)]
    if kinds.environment:
        best = chosen(judged(files, wanted, kinds.environment))
        return [best.file] if best else []
    versions: dict[str, list[SimpleFile]] = {}
    for file in files:
        version = version_of(file.name, wanted.project)
        if wanted.matches(version) and (wanted.version or not file.yanked):
            versions.setdefault(version, []).append(file)
    return versions[latest(list(versions))] if versions else []


def fetch(path: Path, link: Link, write: Callable[[BinaryIO], None], *, skip_existing: bool = False) -> str:
    """Let ``write`` download a file to a path, unless it is there with the same bytes; return what became of it.

    With ``skip_existing`` any file at that path is left as it is. Raises OtherFile if there is another one.
    """
    found = foresee(path, link, skip_existing=skip_existing)
    if found == DOWNLOADED:
        with parts.part(path) as file:
            write(file)
    return found


def foresee(path: Path, link: Link, *, skip_existing: bool = False) -> str:
    """Return what would become of a file. Raises OtherFile if there is another one."""
    if not path.exists():
        return DOWNLOADED
    if not path.is_file():  # to read a pipe or a device may take for ever
        raise DevpiError(f"{path} is there, and is not a file", hint="move it away, or name another folder with -d")
    if skip_existing:
        return SKIPPED
    _require_same(path, link)
    return THERE


def path_in(folder: Path, link: Link) -> Path:
    """Return the path of a file in a folder. Raises DevpiError for what is not the name of a file."""
    if not folders.is_file_name(link.name):
        raise DevpiError(f"{link.name!r} cannot be the name of a file here: not downloaded")
    return folder / link.name


def _require_same(path: Path, link: Link) -> None:
    """Raise OtherFile unless a file has the hash that the index has."""
    from hashlib import file_digest

    expected = hashes.known(link)
    hashes.require(link, over_tls=False)
    try:
        with path.open("rb") as file:
            digest = file_digest(file, expected.algorithm if expected else "sha256").hexdigest()
    except OSError as error:
        raise DevpiError(f"cannot read {path}: {error.strerror}") from None
    if expected and digest != expected.digest:
        what = f"{path}: there is another file with this name: {digest}, on the index {expected.digest}"
        raise OtherFile(what, here=digest, there=expected.digest, hint="move it away, or name another folder with -d")
