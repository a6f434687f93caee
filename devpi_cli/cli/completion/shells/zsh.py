"""The script for zsh: a function per command that calls ``_arguments``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devpi_cli.cli.completion.shells import FILE, FOLDER, NOTHING, REPEATED

if TYPE_CHECKING:
    from devpi_cli.cli.completion.shells import Command, Option

TEMPLATE = r"""#compdef devpi
# Completion of devpi for zsh, made by 'devpi completion zsh'.

# Offer the values of a kind in devpi's order, without a space after one that can go on.
_devpi_values() {
    local -a before=("${(@)devpi_line[2,-1]}") found open
    local ret=1
    found=(${(f)"$($devpi_line[1] completion values $1 "${(Q)PREFIX}" "${before[@]}" 2>/dev/null </dev/null)"})
    open=(${(M)found:#*[=:/,+-]})
    found=(${found:|open})
    compadd -V "devpi-$1" -S '' -a open && ret=0
    compadd -V "devpi-$1" -a found && ret=0
    return ret
}

_devpi_package() {
    if [[ $PREFIX == */* ]]; then _files; else _devpi_values requirement; fi
}
@FUNCTIONS@
_devpi() {
    local -a devpi_line=("${(@Q)words[1,CURRENT-1]}")
    local -a devpi_everywhere=(
@EVERYWHERE@
    )
    _devpi-
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _devpi "$@"
else
    compdef _devpi devpi
fi
"""
FUNCTION = """
{function}() {{
    _arguments -s -S : $devpi_everywhere{specs}
}}"""
GROUP = """
{function}() {{
    local curcontext=$curcontext context state state_descr line ret=1
    local -A opt_args
    local -a commands=({commands}
    )
    _arguments -s -S -C : $devpi_everywhere{specs} \\
        '1: :->command' '*:: :->rest' && ret=0
    case $state in
    command) _describe -t commands command commands{else_command} && ret=0 ;;
    rest)
        local function={prefix}$words[1]
        if (( $+functions[$function] )); then $function && ret=0{else_rest}; fi
        ;;
    esac
    return ret
}}"""


def script(devpi: Command, everywhere: tuple[Option, ...]) -> str:
    """Return the script; see ``shells.script``."""
    text = TEMPLATE.replace("@FUNCTIONS@", "\n".join(_functions(devpi, "_devpi-")))
    return text.replace("@EVERYWHERE@", "\n".join(f"        {spec}" for o in everywhere for spec in _option(o)))


def _functions(command: Command, function: str) -> list[str]:
    """Return the functions of a command and its subcommands."""
    specs = [spec for option in command.options for spec in _option(option)]
    specs += [_argument(place, kind) for place, kind in enumerate(command.arguments, 1)]
    lines = "".join(f" \\\n        {spec}" for spec in specs)
    if not command.commands:
        return [FUNCTION.format(function=function, specs=lines)]
    is_top = function == "_devpi-"
    prefix = function if is_top else f"{function}-"
    text = GROUP.format(
        function=function,
        prefix=prefix,
        specs=lines,
        commands="".join(f"\n        {_quoted(f'{sub.name}:{sub.summary}')}" for sub in command.commands),
        else_command=" || _devpi_values command" if is_top else "",
        else_rest="; else _devpi_values plugin && ret=0" if is_top else "",
    )
    below = [text for sub in command.commands for text in _functions(sub, f"{prefix}{sub.name}")]
    return [text, *below]


def _option(option: Option) -> list[str]:
    """Return a specification for each name; giving one excludes the others."""
    others = "*" if option.repeats else f"({' '.join(option.names)})"
    value = f":{option.kind if option.kind.isalpha() else 'value'}:{_action(option.kind)}" if option.kind else ""

    def sign(name: str) -> str:
        return ("=" if name.startswith("--") else "+") if option.kind else ""

    return [_quoted(f"{others}{name}{sign(name)}[{_plain(option.summary)}]{value}") for name in option.names]


def _argument(place: int, kind: str) -> str:
    bare = kind.removesuffix(REPEATED)
    return _quoted(f"{'*' if bare != kind else place}: :{_action(bare)}")


def _action(kind: str) -> str:
    if kind.startswith(":"):
        return f"({' '.join(kind[1:].split(':'))})"
    known = {FILE: "_files", FOLDER: "_files -/", NOTHING: " ", "package": " _devpi_package"}
    return known.get(kind, f" _devpi_values {kind}")  # the space stops zsh from adding arguments


def _plain(summary: str) -> str:
    return re.sub(r"([\[\]\\:])", r"\\\1", summary)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
