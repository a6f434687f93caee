"""Text files: written in one step, and in which line one is broken."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step."""
    write(path, text, PRIVATE)


def write(path: Path, text: str, mode: int) -> None:
    """Write a file of that mode in one step: a reader, or a crash, meets the old or the new text, never half of it."""
    import tempfile

    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def usual_mode() -> int:
    """Return the mode that a new file gets from the user's umask."""
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def line_of(error: Exception) -> int | None:
    """Return the line that a parser's error is about, as configparser and tomlkit tell it; None where they do not.

    The error's own text is not for the user: it repeats what stands there, which may be a secret.
    """
    numbers = [number for number, _ in getattr(error, "errors", ())]
    told = [*numbers, getattr(error, "lineno", None), getattr(error, "line", None)]
    return next((line for line in told if isinstance(line, int)), None)
