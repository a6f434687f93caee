"""What the user sees and is asked: text, tables, JSON, progress.

Results go to stdout, everything else to stderr. In text mode a command's lines are printed and its document is not;
with ``--json`` it is the other way round, and stderr gets JSON, too: an object a line, what ended the command last.
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

# Names and messages may hold escape sequences, or make text run backwards, so that it seems to be another: what a
# terminal would obey is shown, not sent.
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
    """Where all text goes, and where questions are asked."""

    quiet: bool = False
    verbose: bool = False
    debugging: bool = False
    as_json: bool = False
    assume_yes: bool = False
    no_input: bool = False

    @property
    def is_seen(self) -> bool:
        """Tell whether results go to a terminal, where they may be prettier."""
        return bool(sys.stdout and sys.stdout.isatty())

    @property
    def can_ask(self) -> bool:
        """Tell whether there is somebody to ask."""
        return not (self.no_input or os.environ.get("CI")) and bool(sys.stdin and sys.stdin.isatty())

    def line(self, text: str = "") -> None:
        """Print a line of the result."""
        if not self.as_json:
            _write(sys.stdout, text)

    def lines(self, texts: Sequence[str]) -> None:
        """Print lines of the result, of which there can be half a million."""
        for start in range(0, len(texts), LINES_AT_ONCE):
            self.line("\n".join(texts[start : start + LINES_AT_ONCE]))

    def document(self, value: object) -> None:
        """Print the result as JSON, where that was asked for."""
        if self.as_json:
            _write(sys.stdout, _json(value))

    def json_text(self, value: object) -> None:
        """Print a server's JSON as it is; that is the result in both modes."""
        _write(sys.stdout, _json(value, indent=4))

    def markdown(self, text: str) -> None:
        """Print Markdown: rendered on a terminal, as it is elsewhere."""
        can_draw = self.is_seen and os.environ.get("TERM") != "dumb" and sys.stdout.encoding.lower().startswith("utf")
        if self.as_json or not can_draw:
            self.lines(text.splitlines())
            return
        from devpi_cli.cli import markdown

        markdown.show(text)

    def note(self, text: str) -> None:
        """Say something that is no result; with ``--json`` only to who wants to hear more."""
        if not self.quiet and (self.verbose or not self.as_json):
            self._say("note", text, text, style="dim")

    def warn(self, text: str) -> None:
        """Say what the user should know."""
        if not self.quiet:
            self._say("warning", text, f"warning: {text}", style="yellow")

    def debug(self, text: str) -> None:
        """Say what happens, with ``--debug``."""
        if self.debugging:
            self._say("debug", text, f"debug: {text}", style="dim")

    def command(self, text: str) -> None:
        """Say something that is meant for the program that reads the log, as it is."""
        if not self.as_json:
            _write(sys.stderr, text)

    def failure(self, text: str) -> None:
        """Say what went wrong with one of several things; with ``--json`` the document says it."""
        if not self.as_json:
            _write(sys.stderr, text, style="red")

    def _say(self, kind: str, what: str, text: str, *, style: str) -> None:
        if self.as_json:
            _write(sys.stderr, _json({kind: what}, indent=None))
        else:
            _write(sys.stderr, text, style=style)

    def page(self, text: str) -> None:
        """Say how a command is used."""
        _write(sys.stderr, text)

    def error(self, error: DevpiError, hint: str = "") -> None:
        """Say what ended the command: as text, or as one JSON object."""
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

    def confirm(self, question: str, about: Sequence[str] = ()) -> None:
        """Ask whether to go on; raise NotConfirmed if not, NobodyToAsk if there is no terminal.

        The lines that say what it is about are part of the result; with ``--json`` who is asked sees them on stderr.
        """
        question = f"{question} (yes/no)?"
        for text in about:
            self.line(text)
        if self.assume_yes:
            self.note(f"{question} yes (autoset from -y option)")
            return
        self._need_somebody(question, "answer it with -y")
        for text in about if self.as_json else ():
            _write(sys.stderr, text)
        answer = ""
        while answer not in ("yes", "no"):
            _write(sys.stderr, f"{question} ", end="")
            typed = sys.stdin.readline()
            answer = typed.strip().lower() if typed else "no"
            answer = {"y": "yes", "n": "no"}.get(answer, answer)
        if answer == "no":
            raise NotConfirmed("nothing was changed")

    def ask(self, question: str, instead: str) -> str:
        """Ask for a line of text; ``instead`` names what answers it without a terminal."""
        self._need_somebody(question, instead)
        _write(sys.stderr, f"{question} ", end="")
        return sys.stdin.readline().strip()

    def ask_password(self, question: str, instead: str) -> str:
        """Ask for a secret, which does not appear on the terminal."""
        from getpass import getpass

        self._need_somebody(question, instead)
        return getpass(f"{question.translate(VISIBLE)} ", stream=sys.stderr)

    def ask_new_password(self, user: str, instead: str) -> str:
        """Ask for a new password twice, until both are the same."""
        question = f"new password for user {user}:"
        for _ in range(PASSWORD_TRIES):
            password = self.ask_password(question, instead)
            if password != self.ask_password(f"repeat {question}", instead):
                _write(sys.stderr, "the passwords are not the same", style="red")
                continue
            if len(password) < SHORT_PASSWORD:
                self.confirm(f"password with less than {SHORT_PASSWORD} characters, are you sure to use it")
            return password
        raise NotConfirmed("no password was set")

    def ask_login(self, root: str, user: str | None) -> tuple[str, str] | None:
        """Ask who somebody is at a server, and for the password; None where nobody is there to answer."""
        if not self.can_ask:
            return None
        user = user or self.ask(f"user at {root}:", "")
        return user, self.ask_password(f"password for user {user} at {root}:", "")

    @contextmanager
    def progress(self, label: str, total: int, parts: int) -> Iterator[Part]:
        """Show how far a long task of so many bytes in so many parts is, on a terminal; ``yield`` what begins a part.

        That takes a label and how many bytes the part has, and is a context with what takes the bytes done since last
        time; it may be used by several threads.
        """
        can_be_drawn = sys.stderr and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        if self.quiet or self.as_json or not can_be_drawn:
            yield _unseen
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
            redirect_stdout=False,  # what is a result goes where results go
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

        with bars, _drawn(bars):
            yield part

    def _need_somebody(self, question: str, instead: str) -> None:
        if not self.can_ask:
            raise NobodyToAsk(f"no terminal to ask on: {question}", hint=instead)


@contextmanager
def _unseen(label: str, size: int) -> Iterator[Callable[[int], None]]:
    """Begin a part of a task that nobody watches."""
    del label, size
    yield lambda done: None


@contextmanager
def _drawn(bars: Progress) -> Iterator[None]:
    """Let what is written inside the block take the bars away for a moment."""
    _bars.append(bars)
    try:
        yield
    finally:
        _bars.remove(bars)


def _write(stream: TextIO | None, text: str, *, style: str = "", end: str = "\n") -> None:
    """Write text as it is, without wrapping or markup; coloured only for somebody who sees colours."""
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
        if stream is not sys.stderr:  # where that is full or gone, the result and the status still count
            raise


def _json(value: object, *, indent: int | None = 2) -> str:
    import json  # here, because --version needs none

    return json.dumps(value, indent=indent, sort_keys=True).replace("\x7f", "\\u007f")  # json takes it for printable


def _is_coloured(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
