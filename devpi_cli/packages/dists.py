"""Find distribution files, read and check their metadata, keep the newest."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from io import SEEK_SET, FileIO
from typing import TYPE_CHECKING

from devpi_cli.errors import BrokenDistribution, CheckFailed, WrongUsage
from devpi_cli.files import expanded
from devpi_cli.models import Dist, newest_first, normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from logging import LogRecord
    from pathlib import Path

SUFFIXES = (".whl", ".tar.gz", ".zip")


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


def find(paths: Sequence[Path], *, from_dir: bool) -> list[Path]:
    """Return the files to upload, sorted; with ``from_dir``, search folders.

    Raises WrongUsage, before anything is done, for a path that does not exist, a folder without ``from_dir``, and if
    no file is found.
    """
    found: set[Path] = set()
    for given in paths:
        path = expanded(given)
        if path.is_dir():
            if not from_dir:
                raise WrongUsage(f"{given}: is a directory", hint="add --from-dir to upload the files in it")
            found.update(file for file in _below(path) if file.name.endswith(SUFFIXES))
        elif path.is_file():
            found.add(path)
        elif path.exists():
            raise WrongUsage(f"{given}: is not a file")
        else:
            raise WrongUsage(f"{given}: no such file")
    if not found:
        raise WrongUsage(f"nothing to upload: no file in {', '.join(map(str, paths))} ends in {', '.join(SUFFIXES)}")
    return sorted(found)


def _below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def read(path: Path) -> Dist:
    """Read the metadata of a distribution, as twine does for PyPI.

    Raises BrokenDistribution for anything that cannot be uploaded, for whatever reason.
    """
    from twine.exceptions import TwineException
    from twine.package import PackageFile

    if not path.name.endswith(SUFFIXES):
        raise BrokenDistribution(f"{path.name}: is not a wheel or sdist (a file ending in {', '.join(SUFFIXES)})")
    try:
        package = PackageFile.from_filename(str(path), comment=None)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError):
        raise BrokenDistribution(f"{path.name}: the archive is broken") from None
    except TwineException as error:
        what = " ".join(str(error).replace(str(path), path.name).split()).removeprefix(f"{path.name}: ")
        raise BrokenDistribution(f"{path.name}: {what}") from None
    except OSError as error:
        raise BrokenDistribution(f"{path.name}: cannot be read: {error.strerror or error}") from None
    except (ValueError, LookupError, RuntimeError) as error:
        # zipfile, tarfile and the metadata parser raise these for damage without an exception of its own.
        raise BrokenDistribution(f"{path.name}: cannot be read: {error}") from None
    fields = {name: _form_value(name, value) for name, value in package.metadata_dictionary().items()}
    return Dist(path, normalised(package.safe_name), package.version, fields)


def check(path: Path) -> None:
    """Check, like ``twine check --strict``, that PyPI can render the description.

    Raises CheckFailed with all problems.
    """
    from contextlib import redirect_stdout
    from io import StringIO

    from twine.commands import check as twine

    words: list[str] = []

    def keep(record: LogRecord) -> bool:
        words.extend(record.getMessage().split())
        return False  # not logged anywhere else

    twine.logger.addFilter(keep)
    try:
        with redirect_stdout(StringIO()):
            failed = twine.check([str(path)], strict=True)
    finally:
        twine.logger.removeFilter(keep)
    if failed:
        raise CheckFailed(f"{path.name}: {' '.join(words)}")


def latest(dists: Iterable[Dist]) -> list[Dist]:
    """Keep only the files of the newest version of each project."""
    dists = list(dists)
    versions: dict[str, set[str]] = {}
    for dist in dists:
        versions.setdefault(dist.project, set()).add(dist.version)
    newest = {project: newest_first(found)[0] for project, found in versions.items()}
    return [dist for dist in dists if dist.version == newest[dist.project]]


def _form_value(name: str, value: object) -> object:
    """Return a metadata value as form data: lists repeat the field, but keywords are one text."""
    if isinstance(value, dict):
        return [f"{label}, {url}" for label, url in value.items()]  # project URLs
    if name == "keywords" and isinstance(value, list):
        return ", ".join(map(str, value))
    return [str(item) for item in value] if isinstance(value, list) else str(value)
