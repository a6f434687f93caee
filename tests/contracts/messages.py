"""Collect every text of the program by reading its code: what it is, where it stands, and what it says.

A placeholder of an f-string stays as its code in braces; constants are replaced by what they hold.
``python -m tests.contracts.messages`` prints all as one page.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = Path(errors.__file__).parent
ERRORS = {
    *(name for name, found in vars(errors).items() if isinstance(found, type) and issubclass(found, Exception)),
    *("BadParameter", "UsageError", "ClickException", "fail"),
}
# Methods of Output, and the kind of message that they print.
OUTPUT = {
    "warn": "warning",
    "note": "note",
    "tell": "progress",
    "failure": "failure",
    "debug": "debug",
    "confirm": "confirmation",
}
QUESTIONS = ("ask", "ask_password")
PURPOSES = ("index_option", "jobs_option")  # their text becomes a part of a help text
KEYWORDS = {"hint": "hint", "help": "help", "epilog": "epilog"}
NO_TEXTS = ("re.compile", "click.Choice", "cast", "TypeVar")
# What people are shown, apart from what scripts read and from the texts of debugging.
SAID = ("error", "hint", "warning", "note", "progress", "failure", "question", "confirmation", "finding")


@dataclass(frozen=True, order=True)
class Message:
    """A text of the program: of a kind in ``SAID``, of help, an epilog, or any other text with a blank in it."""

    module: str
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.kind}: {self.text}"


@cache
def collected() -> tuple[Message, ...]:
    """Return every message of the program, in the order of modules and lines."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    constants = _constants(trees.values())
    found: list[Message] = []
    for path, tree in trees.items():
        found += _Reader(path.relative_to(PACKAGE).as_posix(), constants).messages(tree)
    return tuple(sorted(found))


def page() -> str:
    """Return all messages as one page, by module."""
    lines, module = [], ""
    for message in collected():
        if message.module != module:
            module = message.module
            lines += ["", f"## {module}", ""]
        lines.append(f"{message.line:>4} {message.kind:<8} " + message.text.replace("\n", "\n" + " " * 14))
    return "\n".join(lines).lstrip() + "\n"


def _constants(trees: Iterable[ast.Module]) -> dict[str, str]:
    """Return what the modules' constants hold, if no two of one name differ."""
    found: dict[str, set[str]] = {}
    for tree in trees:
        for node in tree.body:
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.targets[0], ast.Name)
            ):
                found.setdefault(node.targets[0].id, set()).add(str(node.value.value))
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


class _Reader:
    """Reads the messages of one module."""

    def __init__(self, module: str, constants: dict[str, str]) -> None:
        self.module = module
        self.constants = constants
        self.seen: set[int] = set()

    def messages(self, tree: ast.Module) -> Iterator[Message]:
        """Yield first what calls and docstrings name, then whatever else may be shown."""
        for node in ast.walk(tree):
            self._leave_out(node)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from self._of_call(node)
            elif isinstance(node, ast.FunctionDef) and _is_command(node) and (text := ast.get_docstring(node)):
                yield Message(self.module, node.lineno, "help", text)
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr | ast.Constant) and id(node) not in self.seen:
                if " " in (text := self._said(node)).strip():
                    yield Message(self.module, node.lineno, "text", text)
                self._mark(node)

    def _leave_out(self, node: ast.AST) -> None:
        """Mark docstrings, annotations and patterns, which nobody is shown."""
        match node:
            case ast.Expr(value=ast.Constant() as value):
                self._mark(value)
            case ast.Call(func=func) if ast.unparse(func) in NO_TEXTS:
                self._mark(node)
            case ast.AnnAssign(annotation=ast.expr() as kind) | ast.arg(annotation=ast.expr() as kind):
                self._mark(kind)
            case ast.FunctionDef(returns=ast.expr() as kind):
                self._mark(kind)

    def _of_call(self, call: ast.Call) -> Iterator[Message]:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        first, second = (call.args[place : place + 1] for place in (0, 1))
        if name in ERRORS:
            yield from self._messages("error", first)
        elif name in OUTPUT:
            yield from self._messages(OUTPUT[name], first)
        elif name == "Finding":
            yield from self._messages("finding", second)
        elif name in QUESTIONS:
            yield from self._messages("question", first)
            yield from self._messages("hint", second)
        elif name in PURPOSES:
            yield from self._messages("purpose", first)
        for keyword in call.keywords:
            if keyword.arg in KEYWORDS:
                yield from self._messages(KEYWORDS[keyword.arg], [keyword.value])

    def _messages(self, kind: str, nodes: Iterable[ast.expr]) -> Iterator[Message]:
        for choice in (choice for node in nodes for choice in _choices(node)):
            text = self._said(choice)
            if text not in ("", "{" + ast.unparse(choice) + "}"):
                yield Message(self.module, choice.lineno, kind, text)
                self._mark(choice)

    def _mark(self, node: ast.AST) -> None:
        self.seen.update(map(id, ast.walk(node)))

    def _said(self, node: ast.AST) -> str:
        """Return the text of an expression, with code in braces for what is only known when it runs."""
        match node:
            case ast.Constant(value=value):
                said = value if isinstance(value, str) else ""
            case ast.JoinedStr(values=parts):
                said = "".join(map(self._said, parts))
            case ast.FormattedValue(value=value):
                said = self._said(value)
            case ast.Name(id=name) if name in self.constants:
                said = self.constants[name]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                said = self._said(left) + self._said(right)
            case ast.List(elts=lines):
                said = "\n".join(map(self._said, lines))
            case _:
                said = "{" + ast.unparse(node) + "}"
        return said


def _choices(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions that one may become."""
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            yield from _choices(body)
            yield from _choices(orelse)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _choices(value)
        case _:
            yield node


def _is_command(node: ast.FunctionDef) -> bool:
    return any(name in ast.unparse(each) for each in node.decorator_list for name in (".command", ".group"))


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 (this is what it is for)
