"""Check distributions as ``twine check --strict`` does."""

from __future__ import annotations

from contextlib import contextmanager, redirect_stdout
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from devpi_cli.errors import BrokenDistribution, CheckFailed
from devpi_cli.packages import archives, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import LogRecord
    from pathlib import Path

# twine refuses a single one, but needs hours for a hundred thousand.
MOST_UNKNOWN = 100


def check(path: Path, private: Path) -> None:
    """Check what twine checks.

    These are kind and metadata of a file, and that PyPI can render the description. ``private`` is a folder for
    temporary files. Raises CheckFailed with all problems.
    """
    from twine.exceptions import TwineException
    from twine.package import PackageFile

    name, sent = path.name, path
    try:
        found = metadata.find(path)
        if len(metadata.unknown_headers(found)) > MOST_UNKNOWN:
            raise CheckFailed(f"{name}: its metadata have more than {MOST_UNKNOWN} unknown fields")
        if found.has_old_description:
            PackageFile.from_filename(str(path), comment=None)
            sent = _as_sent(found, private / name)
        with _collected() as words:
            failed = _fails(sent)
    except (TwineException, BrokenDistribution, *archives.DAMAGE) as error:
        what = " ".join(str(error).replace(str(path), name).split())
        raise CheckFailed(f"{name}: {what.removeprefix(f'{name}: ')}") from None
    if failed:
        raise CheckFailed(f"{name}: {' '.join(words)}")


def _fails(path: Path) -> bool:
    from twine.commands import check as twine

    with redirect_stdout(StringIO()):
        return twine.check([str(path)], strict=True)


@contextmanager
def _collected() -> Iterator[list[str]]:
    """Collect the words that twine logs; they are not logged anywhere else."""
    from twine.commands import check as twine

    words: list[str] = []

    def keep(record: LogRecord) -> bool:
        words.extend(record.getMessage().split())
        return False

    twine.logger.addFilter(keep)
    try:
        yield words
    finally:
        twine.logger.removeFilter(keep)


def _as_sent(old: metadata.Metadata, path: Path) -> Path:
    """Make an sdist of nothing but metadata.

    Its description is as it is sent, without its indent. twine keeps the indent of a description that is a header,
    and takes it for markup.
    """
    import tarfile

    copy = path.with_name(f"{path.name}.tar.gz")
    with tarfile.open(copy, "w:gz") as sdist:
        for name, content in (("PKG-INFO", metadata.modernised(old)), ("setup.py", b"")):
            info = tarfile.TarInfo(f"dist/{name}")
            info.size = len(content)
            sdist.addfile(info, BytesIO(content))
    return copy
