# Completion of devpi for bash, made by 'devpi completion bash'.

# Look up a command: its options, the kinds of their values, the kinds of its arguments, its subcommands.
_devpi_command() {
    options='' valued='' arguments='' commands=''
    case $1 in
    'devpi') options='--version -V' commands='use login whoami status token logoff logout user passwd index apply getjson patchjson upload list download show search open why wait copy diff verify push refresh remove prune env install test quickstart server completion doctor help' ;;
    'devpi use') options='--list -l --user -u --urls --delete --local --venv --client-cert --set-cfg --always-set-cfg --pip-set-trusted -t --keyring --diff --undo --dry-run -n' valued='--user=user -u=user --venv=folder --client-cert=file --always-set-cfg=:yes:no --pip-set-trusted=:yes:no:auto -t=:yes:no:auto' arguments='index' ;;
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
    'devpi user') options='--create -c --delete --modify -m --list -l --exist-ok --missing-ok --dry-run -n --password-stdin --allow-empty-password --from --passwords' valued='--from=file --passwords=file' arguments='user user-setting+' ;;
    'devpi passwd') options='--password-stdin --allow-empty-password --dry-run -n' arguments='user' ;;
    'devpi index') options='--create -c --delete --list -l --exist-ok --missing-ok --dry-run -n --no-projects' arguments='index-or-setting setting+' ;;
    'devpi apply') options='--dry-run -n --exit-code --prune --passwords --export --output -o' valued='--passwords=file --output=file -o=file' arguments='file' ;;
    'devpi getjson') arguments='path' ;;
    'devpi patchjson') options='--dry-run -n' arguments='path file' ;;
    'devpi upload') options='--index --from-dir --only-latest --dry-run -n --skip-existing --check --no-check --sdist --no-sdist --wheel --no-wheel --formats --no-isolation --installer --no-vcs --vcs --setupdir-only --no-setupdir-only --with-docs --only-docs --docs --python -p --jobs --wait --replica --for' valued='--index=index --formats=nothing --installer=:auto:pip:uv --docs=folder --python=nothing -p=nothing --jobs=nothing --replica=nothing --for=nothing' arguments='file+' ;;
    'devpi list') options='--index --all --ignore-bases --toxresults -t --failures -f --jobs' valued='--index=index --jobs=nothing' arguments='requirement' ;;
    'devpi download') options='--index --dir -d --pattern --sdist --wheel --python --platform --deps --installer --skip-existing --output -O --dry-run -n --jobs' valued='--index=index --dir=folder -d=folder --pattern=nothing --python=nothing --platform=nothing --installer=:auto:pip:uv --output=file -O=file --jobs=nothing' arguments='requirement+' ;;
    'devpi show') options='--index --readme --toxresults -t --all-indexes --jobs' valued='--index=index --jobs=nothing' arguments='requirement field+' ;;
    'devpi search') options='--index --names --mirrors --limit' valued='--index=index --limit=nothing' arguments='project+' ;;
    'devpi open') options='--index --docs --url' valued='--index=index' arguments='requirement' ;;
    'devpi why') options='--index --python --platform --ask-mirrors --jobs' valued='--index=index --python=nothing --platform=nothing --jobs=nothing' arguments='release' ;;
    'devpi wait') options='--index --files --replica --gone --for --interval' valued='--index=index --files=nothing --replica=nothing --for=nothing --interval=nothing' arguments='release' ;;
    'devpi copy') options='--requirement -r --all --latest --no-docs --no-tox --overwrite --delete --keep-going --index-page --log --dry-run -n --jobs' valued='--requirement=file -r=file --log=file --jobs=nothing' arguments='place place requirement+' ;;
    'devpi diff') options='--metadata --exit-code --jobs' valued='--jobs=nothing' arguments='place place requirement+' ;;
    'devpi verify') options='--index --quick --names --resume --jobs' valued='--index=index --resume=file --jobs=nothing' arguments='requirement+' ;;
    'devpi push') options='--index --all --no-docs --only-docs --pypirc --register-project --skip-existing --dry-run -n --wait --replica --for' valued='--index=index --pypirc=file --replica=nothing --for=nothing' arguments='release target+' ;;
    'devpi refresh') options='--requirement -r --all --index --dry-run -n' valued='--requirement=file -r=file --index=index' arguments='project+' ;;
    'devpi remove') options='--index --force -f --missing-ok --dry-run -n --jobs' valued='--index=index --jobs=nothing' arguments='requirement' ;;
    'devpi prune') options='--index --keep-last --keep-within --keep-in --keep --only --max --policy --save-policy --archive --force -f --dry-run -n --jobs' valued='--index=index --keep-last=nothing --keep-within=nothing --keep-in=index --keep=requirement --only=:dev:pre:all --max=nothing --policy=file --archive=folder --jobs=nothing' arguments='project+' ;;
    'devpi env') options='--shell --login --no-login --keyring --index' valued='--shell=:bash:fish:powershell:github:gitlab --index=index' ;;
    'devpi install') options='--requirement -r --editable -e --list -l --venv --installer --index --only-index --dry-run -n' valued='--requirement=file -r=file --editable=file -e=file --venv=folder --installer=:auto:pip:uv --index=index' arguments='package+' ;;
    'devpi test') options='-e -c --fallback-ini --tox-args --allow-unverified --no-upload --index --select -s --list -l --dry-run -n' valued='-e=environments -c=file --fallback-ini=file --tox-args=nothing --index=index --select=nothing -s=nothing' arguments='requirement+' ;;
    'devpi quickstart') options='--user --port --mirror-url' valued='--user=nothing --port=nothing --mirror-url=nothing' ;;
    'devpi server') commands='backup check config doctor export import init log passwd replica restore run start status stop upgrade' ;;
    'devpi server backup') options='-c --configfile --serverdir --storage --copy --hard-links --dry-run -n' valued='-c=file --configfile=file --serverdir=folder --storage=nothing' arguments='folder' ;;
    'devpi server check') options='-c --configfile --serverdir --storage --concurrency' valued='-c=file --configfile=file --serverdir=folder --storage=nothing' ;;
    'devpi server config') options='-c --configfile --serverdir --storage --host --port --secretfile --user --outside-url --replica --certificate --key -o --output' valued='-c=file --configfile=file --serverdir=folder --storage=nothing --host=nothing --port=nothing --secretfile=file --user=nothing --outside-url=nothing --replica=nothing --certificate=file --key=file -o=folder --output=folder' arguments=':systemd:nginx:launchd:yml' ;;
    'devpi server doctor') options='-c --configfile --serverdir --storage --secretfile' valued='-c=file --configfile=file --serverdir=folder --storage=nothing --secretfile=file' ;;
    'devpi server export') options='-c --configfile --serverdir --storage --include-mirrored-files --hard-links --dry-run -n' valued='-c=file --configfile=file --serverdir=folder --storage=nothing' arguments='folder' ;;
    'devpi server import') options='-c --configfile --serverdir --storage --root-password-stdin --root-passwd --root-passwd-hash --no-root-pypi --drop-mirrored --skip-import-type --drop-bases --hard-links --events --no-events --accept-data-loss --dry-run -n' valued='-c=file --configfile=file --serverdir=folder --storage=nothing --root-passwd=nothing --root-passwd-hash=nothing --drop-mirrored=nothing --skip-import-type=nothing' arguments='folder' ;;
    'devpi server init') options='-c --configfile --serverdir --storage --root-password-stdin --root-passwd --root-passwd-hash --no-root-pypi --role --primary-url --secretfile --no-stretching --accept-data-loss --dry-run -n' valued='-c=file --configfile=file --serverdir=folder --storage=nothing --root-passwd=nothing --root-passwd-hash=nothing --role=:auto:primary:replica:standalone --primary-url=nothing --secretfile=file' ;;
    'devpi server log') options='--lines -n -c --configfile --serverdir --storage' valued='--lines=nothing -n=nothing -c=file --configfile=file --serverdir=folder --storage=nothing' ;;
    'devpi server passwd') options='--set -s --password-stdin --dry-run -n' arguments='user' ;;
    'devpi server replica') options='--primary --primary-url --secretfile -c --configfile --serverdir --storage --host --port --no-stretching --accept-data-loss --for --dry-run -n' valued='--primary=nothing --primary-url=nothing --secretfile=file -c=file --configfile=file --serverdir=folder --storage=nothing --host=nothing --port=nothing --for=nothing' ;;
    'devpi server restore') options='-c --configfile --serverdir --storage --copy --hard-links --dry-run -n' valued='-c=file --configfile=file --serverdir=folder --storage=nothing' arguments='folder' ;;
    'devpi server run') options='-c --configfile --serverdir --storage --host --port --secretfile --accept-data-loss --dry-run -n' valued='-c=file --configfile=file --serverdir=folder --storage=nothing --host=nothing --port=nothing --secretfile=file' arguments='nothing+' ;;
    'devpi server start') options='--port -c --configfile --serverdir --storage --host --secretfile --accept-data-loss' valued='--port=nothing -c=file --configfile=file --serverdir=folder --storage=nothing --host=nothing --secretfile=file' ;;
    'devpi server status') options='-c --configfile --serverdir --storage' valued='-c=file --configfile=file --serverdir=folder --storage=nothing' ;;
    'devpi server stop') options='-c --configfile --serverdir --storage' valued='-c=file --configfile=file --serverdir=folder --storage=nothing' ;;
    'devpi server upgrade') options='-c --configfile --serverdir --storage --backup --dry-run -n' valued='-c=file --configfile=file --serverdir=folder --storage=nothing --backup=folder' ;;
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
    options+=' --clientdir --quiet -q --verbose -v --debug --yes -y --no-input --json --pretty --plain --timeout --deadline --retries --ca-bundle --as-root --insecure -h --help' valued=" $valued --clientdir=folder --timeout=nothing --deadline=nothing --retries=nothing --ca-bundle=file "
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
