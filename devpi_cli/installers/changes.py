"""Plan, show, make and undo a change to a settings file."""

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
    """The text of a settings file before and after a change; None for no file."""

    path: Path
    before: str | None = field(repr=False)
    after: str | None = field(repr=False)
    index: str = ""
    """The index that the change sets, without the password."""
    trusted_host: str | None = None
    """The trusted host that we add to the settings of pip."""
    is_undo: bool = False
    is_secret: bool = False
    """Whether the new text contains a password."""

    @property
    def is_needed(self) -> bool:
        return self.before != self.after

    def was_edited(self, written: Written | None) -> bool:
        """Return True if the file is not known to be as we wrote it."""
        return self.before is not None and (written is None or written.digest != _digest(self.before))

    def diff(self) -> list[str]:
        """Return the change as a unified diff with secrets hidden.

        It has no context lines, because those are not ours.
        """
        from difflib import unified_diff

        before, after = (text.splitlines() if text is not None else [] for text in (self.before, self.after))
        old, new = ("/dev/null" if text is None else str(self.path) for text in (self.before, self.after))
        return [urls.hide(line) for line in unified_diff(before, after, old, new, n=0, lineterm="")]

    def make(self, written: Written | None) -> Written | None:
        """Make the change, after a backup the first time; return what to remember.

        A symlink is kept: its target is written. Raises BrokenSettings if that fails.
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


def index_of(file: SettingsFile) -> str:
    """Return the index that a file sets, password hidden, or why there is none."""
    try:
        text = _read(file.path)
        index = file.format.index(text) if text else None
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except _of_broken_text():  # the error may contain a secret
        return "cannot be read: it is broken"
    if not index:
        return "no index server configured" if file.path.exists() else "no config file exists"
    return urls.hide(index)


def planned(file: SettingsFile, wanted: IndexSettings, written: Written | None) -> Change | None:
    """Return the change that sets an index.

    Returns None for a missing file that we do not create. Raises BrokenSettings for a file that cannot be read, is
    broken, or is not a regular file. The error contains nothing of its text.
    """
    ours = written.trusted_host if written else None
    if ours and ours != wanted.trust:
        wanted = wanted._replace(distrust=wanted.distrust | {ours})
    with _failures(file.path, "read"):
        before = _read(file.path)
        if before is None and not file.is_made:
            return None
        if file.path.exists() and not file.path.is_file():
            raise BrokenSettings(f"{file.path} is not a regular file, so it cannot hold settings")
        text = (before or "").replace("\r\n", "\n")
        after = file.format.edit(text if not text or text.endswith("\n") else f"{text}\n", wanted)
        if file.format.index(after) != wanted.simple:
            raise BrokenSettings(
                f"cannot set the index in {file.path}", hint="it has an unusual form: edit it yourself"
            )
        trusted = [wanted.trust] if wanted.trust in file.format.trusted(after) else []
        is_ours = ours == wanted.trust or wanted.trust not in file.format.trusted(text)
    if before and "\r\n" in before:
        after = after.replace("\n", "\r\n")
    secret = urls.hide(wanted.simple) != wanted.simple
    host = wanted.trust if trusted and is_ours else None
    return Change(file.path, before, after, urls.hide(wanted.simple), host, is_secret=secret)


def undone(file: SettingsFile, written: Written | None) -> Change | None:
    """Return the change that restores the original file or removes ours.

    Returns None if there is nothing to do. Raises BrokenSettings for a file that cannot be read.
    """
    with _failures(file.path, "read"):
        before, backup = _read(file.path), _read(backup_of(file.path))
    if backup is None and (before is None or not written or not written.created):
        return None
    return Change(file.path, before, backup, is_undo=True)


def backup_of(path: Path) -> Path:
    """Return the path of the backup that is made before the first change."""
    return path.with_name(f"{path.name}-bak")


def _read(path: Path) -> str | None:
    """Return the text with its original line endings; None if the file does not exist."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None


def _digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _failures(path: Path, verb: str) -> Iterator[None]:
    """Turn errors of a file into BrokenSettings, with the line number but never with its text."""
    try:
        yield
    except OSError as error:
        raise BrokenSettings(f"cannot {verb} {path}: {error.strerror}") from None
    except _of_broken_text() as error:
        line = files.line_of(error)
        where = f" in line {line}" if line else ""
        raise BrokenSettings(
            f"{path} is broken{where}, and was not changed", hint="repair it or move it away, then try again"
        ) from None


def _of_broken_text() -> tuple[type[Exception], ...]:
    """Return the exceptions for a broken text; Python evaluates this only after an exception."""
    from configparser import Error

    return Error, ValueError
