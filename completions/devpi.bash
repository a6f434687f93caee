# Completion of devpi for bash, made by 'devpi completion bash'.

# Look up a command: its options, the kinds of their values, the kinds of its arguments, its subcommands.
_devpi_command() {
    options='' valued='' arguments='' commands=''
    case $1 in
    'devpi') options='--version' commands='use login whoami status token logoff logout user passwd index getjson patchjson upload list push refresh remove env install test quickstart server completion doctor help' ;;
    'devpi use') options='--list -l --user -u --urls --delete --local --venv --client-cert --set-cfg --always-set-cfg --pip-set-trusted -t --diff --undo --dry-run -n' valued='--user=user -u=user --venv=folder --client-cert=file --always-set-cfg=:yes:no --pip-set-trusted=:yes:no:auto -t=:yes:no:auto' arguments='index' ;;
    'devpi login') options='--password --password-stdin --store' valued='--password=nothing' arguments='user' ;;
    'devpi whoami') options='--index' valued='--index=index' ;;
    'devpi status') options='--index' valued='--index=index' ;;
    'devpi token') commands='create delete derive inspect list login' ;;
    'devpi token create') options='--user -u --allowed -a --indexes -i --projects -p --expires -e --output -o --dry-run -n' valued='--user=user -u=user --allowed=nothing -a=nothing --indexes=index -i=index --projects=nothing -p=nothing --expires=nothing -e=nothing --output=file -o=file' ;;
    'devpi token delete') options='--user -u --dry-run -n' valued='--user=user -u=user' arguments='nothing+' ;;
    'devpi token derive') options='--file -f --allowed -a --indexes -i --projects -p --expires -e --output -o' valued='--file=file -f=file --allowed=nothing -a=nothing --indexes=index -i=index --projects=nothing -p=nothing --expires=nothing -e=nothing --output=file -o=file' ;;
    'devpi token inspect') options='--file -f' valued='--file=file -f=file' ;;
    'devpi token list') options='--user -u' valued='--user=user -u=user' ;;
    'devpi token login') options='--file -f' valued='--file=file -f=file' ;;
    'devpi logoff') options='--forget' ;;
    'devpi logout') options='--forget' ;;
    'devpi user') options='--create -c --delete --modify -m --list -l --exist-ok --missing-ok --dry-run -n --password-stdin' arguments='user user-setting+' ;;
    'devpi passwd') options='--password-stdin --dry-run -n' arguments='user' ;;
    'devpi index') options='--create -c --delete --list -l --exist-ok --missing-ok --dry-run -n --no-projects' arguments='index-or-setting setting+' ;;
    'devpi getjson') arguments='path' ;;
    'devpi patchjson') options='--dry-run -n' arguments='path file' ;;
    'devpi upload') options='--index --from-dir --only-latest --dry-run -n --skip-existing --check --no-check --sdist --no-sdist --wheel --no-wheel --formats --no-isolation --installer --no-vcs --vcs --setupdir-only --no-setupdir-only --with-docs --only-docs --docs --python -p --jobs' valued='--index=index --formats=nothing --installer=:auto:pip:uv --docs=folder --python=nothing -p=nothing --jobs=nothing' arguments='file+' ;;
    'devpi list') options='--index --all --ignore-bases --toxresults -t --failures -f --jobs' valued='--index=index --jobs=nothing' arguments='requirement' ;;
    'devpi push') options='--index --no-docs --only-docs --pypirc --register-project --skip-existing --dry-run -n' valued='--index=index --pypirc=file' arguments='release target+' ;;
    'devpi refresh') options='--requirement -r --all --index --dry-run -n' valued='--requirement=file -r=file --index=index' arguments='project+' ;;
    'devpi remove') options='--index --force -f --missing-ok --dry-run -n --jobs' valued='--index=index --jobs=nothing' arguments='requirement' ;;
    'devpi env') options='--shell --login --no-login --index' valued='--shell=:bash:fish:powershell:github:gitlab --index=index' ;;
    'devpi install') options='--requirement -r --editable -e --list -l --venv --installer --index --dry-run -n' valued='--requirement=file -r=file --editable=file -e=file --venv=folder --installer=:auto:pip:uv --index=index' arguments='package+' ;;
    'devpi test') options='-e -c --fallback-ini --tox-args --no-upload --index --select -s --list -l --dry-run -n' valued='-e=environments -c=file --fallback-ini=file --tox-args=nothing --index=index --select=nothing -s=nothing' arguments='requirement+' ;;
    'devpi quickstart') options='--user --port --mirror-url' valued='--user=nothing --port=nothing --mirror-url=nothing' ;;
    'devpi server') commands='log start status stop' ;;
    'devpi server log') options='--lines -n' valued='--lines=nothing -n=nothing' ;;
    'devpi server start') options='--port' valued='--port=nothing' ;;
    'devpi server status') : ;;
    'devpi server stop') : ;;
    'devpi completion') commands='bash fish install powershell zsh' ;;
    'devpi completion bash') : ;;
    'devpi completion fish') : ;;
    'devpi completion install') options='--dry-run -n' arguments=':bash:zsh:fish:powershell' ;;
    'devpi completion powershell') : ;;
    'devpi completion zsh') : ;;
    'devpi doctor') : ;;
    'devpi help') arguments='plugin+' ;;
    *) return 1 ;;
    esac
    options+=' --clientdir --quiet -q --verbose -v --debug --yes -y --no-input --json --timeout --deadline --retries --ca-bundle --insecure -h --help' valued=" $valued --clientdir=folder --timeout=nothing --deadline=nothing --retries=nothing --ca-bundle=file "
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

_devpi_kind() {
    local IFS=$' \t\n'
    case $1 in
    '' | nothing) ;;
    :*) IFS=: && _devpi_offer ${1#:} ;;
    file) compopt -o default 2>/dev/null || { IFS=$'\n' && COMPREPLY=($(compgen -f -- "$current")); } ;;
    folder) compopt -o dirnames 2>/dev/null || { IFS=$'\n' && COMPREPLY=($(compgen -d -- "$current")); } ;;
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
    compopt -o nosort 2>/dev/null
}

complete -F _devpi devpi
