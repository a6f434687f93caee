"""Markdown for terminals, rendered with rich."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich import markdown
from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text
from rich.theme import Theme

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderResult

WIDEST = 100
INDENT = "    "
CODE_THEME = "ansi_dark"  # the colours of the terminal, on its own background


class Heading(markdown.Heading):
    """A heading, aligned left."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.text


class CodeBlock(markdown.CodeBlock):
    """Code, indented and never wrapped, so that it can be copied."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = Text(str(self.text).rstrip())
        if not console.no_color:
            code = Syntax("", self.lexer_name, theme=CODE_THEME).highlight(code.plain)
        for line in code.split():
            yield Text(INDENT, no_wrap=True, overflow="ignore").append_text(line)


class Page(markdown.Markdown):
    """Markdown with our headings and code blocks."""

    elements: ClassVar = {**markdown.Markdown.elements, "heading_open": Heading, "fence": CodeBlock}


def show(text: str) -> None:
    """Print Markdown on the terminal, at most ``WIDEST`` columns wide."""
    console = Console(highlight=False)
    code = "bold" if console.no_color else "cyan"
    styles = {"markdown.h1": "bold", "markdown.h2": "bold", "markdown.h3": "underline", "markdown.code": code}
    console.push_theme(Theme(styles))
    console.width = min(console.width, WIDEST)
    console.print(Page(text, justify="default"), crop=False)
