"""Plan, show, make and undo a change to a settings file."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from devpi_cli.errors import BrokenSettings
from devpi_cli.installers.formats import SUBPROCESS, IndexSettings
from devpi_cli.models import Written
from devpi_cli.printable import hide
from devpi_cli.system import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    keyring: bool = False
    """Whether it is us who let the installer ask keyring."""
    is_undo: bool = False
    is_secret: bool = False
    """Whether the new text contains a password."""
    backup: str = ""
    """The name of the backup with the text from before the first change, which exists unless we are to make it."""

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
        return [hide(line) for line in unified_diff(before, after, old, new, n=0, lineterm="")]

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
        backup = self.backup if self.backup != _usual(self.path) else ""
        # What was edited since then is not in the backup, so that to put that back needs the user's word.
        digest = "" if written and self.was_edited(written) else _digest(self.after or "")
        return Written(digest, created, self.trusted_host, backup, self.keyring)

    def _write(self, text: str) -> None:
        target = self.path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else files.usual_mode()
        files.write(target, text, mode & files.PRIVATE if self.is_secret else mode)

    def _back_up(self, written: Written | None) -> None:
        backup = self.path.with_name(self.backup)
        if self.before is None or backup.exists() or (written and written.created):
            return
        mode = self.path.stat().st_mode & 0o777
        files.write(backup, self.before, mode & files.PRIVATE if hide(self.before) != self.before else mode)

    def _put_back(self) -> None:
        if self.after is None:
            self.path.resolve().unlink()
            return
        backup = self.path.with_name(self.backup)
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
    return hide(index)


def planned(file: SettingsFile, wanted: IndexSettings, written: Written | None) -> Change | None:
    """Return the change that sets an index.

    Returns None for a missing file that we do not create. Raises BrokenSettings for a file that cannot be read, is
    broken, or is not a regular file. The error contains nothing of its text.
    """
    ours = written.trusted_host if written else None
    if ours and ours != wanted.trust:
        wanted = wanted._replace(distrust=wanted.distrust | {ours})
    asked = bool(written and written.keyring)
    wanted = wanted._replace(no_keyring=asked and not wanted.keyring)
    with _failures(file.path, "read"):
        before = _read(file.path)
        if before is None and not file.is_made:
            return None
        if file.path.exists() and not file.path.is_file():
            raise BrokenSettings(f"{file.path} is not a regular file, so it cannot hold settings")
        text = _ended(before or "")
        after = file.format.edit(text, wanted)
        if file.format.index(after) != wanted.simple:
            raise BrokenSettings(
                f"cannot set the index in {file.path}", hint="it has an unusual form: edit it yourself"
            )
        trusted = [wanted.trust] if wanted.trust in file.format.trusted(after) else []
        is_ours = ours == wanted.trust or wanted.trust not in file.format.trusted(text)
        lets_ask = bool(wanted.keyring) and (asked or file.format.keyring(text) != file.format.keyring(after))
    if before and "\r\n" in before:
        after = after.replace("\n", "\r\n")
    secret = not wanted.keyring and hide(wanted.simple) != wanted.simple  # else there is only the name of a user
    host = wanted.trust if trusted and is_ours else None
    backup = _backup_for(file, before, written)
    return Change(file.path, before, after, hide(wanted.simple), host, lets_ask, is_secret=secret, backup=backup)


def undone(file: SettingsFile, written: Written | None) -> Change | None:
    """Return the change that restores the original file or removes ours.

    Returns None if there is nothing to do. Raises BrokenSettings for a file that cannot be read.
    """
    with _failures(file.path, "read"):
        before = _read(file.path)
    name = (written.backup if written else "") or _usual(file.path)
    with _failures(file.path.with_name(name), "read"):
        backup = _read(file.path.with_name(name))
    if written is None and before is not None:  # by another devpi, with a state of its own, or not by us
        name = next((name for name in _backups(file.path) if _is_original(file, name, before)), "")
        backup = _read(file.path.with_name(name)) if name else None
    if backup is None and (before is None or not written or not written.created):
        return None
    return Change(file.path, before, backup, is_undo=True, backup=name)


def foreign_backup(file: SettingsFile, written: Written | None) -> Path | None:
    """Return what looks like the backup of a file, but is not.

    The text in it is not that from before we set its index.
    """
    backup = file.path.with_name(_usual(file.path))
    is_foreign = written is None and backup.exists() and file.path.exists() and undone(file, written) is None
    return backup if is_foreign else None


def _usual(path: Path) -> str:
    """Return the name of the backup that is made before the first change."""
    return f"{path.name}-bak"


def _backups(path: Path) -> Iterator[str]:
    """Return the names of backups that exist."""
    for number in count(1):
        name = f"{_usual(path)}{number if number > 1 else ''}"
        if not os.path.lexists(path.with_name(name)):
            return
        yield name


def _backup_for(file: SettingsFile, before: str | None, written: Written | None) -> str:
    """Return the name of the backup of a file.

    It has, or gets, the text from before the first change. A file of that name may be from somebody else, and
    older: it stays, and is not taken for ours.
    """
    if written or before is None:
        return (written.backup if written else "") or _usual(file.path)
    found = list(_backups(file.path))
    original = next((name for name in found if _is_original(file, name, before)), None)
    return original or f"{_usual(file.path)}{len(found) + 1 if found else ''}"


def _is_original(file: SettingsFile, name: str, text: str) -> bool:
    """Return whether a backup differs in nothing but what we set.

    It is compared with the text of a file.
    """
    try:
        backup = _read(file.path.with_name(name))
    except (OSError, ValueError):
        return False
    if backup is None:
        return False
    try:
        hosts = frozenset([*file.format.trusted(backup), *file.format.trusted(text)])
        same = IndexSettings("https://devpi.invalid/+simple/", "https://devpi.invalid/", None, hosts, SUBPROCESS)
        first, second = (file.format.edit(_ended(each), same) for each in (backup, text))
    except _of_broken_text():
        return False
    return first == second


def _ended(text: str) -> str:
    """Return a text with the line ends of this program, also at its end."""
    text = text.replace("\r\n", "\n")
    return text if not text or text.endswith("\n") else f"{text}\n"


def _read(path: Path) -> str | None:
    """Return the text with its original line endings.

    Return None if the file does not exist.
    """
    try:
        # pip has no settings if PIP_CONFIG_FILE is the null device.
        return "" if str(path) == os.devnull else files.read_bytes(path).decode("utf-8")
    except FileNotFoundError:
        return None


def _digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _failures(path: Path, verb: str) -> Iterator[None]:
    """Turn errors of a file into BrokenSettings.

    They have the line number but never its text.
    """
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
    """Return the exceptions for a broken text.

    Python evaluates this only after an exception.
    """
    from configparser import Error

    return Error, ValueError
