"""The script for bash 3.2 (macOS) and newer; it does not need bash-completion."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devpi_cli.cli.completion.shells import Command, Option

TEMPLATE = r"""# Completion of devpi for bash, made by 'devpi completion bash'.

# Look up a command: its options, the kinds of their values, the kinds of its arguments, its subcommands.
_devpi_command() {
    options='' valued='' arguments='' commands=''
    case $1 in
@COMMANDS@
    *) return 1 ;;
    esac
    options+=' @OPTIONS@' valued=" $valued @VALUED@ "
}

# Offer the words that begin with the current one.
_devpi_offer() {
    local word
    for word in "$@"; do
        [[ $word == "$current"* ]] && COMPREPLY+=("$before$word")
    done
}

# Offer the values of a kind that devpi prints.
_devpi_values() {
    local value
    while IFS= read -r value; do
        [[ -n $value ]] && COMPREPLY+=("$before$value")
    done <<<"$("$program" completion values "$1" "$current" "${words[@]:1:${#words[@]}-2}" 2>/dev/null </dev/null)"
}

# Offer files where bash (3.2) cannot be told to do it, quoted as bash would.
_devpi_files() {
    local name
    while IFS= read -r name; do
        if [[ $name == *[!A-Za-z0-9._/@%+,=:-]* ]]; then
            [[ $typed == [\'\"]* ]] && continue
            printf -v name %q "$name"
        fi
        [[ -n $name ]] && COMPREPLY+=("$before$name")
    done <<<"$(compgen "$1" -- "$current")"
}

_devpi_kind() {
    local IFS=$' \t\n'
    case $1 in
    '' | nothing) ;;
    :*) IFS=: && _devpi_offer ${1#:} ;;
    file) compopt -o default 2>/dev/null || _devpi_files -f ;;
    folder) compopt -o dirnames 2>/dev/null || _devpi_files -d ;;
    package)
        if [[ $current == */* ]]; then _devpi_kind file; else _devpi_values requirement; fi
        ;;
    *) _devpi_values "$1" ;;
    esac
}

# Rejoin the words that bash has split at = and :, and remove quotes.
_devpi_words() {
    local rest=${COMP_LINE:0:COMP_POINT} next word
    words=() typed=''
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        next=${rest#"${rest%%[![:space:]]*}"}
        [[ $next == "$word"* ]] || word=$next
        if [[ $next != "$rest" || ${#words[@]} == 0 ]]; then
            typed=$word
        else
            typed+=$word
            unset "words[${#words[@]}-1]"
        fi
        words+=("${typed//[\\\'\"]/}")
        rest=${next#"$word"}
    done
}

_devpi() {
    local program=$1 words typed options valued arguments commands
    local before='' current word kind='' ended='' command=devpi place=0 i
    COMPREPLY=()
    _devpi_words
    current=${words[${#words[@]} - 1]}
    _devpi_command devpi
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        word=${words[i]}
        if [[ -n $kind ]]; then
            kind=''
        elif [[ $word == -- ]]; then
            ended=yes
        elif [[ $word == -* && -z $ended ]]; then
            [[ $valued == *" $word="* ]] && kind=${valued#*" $word="} && kind=${kind%% *}
        elif [[ -n $commands ]]; then
            command+=" $word"
            _devpi_command "$command" || { command=plugin && break; }
        else
            ((place++))
        fi
    done
    if [[ $command == plugin ]]; then
        _devpi_values plugin
    elif [[ -n $kind ]]; then
        _devpi_kind "$kind"
    elif [[ $current == --*=* && -z $ended ]]; then
        before=${current%%=*}=
        current=${current#"$before"}
        [[ $valued == *" $before"* ]] && kind=${valued#*" $before"} && _devpi_kind "${kind%% *}"
    elif [[ $current == -* && -z $ended ]]; then
        _devpi_offer $options
    elif [[ -n $commands ]]; then
        _devpi_offer $commands
        [[ $command == devpi && ${#COMPREPLY[@]} == 0 ]] && _devpi_values command
    else
        for kind in $arguments; do
            ((place == 0)) && break
            [[ $kind == *+ ]] && break
            ((place--))
            kind=''
        done
        _devpi_kind "${kind%+}"
    fi
    _devpi_fit
}

# Offer only what bash inserts: the rest of a word that it has split, unless a quote is open.
_devpi_fit() {
    local breaks=${COMP_WORDBREAKS//[!=:@]/} done='' i
    [[ -n $breaks && $typed != [\'\"]* ]] && done=${typed%"${typed##*[$breaks]}"}
    for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do
        [[ ${COMPREPLY[i]} == *[=:/,+-] ]] && compopt -o nospace 2>/dev/null
        COMPREPLY[i]=${COMPREPLY[i]#"$done"}
    done
    compopt -o nosort 2>/dev/null || : # where it is not found, bash would take the function for missing
}

complete -F _devpi devpi
"""


def script(devpi: Command, everywhere: tuple[Option, ...]) -> str:
    """Return the script; see ``shells.script``."""
    parts = {
        "@COMMANDS@": "\n".join(_cases(devpi)),
        "@OPTIONS@": _names(everywhere),
        "@VALUED@": _valued(everywhere),
    }
    text = TEMPLATE
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


def _cases(command: Command, above: str = "") -> list[str]:
    """Return the ``case`` branches of a command and its subcommands."""
    path = f"{above} {command.name}".strip()
    settings = {
        "options": _names(command.options),
        "valued": _valued(command.options),
        "arguments": " ".join(command.arguments),
        "commands": " ".join(sub.name for sub in command.commands),
    }
    assignments = " ".join(f"{name}='{value}'" for name, value in settings.items() if value)
    return [f"    '{path}') {assignments or ':'} ;;", *(case for sub in command.commands for case in _cases(sub, path))]


def _names(options: tuple[Option, ...]) -> str:
    return " ".join(name for option in options for name in option.names)


def _valued(options: tuple[Option, ...]) -> str:
    return " ".join(f"{name}={option.kind}" for option in options if option.kind for name in option.names)
