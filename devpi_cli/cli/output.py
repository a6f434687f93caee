"""Output and prompts: text, JSON, progress bars, questions.

A line stays one line, whatever stands in it, and passwords in it are hidden; only ``verbatim`` prints what it is given.
Results go to stdout, everything else to stderr. In text mode a command's lines are printed and its document is not;
with ``--json`` it is the other way round, and stderr also gets JSON, one object per line, the final error last.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devpi_cli.cli import busy, progress
from devpi_cli.cli.streams import DEBUG, ERROR, FAILED, NOTE, WARNING, as_line, is_coloured, json_of, write, write_drawn
from devpi_cli.errors import DevpiError, Interrupted, NobodyToAsk, NotConfirmed
from devpi_cli.printable import hidden, hide, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from rich.console import RenderableType

    Part = progress.Part

SHORT_PASSWORD = 8
PASSWORD_TRIES = 3
LINES_AT_ONCE = 4096
CONFIRM = "this needs a confirmation, and there is no terminal to ask on"
ANSWERS = {"y": True, "yes": True, "n": False, "no": False, "": False}


@dataclass(eq=False, repr=False)
class Output:
    """Prints all text and asks all questions."""

    quiet: bool = False
    verbose: bool = False
    debugging: bool = False
    as_json: bool = False
    assume_yes: bool = False
    no_input: bool = False
    pretty: bool | None = None
    """Whether results are drawn for people; None means on a terminal."""

    @property
    def is_seen(self) -> bool:
        """Return True if stdout is a terminal, where output may be prettier."""
        return bool(sys.stdout and sys.stdout.isatty())

    @property
    def can_ask(self) -> bool:
        """Return True if the user can be asked."""
        return not (self.no_input or os.environ.get("CI")) and bool(sys.stdin and sys.stdin.isatty())

    @property
    def draws(self) -> bool:
        """Return True if results are drawn as views for people, and not printed as lines for programs."""
        return bool(sys.stdout) and not self.as_json and (self.is_seen if self.pretty is None else self.pretty)

    @property
    def can_draw(self) -> bool:
        """Return True if pages are rendered: where results are drawn, and more than plain lines can be shown."""
        return self.draws and os.environ.get("TERM") != "dumb" and sys.stdout.encoding.lower().startswith("utf")

    def line(self, text: str = "") -> None:
        """Print a line of the result."""
        if not self.as_json:
            write(sys.stdout, as_line(text))

    def lines(self, texts: Sequence[str]) -> None:
        """Print lines of the result, fast also for half a million of them."""
        for start in range(0, len(texts) if not self.as_json else 0, LINES_AT_ONCE):
            some = texts[start : start + LINES_AT_ONCE]
            write(sys.stdout, hide("\n".join(some if "".join(some).isprintable() else map(one_line, some))))

    def verbatim(self, text: str) -> None:
        """Print a text of several lines as it is.

        It is one of ours, or is to hold a secret.
        """
        if not self.as_json:
            write(sys.stdout, text)

    def help_page(self, text: str) -> None:
        """Print a help page of ours: its headings stand out on a terminal."""
        import click

        if self.can_draw:
            click.echo(text)  # noqa: TID251 (as --help does)
        else:
            self.verbatim(click.unstyle(text))

    def document(self, value: object, *, verbatim: bool = False) -> None:
        """Print the result as JSON if ``--json`` was given.

        Secrets are shown only if it is ``verbatim``.
        """
        if self.as_json:
            write(sys.stdout, json_of(value if verbatim else hidden(value)))

    def json_text(self, value: object) -> None:
        """Print a server's JSON, which is the result in both modes."""
        write(sys.stdout, json_of(hidden(value), indent=4))

    def markdown(self, text: str) -> None:
        """Print Markdown: rendered on a terminal, unchanged elsewhere."""
        if not self.can_draw:
            self.verbatim(text.rstrip("\n"))
            return
        from devpi_cli.cli import markdown

        markdown.show(text)

    def draw(self, view: RenderableType) -> None:
        """Print a view made with rich; only if ``draws``."""
        from devpi_cli.cli.views import paper

        write_drawn(sys.stdout, paper.drawn(view, encoding=sys.stdout.encoding, with_colours=is_coloured(sys.stdout)))

    def names(self, names: Sequence[str], nothing: str) -> None:
        """Print names, one a line or, where results are drawn, side by side; ``nothing`` says that there are none."""
        if not self.draws:
            self.lines(names)
            return
        from devpi_cli.cli.views.columns import columns, width

        self.lines(columns(names, width()) or [nothing])

    def note(self, text: str) -> None:
        """Print a note; with ``--json`` only if ``-v`` is given, too."""
        if not self.quiet and (self.verbose or not self.as_json):
            self._report(NOTE, text)

    def tell(self, text: str) -> None:
        """Print what becomes of the work, or its sum, on stderr; with ``--json`` only if ``-v`` is given, too."""
        if self.as_json:
            self.note(text)
        elif not self.quiet:
            write(sys.stderr, as_line(text))

    def warn(self, text: str) -> None:
        """Print a warning."""
        if not self.quiet:
            self._report(WARNING, text)

    def debug(self, text: str) -> None:
        """Print a text if ``--debug`` is given.

        Each line is marked, as they can come from anywhere.
        """
        if not self.debugging:
            return
        for line in [text] if self.as_json else text.split("\n"):
            self._report(DEBUG, line)

    def command(self, text: str) -> None:
        """Print a line with a secret on stderr.

        It is for a program that reads the log and hides it.
        """
        if not self.as_json:
            write(sys.stderr, one_line(text))

    def failure(self, text: str) -> None:
        """Report that one of several items failed; with ``--json`` the document has it."""
        if not self.as_json:
            write(sys.stderr, as_line(text), word=FAILED)

    def _report(self, word: str, text: str) -> None:
        if self.as_json:
            write(sys.stderr, json_of({word.rstrip(":"): hide(text)}, indent=None))
        else:
            write(sys.stderr, as_line(f"{word} {text}"), word=word)

    def page(self, text: str) -> None:
        """Print a help page on stderr, for a command line that needs more words."""
        write(sys.stderr, text)

    def error(self, error: DevpiError, hint: str = "") -> None:
        """Print the error that ended the command: what happened and what to do, or one JSON object.

        What the user decided is told, but is no error.
        """
        hint = error.hint or hint
        if self.as_json:
            what: dict[str, Any] = {"type": type(error).__name__, "message": error.message, "exit": error.exit_status}
            status = getattr(error, "status", None)
            what |= {"hint": hint} if hint else {}
            what |= {"status": status} if status else {}
            write(sys.stderr, json_of({"error": hidden(what)}, indent=None))
            return
        from devpi_cli.cli import messages  # imported here: --version does not need it

        mark = "" if isinstance(error, Interrupted | NotConfirmed) else f"{ERROR} "
        write(sys.stderr, f"{mark}{hide(messages.told(error))}", word=ERROR)  # its lines are its own
        if (self.verbose or self.debugging) and (request := messages.details(error)):
            write(sys.stderr, hide(request))
        if hint:
            write(sys.stderr, as_line(hint))

    def confirm(self, question: str, details: Sequence[str] = (), *, autoset: str = "Are you sure") -> None:
        """Ask whether to go on: ``question`` says what is at stake, and Enter means no.

        ``details`` are lines of the result that show what will happen; with ``--json`` they are printed on stderr.
        ``autoset`` is the question that ``-y`` is said to answer, as devpi-client has it.
        Raises NotConfirmed if the answer is no, NobodyToAsk without a terminal.
        """
        for text in details:
            self.line(text)
        if self.assume_yes:
            self.tell(f"{autoset} (yes/no)? yes (autoset from -y option)")
            return
        if not self.can_ask:
            raise NobodyToAsk(CONFIRM if details else f"{CONFIRM}: {question}", hint="add -y")
        for text in details if self.as_json else ():
            write(sys.stderr, as_line(text))
        while (answer := self._typed(f"{question} [y/N]").strip().lower()) not in ANSWERS:
            pass
        if not ANSWERS[answer]:
            raise NotConfirmed("nothing was changed")

    def ask(self, question: str, hint: str) -> str:
        """Ask for a line of text until there is one; ``hint`` tells how to answer without a terminal.

        Raises EOFError at the end of the input.
        """
        self._require_terminal(question, hint)
        while True:
            typed = self._typed(question)
            if not typed:
                raise EOFError
            if answer := typed.strip():
                return answer

    def _typed(self, question: str) -> str:
        """Ask and return what was typed, with its line end; whatever comes next begins a line of its own."""
        typed = ""
        try:
            with busy.hushed():
                write(sys.stderr, f"{as_line(question)} ", end="")
                typed = sys.stdin.readline()
        finally:
            if not typed.endswith("\n"):
                write(sys.stderr, "")
        return typed

    def ask_password(self, question: str, hint: str) -> str:
        """Ask for a secret without echoing it on the terminal."""
        from getpass import getpass

        self._require_terminal(question, hint)
        try:
            with busy.hushed():
                return getpass(f"{as_line(question)} ", stream=sys.stderr)
        except (EOFError, KeyboardInterrupt):
            write(sys.stderr, "")
            raise

    def ask_new_password(self, user: str, hint: str, *, allow_empty: bool = False) -> str:
        """Ask for a new password twice, until both match."""
        question = f"new password for user {user}:"
        for _ in range(PASSWORD_TRIES):
            password = self.ask_password(question, hint)
            if not (password or allow_empty):
                write(sys.stderr, "the password is empty")
                continue
            if password != self.ask_password(f"repeat {question}", hint):
                write(sys.stderr, "the passwords do not match")
                continue
            if len(password) < SHORT_PASSWORD:
                short = f"the password has fewer than {SHORT_PASSWORD} characters"
                self.confirm(f"T{short[1:]}. Use it anyway?", autoset=f"{short}: use it anyway")
            return password
        raise NotConfirmed("no password was set")

    def ask_login(self, root: str, user: str | None) -> tuple[str, str] | None:
        """Ask for user and password at a server; return None if the user cannot be asked."""
        if not self.can_ask:
            return None
        user = user or self.ask(f"user at {root}:", "")
        return user, self.ask_password(f"password for user {user} at {root}:", "")

    def progress(self, label: str, total: int, parts: int) -> AbstractContextManager[Part]:
        """Show progress bars as ``progress.shown`` does.

        Where there is no terminal, nothing is shown.
        """
        return progress.shown(label, total, parts) if self.shows_progress else nullcontext(progress.no_part)

    def busy(self, what: str) -> AbstractContextManager[Callable[[str], None]]:
        """Say what a block is busy with if it takes longer than a second; the function that is yielded adds a detail.

        Where there is no terminal, nothing is shown.
        """
        return busy.shown(what) if self.shows_progress else nullcontext(busy.untold)

    @property
    def shows_progress(self) -> bool:
        """Return True if stderr is a terminal on which something can be drawn and removed again."""
        can_be_drawn = sys.stderr and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        return bool(can_be_drawn) and not (self.quiet or self.as_json)

    def _require_terminal(self, question: str, hint: str) -> None:
        if not self.can_ask:
            raise NobodyToAsk(f"no terminal to ask on: {question}", hint=hint)
