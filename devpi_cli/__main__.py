"""``python -m devpi_cli``: the same as the ``devpi`` command.

The scripts of the shells ask here for values at a press of a key: that needs no click, which is most of a start.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

VALUES = ["completion", "values"]
INTERRUPTED = 130
FEWEST = 5  # the program, these two, KIND and CURRENT
# A command makes little garbage: to look for it costs a fifth of a request, half of that when Python ends.
SELDOM = 100_000


def main() -> None:
    """Run the devpi command, or print what completes a word: ``devpi completion values KIND CURRENT WORD…``."""
    if sys.argv[1:3] == VALUES and len(sys.argv) >= FEWEST:
        _complete(*sys.argv[3:])
    gc.set_threshold(SELDOM)
    try:
        from devpi_cli.cli import main as cli

        cli.main()
    except KeyboardInterrupt:  # while Python imports the command, or when it ends
        with suppress(OSError):
            sys.stderr.write("interrupted\n")
        raise SystemExit(INTERRUPTED) from None
    finally:
        _drop_unwritable()
        if not sys.flags.dev_mode:  # which looks for what was not closed
            gc.freeze()


def _drop_unwritable() -> None:
    """Drop output that cannot be written: Python would try again when it ends, complain, and exit with status 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:  # None where the shell closed it
                stream.flush()
        except OSError:
            with suppress(OSError):  # not a file at all
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _complete(kind: str, current: str, *words: str) -> None:
    """Print a value per line, and end, whatever goes wrong, and without waiting for a server that is silent."""
    try:
        if kind == "plugin":
            from devpi_cli.cli.main import words_of_plugin as values
        else:
            from devpi_cli.cli.completion.values import values
        sys.stdout.write("".join(f"{value}\n" for value in values(kind, current, words)))
        sys.stdout.flush()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
