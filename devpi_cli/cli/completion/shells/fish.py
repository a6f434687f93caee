"""The script for fish: ``complete`` for options, a function for arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.cli.completion.shells import FILE, FOLDER, NOTHING

if TYPE_CHECKING:
    from devpi_cli.cli.completion.shells import Command, Option

TEMPLATE = r"""# Completion of devpi for fish, made by 'devpi completion fish'.

# Print what a command takes: its options with a value, the kinds of its arguments, whether it has subcommands.
function __devpi_command
    switch "$argv"
@COMMANDS@
        case '*'
            return 1
    end
end

# Print the command before the cursor, and the kind of the next argument.
function __devpi_look
    set -l path devpi
    set -l takes (__devpi_command devpi)
    set -l place 0
    set -l skip
    set -l ended
    for word in (commandline -opc)[2..]
        if test -n "$skip"
            set skip
        else if test "$word" = --
            set ended yes
        else if string match -q -- '-*' $word; and test -z "$ended"
            contains -- $word (string split ' ' -- $takes[1]); and set skip yes
        else if test "$takes[3]" = commands
            set path $path $word
            if not set takes (__devpi_command $path)
                set path plugin
                break
            end
        else
            set place (math $place + 1)
        end
    end
    echo "$path"
    for kind in (string split -n ' ' -- $takes[2])
        if test $place = 0; or string match -q -- '*+' $kind
            string replace -r -- '\+$' '' $kind
            return
        end
        set place (math $place - 1)
    end
end

function __devpi_in
    test (__devpi_look)[1] = "$argv"
end

# Print the values of a kind.
function __devpi_values
    set -l before (commandline -opc)
    set -l current (string replace -r -- '^--[a-z-]+=' '' (commandline -ct) | string trim -c '\'"')
    $before[1] completion values $argv[1] "$current" $before[2..] 2>/dev/null </dev/null
end

function __devpi_commands
    switch "$argv"
@SUBCOMMANDS@
    end
end

function __devpi_argument
    set -l found (__devpi_look)
    set -l commands (__devpi_commands $found[1])
    set -l current (commandline -ct)
    if test "$found[1]" = plugin
        __devpi_values plugin
    else if test -n "$commands"
        printf '%s\n' $commands
        test "$found[1]" = devpi; and not string match -q -- "$current*" $commands; and __devpi_values command
    else if test "$found[2]" = file; or begin; test "$found[2]" = package; and string match -q -- '*/*' $current; end
        __fish_complete_path $current
    else if test "$found[2]" = folder
        __fish_complete_directories $current
    else if string match -q -- ':*' $found[2]
        string split -n -- : $found[2]
    else if test -n "$found[2]" -a "$found[2]" != nothing
        __devpi_values (string replace -- package requirement $found[2])
    end
end

complete -c devpi -f
complete -c devpi -k -a '(__devpi_argument)'
@OPTIONS@
"""


def script(devpi: Command, everywhere: tuple[Option, ...]) -> str:
    """Return the script; see ``shells.script``."""
    commands, lists, options = [], [], [_option(option) for option in everywhere]
    for path, command in _walk(devpi):
        valued = " ".join(name for o in (*everywhere, *command.options) if o.kind for name in o.names)
        table = [valued, " ".join(command.arguments), "commands" if command.commands else ""]
        commands.append(f"        case '{path}'\n            printf '%s\\n' {' '.join(map(_quoted, table))}")
        if command.commands:
            names = "".join(
                f" \\\n                {_quoted(sub.name)}\\t{_quoted(sub.summary)}" for sub in command.commands
            )
            lists.append(f"        case '{path}'\n            printf '%s\\n'{names}")
        options += [_option(option, f" -n '__devpi_in {path}'") for option in command.options]
    parts = {
        "@COMMANDS@": "\n".join(commands),
        "@SUBCOMMANDS@": "\n".join(lists),
        "@OPTIONS@": "\n".join(options),
    }
    text = TEMPLATE
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


def _walk(command: Command, above: str = "") -> list[tuple[str, Command]]:
    """Return a command and its subcommands, each with its full name."""
    path = f"{above} {command.name}".strip()
    return [(path, command), *(found for sub in command.commands for found in _walk(sub, path))]


def _option(option: Option, where: str = "") -> str:
    names = "".join(f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in option.names)
    return f"complete -c devpi{where}{names}{_value(option.kind)} -d {_quoted(option.summary)}"


def _value(kind: str) -> str:
    if kind.startswith(":"):
        return f" -x -a {_quoted(' '.join(kind[1:].split(':')))}"
    folders = " -x -a '(__fish_complete_directories)'"
    known = {"": "", FILE: " -r -F", FOLDER: folders, NOTHING: " -x"}
    return known.get(kind, f" -x -a '(__devpi_values {kind})'")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
