"""Entry point of the ``devpi`` command and of ``python -m devpi_cli``.

Shell completion is answered here without click, whose import is most of the start-up time.
"""

# Only what Python has imported already: until main runs, Ctrl-C makes Python print a traceback.
import os
import sys

VALUES = ["completion", "values"]
FEWEST_ARGUMENTS = 5  # the program, these two, KIND and CURRENT
# A command makes little garbage. Collecting it costs a fifth of a request, half of that at exit.
GC_THRESHOLD = 100_000


def main() -> None:
    """Run the devpi command.

    ``devpi completion values KIND CURRENT WORD…`` prints completions instead.
    """
    if sys.argv[1:3] == VALUES and len(sys.argv) >= FEWEST_ARGUMENTS:
        _complete(*sys.argv[3:])
    try:
        try:
            _run()
        finally:
            _tidy_up()
    except (KeyboardInterrupt, RuntimeError) as error:  # during imports or at exit
        if not isinstance(error.__cause__ or error, KeyboardInterrupt):  # 3.11 wraps one that meets a class statement
            raise
        _say_and_leave()


def _run() -> None:
    import gc

    gc.set_threshold(GC_THRESHOLD)
    from devpi_cli.system import signals

    signals.install()
    from devpi_cli.cli import main as cli

    cli.main()


def _tidy_up() -> None:
    """Leave nothing private or unfinished behind, and nothing for Python to complain about.

    From the end of this on, a signal ends the process at once.
    """
    for name in ("private", "parts"):
        if module := sys.modules.get(f"devpi_cli.system.{name}"):
            module.remove_all()
    _drop_unwritable()
    if not sys.flags.dev_mode:  # development mode reports unclosed files during collection
        import gc

        gc.freeze()
    if signals := sys.modules.get("devpi_cli.system.signals"):
        signals.uninstall()


def _say_and_leave() -> None:
    """Report the signal that ended the command, and exit with its status."""
    from devpi_cli.system import signals

    words, status = signals.described(signals.received())
    if sys.stderr:
        sys.stderr.write(f"{words}\n")
    _tidy_up()
    raise SystemExit(status)


def _drop_unwritable() -> None:
    """Discard output that cannot be written.

    Otherwise Python would try again at exit, complain, and exit with status 120.
    """
    from contextlib import suppress

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
        from devpi_cli.cli.completion.harmless import harmless

        if kind == "plugin":
            from devpi_cli.cli.main import words_of_plugin as values
        else:
            from devpi_cli.cli.completion.values import values
        sys.stdout.write("".join(f"{value}\n" for value in harmless(values(kind, current, words), current)))
        sys.stdout.flush()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
