"""Output and prompts: text, JSON, progress bars, questions.

Results go to stdout, everything else to stderr. In text mode a command's lines are printed and its document is not;
with ``--json`` it is the other way round, and stderr also gets JSON, one object per line, the final error last.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, TextIO

from devpi_cli.errors import DevpiError, NobodyToAsk, NotConfirmed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from rich.progress import Progress

    Part = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

# Names and messages can contain escape sequences, or characters that reverse the text direction to disguise it.
# They are printed in a visible form, so that a terminal does not interpret them.
CONTROLS = (*range(9), *range(11, 32), *range(127, 160))
DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
VISIBLE = {code: f"\\x{code:02x}" for code in CONTROLS} | {code: f"\\u{code:04x}" for code in DIRECTIONS}
SHORT_PASSWORD = 8
PASSWORD_TRIES = 3
LINES_AT_ONCE = 4096


_bars: list[Progress] = []
_writing = Lock()


@dataclass(eq=False, repr=False)
class Output:
    """Prints all text and asks all questions."""

    quiet: bool = False
    verbose: bool = False
    debugging: bool = False
    as_json: bool = False
    assume_yes: bool = False
    no_input: bool = False

    @property
    def is_seen(self) -> bool:
        """Return True if stdout is a terminal, where output may be prettier."""
        return bool(sys.stdout and sys.stdout.isatty())

    @property
    def can_ask(self) -> bool:
        """Return True if the user can be asked."""
        return not (self.no_input or os.environ.get("CI")) and bool(sys.stdin and sys.stdin.isatty())

    def line(self, text: str = "") -> None:
        """Print a line of the result."""
        if not self.as_json:
            _write(sys.stdout, text)

    def lines(self, texts: Sequence[str]) -> None:
        """Print lines of the result, fast also for half a million of them."""
        for start in range(0, len(texts), LINES_AT_ONCE):
            self.line("\n".join(texts[start : start + LINES_AT_ONCE]))

    def document(self, value: object) -> None:
        """Print the result as JSON if ``--json`` was given."""
        if self.as_json:
            _write(sys.stdout, _json(value))

    def json_text(self, value: object) -> None:
        """Print a server's JSON, which is the result in both modes."""
        _write(sys.stdout, _json(value, indent=4))

    def markdown(self, text: str) -> None:
        """Print Markdown: rendered on a terminal, unchanged elsewhere."""
        can_draw = self.is_seen and os.environ.get("TERM") != "dumb" and sys.stdout.encoding.lower().startswith("utf")
        if self.as_json or not can_draw:
            self.lines(text.splitlines())
            return
        from devpi_cli.cli import markdown

        markdown.show(text)

    def note(self, text: str) -> None:
        """Print a note; with ``--json`` only if ``-v`` is given, too."""
        if not self.quiet and (self.verbose or not self.as_json):
            self._report("note", text, text, style="dim")

    def warn(self, text: str) -> None:
        """Print a warning."""
        if not self.quiet:
            self._report("warning", text, f"warning: {text}", style="yellow")

    def debug(self, text: str) -> None:
        """Print a line if ``--debug`` is given."""
        if self.debugging:
            self._report("debug", text, f"debug: {text}", style="dim")

    def command(self, text: str) -> None:
        """Print a line on stderr for a program that reads the log."""
        if not self.as_json:
            _write(sys.stderr, text)

    def failure(self, text: str) -> None:
        """Report that one of several items failed; with ``--json`` the document has it."""
        if not self.as_json:
            _write(sys.stderr, text, style="red")

    def _report(self, kind: str, message: str, text: str, *, style: str) -> None:
        if self.as_json:
            _write(sys.stderr, _json({kind: message}, indent=None))
        else:
            _write(sys.stderr, text, style=style)

    def page(self, text: str) -> None:
        """Print how a command is used, on stderr."""
        _write(sys.stderr, text)

    def error(self, error: DevpiError, hint: str = "") -> None:
        """Print the error that ended the command, as text or as one JSON object."""
        hint = error.hint or hint
        if self.as_json:
            what: dict[str, Any] = {"type": type(error).__name__, "message": error.message, "exit": error.exit_status}
            status = getattr(error, "status", None)
            what |= {"hint": hint} if hint else {}
            what |= {"status": status} if status else {}
            _write(sys.stderr, _json({"error": what}, indent=None))
            return
        _write(sys.stderr, error.message, style="red")
        if hint:
            _write(sys.stderr, hint)

    def confirm(self, question: str, details: Sequence[str] = ()) -> None:
        """Ask whether to go on.

        ``details`` are lines of the result that show what will happen; with ``--json`` they are printed on stderr.
        Raises NotConfirmed if the answer is no, NobodyToAsk without a terminal.
        """
        question = f"{question} (yes/no)?"
        for text in details:
            self.line(text)
        if self.assume_yes:
            self.note(f"{question} yes (autoset from -y option)")
            return
        self._require_terminal(question, "add -y to confirm")
        for text in details if self.as_json else ():
            _write(sys.stderr, text)
        answer = ""
        while answer not in ("yes", "no"):
            _write(sys.stderr, f"{question} ", end="")
            typed = sys.stdin.readline()
            answer = typed.strip().lower() if typed else "no"
            answer = {"y": "yes", "n": "no"}.get(answer, answer)
        if answer == "no":
            raise NotConfirmed("nothing was changed")

    def ask(self, question: str, hint: str) -> str:
        """Ask for a line of text; ``hint`` tells how to answer without a terminal."""
        self._require_terminal(question, hint)
        _write(sys.stderr, f"{question} ", end="")
        return sys.stdin.readline().strip()

    def ask_password(self, question: str, hint: str) -> str:
        """Ask for a secret without echoing it on the terminal."""
        from getpass import getpass

        self._require_terminal(question, hint)
        return getpass(f"{question.translate(VISIBLE)} ", stream=sys.stderr)

    def ask_new_password(self, user: str, hint: str) -> str:
        """Ask for a new password twice, until both match."""
        question = f"new password for user {user}:"
        for _ in range(PASSWORD_TRIES):
            password = self.ask_password(question, hint)
            if password != self.ask_password(f"repeat {question}", hint):
                _write(sys.stderr, "the passwords do not match", style="red")
                continue
            if len(password) < SHORT_PASSWORD:
                self.confirm(f"the password has fewer than {SHORT_PASSWORD} characters: use it anyway")
            return password
        raise NotConfirmed("no password was set")

    def ask_login(self, root: str, user: str | None) -> tuple[str, str] | None:
        """Ask for user and password at a server; return None if the user cannot be asked."""
        if not self.can_ask:
            return None
        user = user or self.ask(f"user at {root}:", "")
        return user, self.ask_password(f"password for user {user} at {root}:", "")

    @contextmanager
    def progress(self, label: str, total: int, parts: int) -> Iterator[Part]:
        """Show progress bars on a terminal.

        The whole task has ``total`` bytes in ``parts`` parts. Yields a function that starts a part: it takes a label
        and the part's size in bytes, and returns a context manager with a function that takes the number of bytes done
        since its last call. Several threads may use it.
        """
        can_be_drawn = sys.stderr and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        if self.quiet or self.as_json or not can_be_drawn:
            yield _hidden_part
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
        bars = Progress(
            *columns,
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,  # results must stay on stdout
            redirect_stderr=False,
        )
        whole = bars.add_task(label.translate(VISIBLE), total=total, visible=parts > 1)

        @contextmanager
        def part(label: str, size: int) -> Iterator[Callable[[int], None]]:
            task = bars.add_task(label.translate(VISIBLE), total=size)

            def advance(done: int) -> None:
                bars.advance(task, done)
                bars.advance(whole, done)

            try:
                yield advance
            finally:
                bars.remove_task(task)

        with bars, _hidden_while_writing(bars):
            yield part

    def _require_terminal(self, question: str, hint: str) -> None:
        if not self.can_ask:
            raise NobodyToAsk(f"no terminal to ask on: {question}", hint=hint)


@contextmanager
def _hidden_part(label: str, size: int) -> Iterator[Callable[[int], None]]:
    """Start a part of a task without a progress bar."""
    del label, size
    yield lambda done: None


@contextmanager
def _hidden_while_writing(bars: Progress) -> Iterator[None]:
    """Hide the bars whenever something is written inside the block."""
    _bars.append(bars)
    try:
        yield
    finally:
        _bars.remove(bars)


def _write(stream: TextIO | None, text: str, *, style: str = "", end: str = "\n") -> None:
    """Write text without wrapping or markup, coloured only where colours are shown."""
    if stream is None:  # the shell closed it, as in "devpi list >&-"
        return
    with _writing:
        for bars in _bars:
            bars.stop()
        _put(stream, text, style, end)
        for bars in _bars:
            bars.start()


def _put(stream: TextIO, text: str, style: str, end: str) -> None:
    text = text.translate(VISIBLE)
    if style and _is_coloured(stream):
        import click

        text = click.style(text, dim=True) if style == "dim" else click.style(text, fg=style)
    try:
        try:
            stream.write(text + end)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + end)
        stream.flush()
    except OSError:
        if stream is not sys.stderr:  # without stderr, the result and the exit status still matter
            raise


def _json(value: object, *, indent: int | None = 2) -> str:
    import json  # imported here: --version does not need it

    return json.dumps(value, indent=indent, sort_keys=True).replace("\x7f", "\\u007f")  # json does not escape it


def _is_coloured(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
