"""The script for PowerShell: one completer with a table of all commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devpi_cli.cli.completion.shells import Command, Option

TEMPLATE = r"""# Completion of devpi for PowerShell, made by 'devpi completion powershell'.
Register-ArgumentCompleter -Native -CommandName devpi -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    # What each command takes: its options, the kinds of their values, the kinds of its arguments, its subcommands.
    $table = @{
@COMMANDS@
    }
    $everywhere = @(@EVERYWHERE@)
    $valuedEverywhere = @{@VALUED@}
    $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text.Trim("'", '"') })
    $current = $wordToComplete.Trim("'", '"')
    $path = 'devpi'
    $place = 0
    $ended = $false
    $kind = ''
    foreach ($word in ($before | Select-Object -Skip 1)) {
        if ($kind) {
            $kind = ''
        } elseif ($word -ceq '--') {
            $ended = $true
        } elseif ($word.StartsWith('-') -and -not $ended) {
            $kind = [string]($table[$path].Valued[$word] + $valuedEverywhere[$word])
        } elseif ($table[$path].Commands) {
            $path = "$path $word"
            if (-not $table.ContainsKey($path)) { $path = 'plugin'; break }
        } else {
            $place++
        }
    }
    $found = @()
    if ($path -eq 'plugin') {
        $kind = 'plugin'
    } elseif (-not $kind -and -not $ended -and $current.StartsWith('-')) {
        $found = $table[$path].Options + $everywhere
    } elseif (-not $kind -and $table[$path].Commands) {
        $found = $table[$path].Commands
        $known = @($found | Where-Object { $_.StartsWith($current) })
        if ($path -eq 'devpi' -and -not $known) { $kind = 'command' }
    } elseif (-not $kind) {
        foreach ($each in $table[$path].Arguments) {
            if ($place -eq 0 -or $each.EndsWith('+')) { $kind = $each.TrimEnd('+'); break }
            $place--
        }
    }
    if ($kind -eq 'package') { $kind = 'requirement' }
    if ($kind.StartsWith(':')) {
        $found = $kind.Substring(1).Split(':')
    } elseif ($kind -and $kind -notin 'file', 'folder', 'nothing') {
        # Older versions of PowerShell drop an empty argument, but not a quoted one.
        $words = @($before | Select-Object -Skip 1)
        $found = @(& $before[0] completion values $kind ('"' + $current + '"') @words 2>$null)
    }
    $found | Where-Object { $_.StartsWith($current) } | ForEach-Object {
        $text = if ($_ -match '^[\w./:=+-]+$') { $_ } else { "'" + $_.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
    }
}
"""


def script(devpi: Command, everywhere: tuple[Option, ...]) -> str:
    """Return the script; see ``shells.script``."""
    parts = {
        "@COMMANDS@": "\n".join(_rows(devpi)),
        "@EVERYWHERE@": _names(everywhere),
        "@VALUED@": _valued(everywhere),
    }
    text = TEMPLATE
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


def _rows(command: Command, above: str = "") -> list[str]:
    """Return the table rows of a command and its subcommands."""
    path = f"{above} {command.name}".strip()
    row = (
        f"        '{path}' = @{{ Options = @({_names(command.options)}); Valued = @{{{_valued(command.options)}}};"
        f" Arguments = @({_list(command.arguments)}); Commands = @({_list(sub.name for sub in command.commands)}) }}"
    )
    return [row, *(text for sub in command.commands for text in _rows(sub, path))]


def _names(options: tuple[Option, ...]) -> str:
    return _list(name for option in options for name in option.names)


def _valued(options: tuple[Option, ...]) -> str:
    return "; ".join(f"'{name}' = '{o.kind}'" for o in options if o.kind for name in o.names)


def _list(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
