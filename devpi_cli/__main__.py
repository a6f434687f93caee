"""Entry point of the ``devpi`` command and of ``python -m devpi_cli``.

Shell completion is answered here without click, whose import is most of the start-up time.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

VALUES = ["completion", "values"]
INTERRUPTED = 130
FEWEST_ARGUMENTS = 5  # the program, these two, KIND and CURRENT
# A command makes little garbage. Collecting it costs a fifth of a request, half of that at exit.
GC_THRESHOLD = 100_000


def main() -> None:
    """Run the devpi command.

    ``devpi completion values KIND CURRENT WORD…`` prints completions instead.
    """
    if sys.argv[1:3] == VALUES and len(sys.argv) >= FEWEST_ARGUMENTS:
        _complete(*sys.argv[3:])
    gc.set_threshold(GC_THRESHOLD)
    try:
        from devpi_cli.cli import main as cli

        cli.main()
    except (KeyboardInterrupt, RuntimeError) as error:  # during imports or at exit
        if not isinstance(error.__cause__ or error, KeyboardInterrupt):  # 3.11 wraps one that meets a class statement
            raise
        with suppress(OSError):
            sys.stderr.write("interrupted\n")
        raise SystemExit(INTERRUPTED) from None
    finally:
        _drop_unwritable()
        if not sys.flags.dev_mode:  # development mode reports unclosed files during collection
            gc.freeze()


def _drop_unwritable() -> None:
    """Discard output that cannot be written.

    Otherwise Python would try again at exit, complain, and exit with status 120.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:  # None if the shell closed it
                stream.flush()
        except OSError:
            with suppress(OSError):  # not a real file
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _complete(kind: str, current: str, *words: str) -> None:
    """Print one value per line and exit, whatever happens.

    ``os._exit`` does not wait for a thread that talks to a slow server.
    """
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
