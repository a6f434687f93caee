#compdef devpi
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

_devpi-() {
    local curcontext=$curcontext context state state_descr line ret=1
    local -A opt_args
    local -a commands=(
        'use:Choose the server and index to work with, or show them.'
        'login:Log in to the server in use.'
        'whoami:Show the name of the logged-in user.'
        'status:Show the server, its role and versions, the login and the index.'
        'token:Create, list, delete, derive and inspect API tokens, or log in with one.'
        'logoff:Log out of the server in use.'
        'logout:Log out of the server in use.'
        'user:Create, show, modify, delete or list users.'
        'passwd:Change the password of a user.'
        'index:Create, show, modify, delete or list indexes.'
        'getjson:Show the JSON that a server returns for a path or URL.'
        'patchjson:Send JSON from a file to a path on the server.'
        'upload:Build and upload the project in this folder, or upload files.'
        'list:List the projects of an index, or the files of a project.'
        'push:Push releases from one index to another, on this server or elsewhere.'
        'refresh:Make mirrors ask their upstream again which files packages have.'
        'remove:Remove a project, some of its releases, or one file from an index.'
        'env:Print the environment variables that point pip and uv to an index.'
        'install:Install packages from an index with pip or uv.'
        'test:Test releases with tox and attach the results to their files.'
        'quickstart:Set up your own server on this machine and start using it.'
        'server:Start, stop or inspect the server that quickstart set up.'
        'completion:Set up shell completion of commands, options and names on the server.'
        'doctor:Check state, server, login, index, pip and uv, and report what is wrong.'
        'help:Show a help topic, or the help of a command.'
    )
    _arguments -s -S -C : $devpi_everywhere \
        '(--version)--version[Show the version and plugins; with -v also the server'\''s versions.]' \
        '1: :->command' '*:: :->rest' && ret=0
    case $state in
    command) _describe -t commands command commands || _devpi_values command && ret=0 ;;
    rest)
        local function=_devpi-$words[1]
        if (( $+functions[$function] )); then $function && ret=0; else _devpi_values plugin && ret=0; fi
        ;;
    esac
    return ret
}

_devpi-use() {
    _arguments -s -S : $devpi_everywhere \
        '(--list -l)--list[List all indexes of the server.]' \
        '(--list -l)-l[List all indexes of the server.]' \
        '(--user -u)--user=[Act as USER; with --list, show only USER'\''s indexes.]:user: _devpi_values user' \
        '(--user -u)-u+[Act as USER; with --list, show only USER'\''s indexes.]:user: _devpi_values user' \
        '(--urls)--urls[Show the URLs behind the index.]' \
        '(--delete)--delete[Forget the server and index in use; logins are kept.]' \
        '(--local)--local[From now on, store the choice in the active virtual environment.]' \
        '(--venv)--venv=[From now on, configure and install in this virtual environment; - forgets it.]:folder:_files -/' \
        '(--client-cert)--client-cert=[Present this certificate (PEM, with key) to the server; '\'''\'' forgets it.]:file:_files' \
        '(--set-cfg)--set-cfg[Configure pip, uv and others for the index in use.]' \
        '(--always-set-cfg)--always-set-cfg=[Whether every '\''devpi use'\'' does --set-cfg.]:value:(yes no)' \
        '(--pip-set-trusted -t)--pip-set-trusted=[With --set-cfg\: let pip trust the host without TLS; auto\: for http, unless it is this machine. \[auto\]]:value:(yes no auto)' \
        '(--pip-set-trusted -t)-t+[With --set-cfg\: let pip trust the host without TLS; auto\: for http, unless it is this machine. \[auto\]]:value:(yes no auto)' \
        '(--diff)--diff[Show what --set-cfg or --undo would change in the files, and change nothing.]' \
        '(--undo)--undo[Restore the files that --set-cfg changed.]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing.]' \
        '(--dry-run -n)-n[Show what would be done; change nothing.]' \
        '1: : _devpi_values index'
}

_devpi-login() {
    _arguments -s -S : $devpi_everywhere \
        '(--password)--password=[The password; --password-stdin is safer.]:nothing: ' \
        '(--password-stdin)--password-stdin[Read the password from standard input.]' \
        '(--store)--store[Also store the password in the keyring, where twine finds it, too.]' \
        '1: : _devpi_values user'
}

_devpi-whoami() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to ask at, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index'
}

_devpi-status() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to show, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index'
}

_devpi-token() {
    local curcontext=$curcontext context state state_descr line ret=1
    local -A opt_args
    local -a commands=(
        'create:Create a token on the server for yourself or, as root, for another user.'
        'delete:Delete tokens; tokens derived from them become invalid, too.'
        'derive:Derive a more restricted token from another one, without asking a server.'
        'inspect:Show the user, id and restrictions of a token.'
        'list:List the tokens of a user with their restrictions.'
        'login:Log in with a token that the server accepts.'
    )
    _arguments -s -S -C : $devpi_everywhere \
        '1: :->command' '*:: :->rest' && ret=0
    case $state in
    command) _describe -t commands command commands && ret=0 ;;
    rest)
        local function=_devpi-token-$words[1]
        if (( $+functions[$function] )); then $function && ret=0; fi
        ;;
    esac
    return ret
}

_devpi-token-create() {
    _arguments -s -S : $devpi_everywhere \
        '(--user -u)--user=[Owner of the token. \[the logged-in user\]]:user: _devpi_values user' \
        '(--user -u)-u+[Owner of the token. \[the logged-in user\]]:user: _devpi_values user' \
        '*--allowed=[Allow only these. Comma-separated, repeatable.]:nothing: ' \
        '*-a+[Allow only these. Comma-separated, repeatable.]:nothing: ' \
        '*--indexes=[Only these indexes. Comma-separated, repeatable.]:index: _devpi_values index' \
        '*-i+[Only these indexes. Comma-separated, repeatable.]:index: _devpi_values index' \
        '*--projects=[Only these projects. Comma-separated, repeatable.]:nothing: ' \
        '*-p+[Only these projects. Comma-separated, repeatable.]:nothing: ' \
        '(--expires -e)--expires=[30d, 12h, 2027-01-31, seconds since the epoch, or never.]:nothing: ' \
        '(--expires -e)-e+[30d, 12h, 2027-01-31, seconds since the epoch, or never.]:nothing: ' \
        '(--output -o)--output=[Write the token to FILE (0600). \[stdout\]]:file:_files' \
        '(--output -o)-o+[Write the token to FILE (0600). \[stdout\]]:file:_files' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing.]' \
        '(--dry-run -n)-n[Show what would be done; change nothing.]'
}

_devpi-token-delete() {
    _arguments -s -S : $devpi_everywhere \
        '(--user -u)--user=[Owner of the token. \[the logged-in user\]]:user: _devpi_values user' \
        '(--user -u)-u+[Owner of the token. \[the logged-in user\]]:user: _devpi_values user' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing.]' \
        '(--dry-run -n)-n[Show what would be done; change nothing.]' \
        '*: : '
}

_devpi-token-derive() {
    _arguments -s -S : $devpi_everywhere \
        '(--file -f)--file=[File with the token; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files' \
        '(--file -f)-f+[File with the token; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files' \
        '*--allowed=[Allow only these. Comma-separated, repeatable.]:nothing: ' \
        '*-a+[Allow only these. Comma-separated, repeatable.]:nothing: ' \
        '*--indexes=[Only these indexes. Comma-separated, repeatable.]:index: _devpi_values index' \
        '*-i+[Only these indexes. Comma-separated, repeatable.]:index: _devpi_values index' \
        '*--projects=[Only these projects. Comma-separated, repeatable.]:nothing: ' \
        '*-p+[Only these projects. Comma-separated, repeatable.]:nothing: ' \
        '(--expires -e)--expires=[30d, 12h, 2027-01-31, seconds since the epoch, or never.]:nothing: ' \
        '(--expires -e)-e+[30d, 12h, 2027-01-31, seconds since the epoch, or never.]:nothing: ' \
        '(--output -o)--output=[Write the token to FILE (0600). \[stdout\]]:file:_files' \
        '(--output -o)-o+[Write the token to FILE (0600). \[stdout\]]:file:_files'
}

_devpi-token-inspect() {
    _arguments -s -S : $devpi_everywhere \
        '(--file -f)--file=[File with the token; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files' \
        '(--file -f)-f+[File with the token; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files'
}

_devpi-token-list() {
    _arguments -s -S : $devpi_everywhere \
        '(--user -u)--user=[Owner of the token. \[the logged-in user\]]:user: _devpi_values user' \
        '(--user -u)-u+[Owner of the token. \[the logged-in user\]]:user: _devpi_values user'
}

_devpi-token-login() {
    _arguments -s -S : $devpi_everywhere \
        '(--file -f)--file=[File with the token; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files' \
        '(--file -f)-f+[File with the token; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files'
}

_devpi-logoff() {
    _arguments -s -S : $devpi_everywhere \
        '(--forget)--forget[Also remove the password from the keyring.]'
}

_devpi-logout() {
    _arguments -s -S : $devpi_everywhere \
        '(--forget)--forget[Also remove the password from the keyring.]'
}

_devpi-user() {
    _arguments -s -S : $devpi_everywhere \
        '(--create -c)--create[Create a user.]' \
        '(--create -c)-c[Create a user.]' \
        '(--delete)--delete[Delete a user and its volatile indexes.]' \
        '(--modify -m)--modify[Modify a user.]' \
        '(--modify -m)-m[Modify a user.]' \
        '(--list -l)--list[List the names of all users.]' \
        '(--list -l)-l[List the names of all users.]' \
        '(--exist-ok)--exist-ok[With --create\: if the user exists, update it.]' \
        '(--missing-ok)--missing-ok[With --delete\: succeed if there is no such user.]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing.]' \
        '(--dry-run -n)-n[Show what would be done; change nothing.]' \
        '(--password-stdin)--password-stdin[Read the password of a new user from standard input.]' \
        '1: : _devpi_values user' \
        '*: : _devpi_values user-setting'
}

_devpi-passwd() {
    _arguments -s -S : $devpi_everywhere \
        '(--password-stdin)--password-stdin[Read the new password from standard input.]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing.]' \
        '(--dry-run -n)-n[Show what would be done; change nothing.]' \
        '1: : _devpi_values user'
}

_devpi-index() {
    _arguments -s -S : $devpi_everywhere \
        '(--create -c)--create[Create an index.]' \
        '(--create -c)-c[Create an index.]' \
        '(--delete)--delete[Delete an index and everything on it.]' \
        '(--list -l)--list[List the indexes of the logged-in user, or of USER.]' \
        '(--list -l)-l[List the indexes of the logged-in user, or of USER.]' \
        '(--exist-ok)--exist-ok[With --create\: if the index exists, update it.]' \
        '(--missing-ok)--missing-ok[With --delete\: succeed if there is no such index.]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing.]' \
        '(--dry-run -n)-n[Show what would be done; change nothing.]' \
        '(--no-projects)--no-projects[Do not ask for the projects of the index; faster for mirrors.]' \
        '1: : _devpi_values index-or-setting' \
        '*: : _devpi_values setting'
}

_devpi-getjson() {
    _arguments -s -S : $devpi_everywhere \
        '1: : _devpi_values path'
}

_devpi-patchjson() {
    _arguments -s -S : $devpi_everywhere \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing.]' \
        '(--dry-run -n)-n[Show what would be done; change nothing.]' \
        '1: : _devpi_values path' \
        '2: :_files'
}

_devpi-upload() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to upload to, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--from-dir)--from-dir[FILE may be a folder\: upload all distributions in and below it.]' \
        '(--only-latest)--only-latest[Upload only the newest version of each project.]' \
        '(--dry-run -n)--dry-run[Show what would be uploaded, and change nothing.]' \
        '(--dry-run -n)-n[Show what would be uploaded, and change nothing.]' \
        '(--skip-existing)--skip-existing[Skip files already on the index; fail if one differs.]' \
        '(--check --no-check)--check[First check the files as twine does, and mirrors for the same projects.]' \
        '(--check --no-check)--no-check[First check the files as twine does, and mirrors for the same projects.]' \
        '(--sdist --no-sdist)--sdist[Build only an sdist, or none.]' \
        '(--sdist --no-sdist)--no-sdist[Build only an sdist, or none.]' \
        '(--wheel --no-wheel)--wheel[Build only a wheel, or none.]' \
        '(--wheel --no-wheel)--no-wheel[Build only a wheel, or none.]' \
        '(--formats)--formats=[sdist, bdist_wheel or both; deprecated.]:nothing: ' \
        '(--no-isolation)--no-isolation[Build without an isolated environment.]' \
        '(--installer)--installer=[Program to fill that environment. \[uv if there is one, else pip\]]:value:(auto pip uv)' \
        '(--no-vcs --vcs)--no-vcs[Build in the folder itself, not in a copy of the tracked files.]' \
        '(--no-vcs --vcs)--vcs[Build in the folder itself, not in a copy of the tracked files.]' \
        '(--setupdir-only --no-setupdir-only)--setupdir-only[Copy only this folder to build in, without history.]' \
        '(--setupdir-only --no-setupdir-only)--no-setupdir-only[Copy only this folder to build in, without history.]' \
        '(--with-docs)--with-docs[Also build the documentation with Sphinx, and upload it.]' \
        '(--only-docs)--only-docs[Upload only documentation.]' \
        '(--docs)--docs=[Also upload the pages in DIR as documentation.]:folder:_files -/' \
        '(--python -p)--python=[Build with this Python. \[the active environment'\''s, or devpi'\''s own\]]:nothing: ' \
        '(--python -p)-p+[Build with this Python. \[the active environment'\''s, or devpi'\''s own\]]:nothing: ' \
        '(--jobs)--jobs=[How many to send at once. \[automatic\]]:nothing: ' \
        '*: :_files'
}

_devpi-list() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to look at, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--all)--all[Show all versions, not just the newest.]' \
        '(--ignore-bases)--ignore-bases[Leave out what comes from the bases of the index.]' \
        '(--toxresults -t)--toxresults[Show the tox results of each file.]' \
        '(--toxresults -t)-t[Show the tox results of each file.]' \
        '(--failures -f)--failures[Show the tox results with the output of failed commands.]' \
        '(--failures -f)-f[Show the tox results with the output of failed commands.]' \
        '(--jobs)--jobs=[How many to ask for at once. \[automatic\]]:nothing: ' \
        '1: : _devpi_values requirement'
}

_devpi-push() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to push from, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--no-docs)--no-docs[Push no documentation, only distributions.]' \
        '(--only-docs)--only-docs[Push documentation only.]' \
        '(--pypirc)--pypirc=[The .pypirc to read. \[~/.pypirc\]]:file:_files' \
        '(--register-project)--register-project[Register the project at pypi\:REPO first.]' \
        '(--skip-existing)--skip-existing[Skip releases that TARGET already has; fail if files differ.]' \
        '(--dry-run -n)--dry-run[Show what would be pushed, and change nothing.]' \
        '(--dry-run -n)-n[Show what would be pushed, and change nothing.]' \
        '1: : _devpi_values release' \
        '*: : _devpi_values target'
}

_devpi-refresh() {
    _arguments -s -S : $devpi_everywhere \
        '*--requirement=[Refresh the packages that FILE lists.]:file:_files' \
        '*-r+[Refresh the packages that FILE lists.]:file:_files' \
        '(--all)--all[Refresh all projects of the mirrors.]' \
        '(--index)--index=[Index to refresh, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing.]' \
        '(--dry-run -n)-n[Show what would be done; change nothing.]' \
        '*: : _devpi_values project'
}

_devpi-remove() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to remove from, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--force -f)--force[Also remove from a non-volatile index.]' \
        '(--force -f)-f[Also remove from a non-volatile index.]' \
        '(--missing-ok)--missing-ok[Succeed if there is nothing to remove.]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing.]' \
        '(--dry-run -n)-n[Show what would be done; change nothing.]' \
        '(--jobs)--jobs=[How many to remove at once. \[automatic\]]:nothing: ' \
        '1: : _devpi_values requirement'
}

_devpi-env() {
    _arguments -s -S : $devpi_everywhere \
        '(--shell)--shell=[Syntax to print. \[that of $SHELL, or bash\]]:value:(bash fish powershell github gitlab)' \
        '(--login --no-login)--login[Put the login into the URLs, or not. \[only if the index needs one\]]' \
        '(--login --no-login)--no-login[Put the login into the URLs, or not. \[only if the index needs one\]]' \
        '(--index)--index=[Index to point pip and uv to, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index'
}

_devpi-install() {
    _arguments -s -S : $devpi_everywhere \
        '*--requirement=[Install what a requirements file lists.]:file:_files' \
        '*-r+[Install what a requirements file lists.]:file:_files' \
        '*--editable=[Install a project in editable mode.]:file:_files' \
        '*-e+[Install a project in editable mode.]:file:_files' \
        '(--list -l)--list[List the installed packages.]' \
        '(--list -l)-l[List the installed packages.]' \
        '(--venv)--venv=[Install into this virtual environment; - ignores the remembered one.]:folder:_files -/' \
        '(--installer)--installer=[Program to install with. \[pip, or uv if there is no pip\]]:value:(auto pip uv)' \
        '(--index)--index=[Index to install from, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--dry-run -n)--dry-run[Let pip or uv show what they would install, and change nothing.]' \
        '(--dry-run -n)-n[Let pip or uv show what they would install, and change nothing.]' \
        '*: : _devpi_package'
}

_devpi-test() {
    _arguments -s -S : $devpi_everywhere \
        '(-e)-e+[Tox environments to run. \[those of the configuration\]]:environments: _devpi_values environments' \
        '(-c)-c+[Tox configuration to use.]:file:_files' \
        '(--fallback-ini)--fallback-ini=[Tox configuration for packages that have none.]:file:_files' \
        '(--tox-args)--tox-args=[More arguments for tox, quoted as one argument.]:nothing: ' \
        '(--no-upload)--no-upload[Do not attach the results to the files.]' \
        '(--index)--index=[Index to take releases from, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--select -s)--select=[Test the files whose names match, for any platform.]:nothing: ' \
        '(--select -s)-s+[Test the files whose names match, for any platform.]:nothing: ' \
        '(--list -l --dry-run -n)--list[Show what would be tested, and do nothing.]' \
        '(--list -l --dry-run -n)-l[Show what would be tested, and do nothing.]' \
        '(--list -l --dry-run -n)--dry-run[Show what would be tested, and do nothing.]' \
        '(--list -l --dry-run -n)-n[Show what would be tested, and do nothing.]' \
        '*: : _devpi_values requirement'
}

_devpi-quickstart() {
    _arguments -s -S : $devpi_everywhere \
        '(--user)--user=[Name of the user to create. \[your login name\]]:nothing: ' \
        '(--port)--port=[Port of the server. \[3141, or the next free one\]]:nothing: ' \
        '(--mirror-url)--mirror-url=[What root/pypi mirrors. \[https\://pypi.org/simple/\]]:nothing: '
}

_devpi-server() {
    local curcontext=$curcontext context state state_descr line ret=1
    local -A opt_args
    local -a commands=(
        'log:Show the last lines of the server'\''s log.'
        'start:Start the server if it is not running.'
        'status:Show whether the server is running, its URL, and where its data is.'
        'stop:Stop the server if it is running.'
    )
    _arguments -s -S -C : $devpi_everywhere \
        '1: :->command' '*:: :->rest' && ret=0
    case $state in
    command) _describe -t commands command commands && ret=0 ;;
    rest)
        local function=_devpi-server-$words[1]
        if (( $+functions[$function] )); then $function && ret=0; fi
        ;;
    esac
    return ret
}

_devpi-server-log() {
    _arguments -s -S : $devpi_everywhere \
        '(--lines -n)--lines=[Number of lines.]:nothing: ' \
        '(--lines -n)-n+[Number of lines.]:nothing: '
}

_devpi-server-start() {
    _arguments -s -S : $devpi_everywhere \
        '(--port)--port=[Port to listen on. \[the last one, or the next free one\]]:nothing: '
}

_devpi-server-status() {
    _arguments -s -S : $devpi_everywhere
}

_devpi-server-stop() {
    _arguments -s -S : $devpi_everywhere
}

_devpi-completion() {
    local curcontext=$curcontext context state state_descr line ret=1
    local -A opt_args
    local -a commands=(
        'bash:Print the script for bash.'
        'fish:Print the script for fish.'
        'install:Install the completion script where SHELL looks for it.'
        'powershell:Print the script for PowerShell.'
        'zsh:Print the script for zsh.'
    )
    _arguments -s -S -C : $devpi_everywhere \
        '1: :->command' '*:: :->rest' && ret=0
    case $state in
    command) _describe -t commands command commands && ret=0 ;;
    rest)
        local function=_devpi-completion-$words[1]
        if (( $+functions[$function] )); then $function && ret=0; fi
        ;;
    esac
    return ret
}

_devpi-completion-bash() {
    _arguments -s -S : $devpi_everywhere
}

_devpi-completion-fish() {
    _arguments -s -S : $devpi_everywhere
}

_devpi-completion-install() {
    _arguments -s -S : $devpi_everywhere \
        '(--dry-run -n)--dry-run[Show what would be written, and change nothing.]' \
        '(--dry-run -n)-n[Show what would be written, and change nothing.]' \
        '1: :(bash zsh fish powershell)'
}

_devpi-completion-powershell() {
    _arguments -s -S : $devpi_everywhere
}

_devpi-completion-zsh() {
    _arguments -s -S : $devpi_everywhere
}

_devpi-doctor() {
    _arguments -s -S : $devpi_everywhere
}

_devpi-help() {
    _arguments -s -S : $devpi_everywhere \
        '*: : _devpi_values plugin'
}
_devpi() {
    local -a devpi_line=("${(@Q)words[1,CURRENT-1]}")
    local -a devpi_everywhere=(
        '(--clientdir)--clientdir=[Directory for the client'\''s state.]:folder:_files -/'
        '(--quiet -q)--quiet[Print only results and errors.]'
        '(--quiet -q)-q[Print only results and errors.]'
        '(--verbose -v)--verbose[Print more details.]'
        '(--verbose -v)-v[Print more details.]'
        '(--debug)--debug[Log every request; show tracebacks.]'
        '(--yes -y)--yes[Answer yes to every question.]'
        '(--yes -y)-y[Answer yes to every question.]'
        '(--no-input)--no-input[Never ask for input.]'
        '(--json)--json[Print the result as one JSON document.]'
        '(--timeout)--timeout=[How long to wait for the server to send anything. \[60\]]:nothing: '
        '(--deadline)--deadline=[Total time for a request, except for file transfers. \[600\]]:nothing: '
        '(--retries)--retries=[How often to retry when the server fails. \[3\]]:nothing: '
        '(--ca-bundle)--ca-bundle=[Also trust the CAs in FILE.]:file:_files'
        '(--insecure)--insecure[Do not verify TLS certificates.]'
        '(-h --help)-h[Show this message and exit.]'
        '(-h --help)--help[Show this message and exit.]'
    )
    _devpi-
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _devpi "$@"
else
    compdef _devpi devpi
fi
