"""What becomes of a settings file: read it, plan a change, show it, make it, take it back."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devpi_cli import files, urls
from devpi_cli.errors import BrokenSettings
from devpi_cli.models import Written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from devpi_cli.installers.formats import IndexSettings
    from devpi_cli.installers.locations import SettingsFile


@dataclass(frozen=True)
class Change:
    """What a settings file says and is to say; None for no file."""

    path: Path
    before: str | None = field(repr=False)
    after: str | None = field(repr=False)
    index: str = ""
    """The index that it sets, without the password."""
    trusted_host: str | None = None
    """The host that pip trusts because of us."""
    is_undo: bool = False
    is_secret: bool = False
    """Whether a password goes in."""

    @property
    def is_needed(self) -> bool:
        return self.before != self.after

    def was_edited(self, written: Written | None) -> bool:
        """Tell whether the file is not, or not known to be, as it was written."""
        return self.before is not None and (written is None or written.digest != _digest(self.before))

    def diff(self) -> list[str]:
        """Return the change as a unified diff with secrets hidden. Without context: that is somebody else's."""
        from difflib import unified_diff

        before, after = (text.splitlines() if text is not None else [] for text in (self.before, self.after))
        old, new = ("/dev/null" if text is None else str(self.path) for text in (self.before, self.after))
        return [urls.hide(line) for line in unified_diff(before, after, old, new, n=0, lineterm="")]

    def make(self, written: Written | None) -> Written | None:
        """Write the file, and the first time a backup of what was there; return what has to be remembered.

        A symlink stays one: the file that it leads to is written. Raises BrokenSettings when that fails.
        """
        with _failures(self.path, "write"):
            if self.is_undo:
                self._put_back()
                return None
            self._back_up(written)
            self._write(self.after or "")
        created = self.before is None or bool(written and written.created)
        return Written(_digest(self.after or ""), created, self.trusted_host)

    def _write(self, text: str) -> None:
        target = self.path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else files.usual_mode()
        files.write(target, text, mode & files.PRIVATE if self.is_secret else mode)

    def _back_up(self, written: Written | None) -> None:
        backup = backup_of(self.path)
        if self.before is None or backup.exists() or (written and written.created):
            return
        mode = self.path.stat().st_mode & 0o777
        files.write(backup, self.before, mode & files.PRIVATE if urls.hide(self.before) != self.before else mode)

    def _put_back(self) -> None:
        if self.after is None:
            self.path.unlink()
            return
        backup = backup_of(self.path)
        target = self.path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        files.write(target, self.after, backup.stat().st_mode & 0o777)
        backup.unlink()


def index_of(place: SettingsFile) -> str:
    """Return the index that a file sets, its password hidden, or why there is none."""
    try:
        text = _read(place.path)
        index = place.format.index(text) if text else None
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except _of_broken_text():  # what it says may be a secret
        return "cannot be read: it is broken"
    if not index:
        return "no index server configured" if place.path.exists() else "no config file exists"
    return urls.hide(index)


def planned(place: SettingsFile, wanted: IndexSettings, written: Written | None) -> Change | None:
    """Return what it takes to set an index; None for a file that is not there and not made.

    Raises BrokenSettings for a file that cannot be read, is broken, or is no file. It says nothing of what is in it.
    """
    ours = written.trusted_host if written else None
    if ours and ours != wanted.trust:
        wanted = wanted._replace(distrust=wanted.distrust | {ours})
    with _failures(place.path, "read"):
        before = _read(place.path)
        if before is None and not place.is_made:
            return None
        if place.path.exists() and not place.path.is_file():
            raise BrokenSettings(f"{place.path} is no regular file: it cannot hold settings")
        text = (before or "").replace("\r\n", "\n")
        after = place.format.edit(text if not text or text.endswith("\n") else f"{text}\n", wanted)
        if place.format.index(after) != wanted.simple:
            raise BrokenSettings(
                f"cannot set the index in {place.path}", hint="it is written in an unusual way: edit it yourself"
            )
        trusted = [wanted.trust] if wanted.trust in place.format.trusted(after) else []
        is_ours = ours == wanted.trust or wanted.trust not in place.format.trusted(text)
    if before and "\r\n" in before:
        after = after.replace("\n", "\r\n")
    secret = urls.hide(wanted.simple) != wanted.simple
    host = wanted.trust if trusted and is_ours else None
    return Change(place.path, before, after, urls.hide(wanted.simple), host, is_secret=secret)


def undone(place: SettingsFile, written: Written | None) -> Change | None:
    """Return what it takes to have the old file back, or no file where none was; None when there is nothing to do.

    Raises BrokenSettings for a file that cannot be read.
    """
    with _failures(place.path, "read"):
        before, backup = _read(place.path), _read(backup_of(place.path))
    if backup is None and (before is None or not written or not written.created):
        return None
    return Change(place.path, before, backup, is_undo=True)


def backup_of(path: Path) -> Path:
    """Return where a file is kept as it was before it was set for the first time."""
    return path.with_name(f"{path.name}-bak")


def _read(path: Path) -> str | None:
    """Return a text with its line ends as they are; None when there is no file."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None


def _digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _failures(path: Path, verb: str) -> Iterator[None]:
    """Turn what goes wrong with a file into BrokenSettings: with the line where it is known, never with its text."""
    try:
        yield
    except OSError as error:
        raise BrokenSettings(f"cannot {verb} {path}: {error.strerror}") from None
    except _of_broken_text() as error:
        line = files.line_of(error)
        where = f" in line {line}" if line else ""
        raise BrokenSettings(
            f"{path} is broken{where}, and stays as it is", hint="repair it, or move it away, and try again"
        ) from None


def _of_broken_text() -> tuple[type[Exception], ...]:
    """Return what says that a text is broken; Python asks only when something is wrong."""
    from configparser import Error

    return Error, ValueError
