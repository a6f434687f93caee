#compdef devpi
# Completion of devpi for zsh, made by 'devpi completion zsh'.

# Offer what devpi knows of a kind, in its order, and without a space after what goes on.
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
        'whoami:Show the name of the user who is logged in.'
        'status:Show who is logged in where: server, its role, versions, login and index.'
        'token:Create, list, delete, derive, inspect API tokens, or log in with one.'
        'logoff:Log out of the server in use.'
        'logout:Log out of the server in use.'
        'user:Create, show, modify, delete or list users.'
        'passwd:Change the password of a user.'
        'index:Create, show, modify, delete or list indexes.'
        'getjson:Show the JSON that a server has at a path or URL.'
        'patchjson:Send JSON from a file to a path on the server.'
        'upload:Build and upload the project in this folder, or upload files.'
        'list:List the projects of an index, or the files of a project.'
        'push:Push releases from an index to another one, here or elsewhere.'
        'refresh:Make mirrors ask their upstream again for files of packages.'
        'remove:Remove a project, releases of it, or one file from an index.'
        'env:Print the environment variables that point pip and uv to an index.'
        'install:Install packages from an index with pip or uv.'
        'test:Test releases with tox, and attach the results to their files.'
        'quickstart:Make a server of your own on this machine, and use it.'
        'server:Start, stop, or look at the server that quickstart made.'
        'completion:Let the shell complete commands, options, and names that the server knows.'
        'doctor:Check state, server, login, index, pip and uv, and say what is wrong.'
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
        '(--user -u)--user=[With --list\: only this user'\''s. Else\: act as USER, who logged in.]:user: _devpi_values user' \
        '(--user -u)-u+[With --list\: only this user'\''s. Else\: act as USER, who logged in.]:user: _devpi_values user' \
        '(--urls)--urls[Show the URLs behind the index.]' \
        '(--delete)--delete[Forget the server and index in use; logins are kept.]' \
        '(--local)--local[From now on, keep what is in use in the active virtual environment.]' \
        '(--venv)--venv=[Set and install in this virtual environment from now on; - forgets it.]:folder:_files -/' \
        '(--client-cert)--client-cert=[Show this certificate (PEM, with key) to the server; '\'''\'' forgets it.]:file:_files' \
        '(--set-cfg)--set-cfg[Set pip, uv and others to the index in use.]' \
        '(--always-set-cfg)--always-set-cfg=[Whether every '\''devpi use'\'' does --set-cfg.]:value:(yes no)' \
        '(--pip-set-trusted -t)--pip-set-trusted=[With --set-cfg\: let pip trust the host without TLS; auto does for http, unless it is this machine. \[auto\]]:value:(yes no auto)' \
        '(--pip-set-trusted -t)-t+[With --set-cfg\: let pip trust the host without TLS; auto does for http, unless it is this machine. \[auto\]]:value:(yes no auto)' \
        '(--diff)--diff[Show what --set-cfg or --undo would change in the files, and change nothing.]' \
        '(--undo)--undo[Put the files back that --set-cfg changed.]' \
        '(--dry-run -n)--dry-run[Say what would be done, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be done, and change nothing.]' \
        '1: : _devpi_values index'
}

_devpi-login() {
    _arguments -s -S : $devpi_everywhere \
        '(--password)--password=[The password; --password-stdin is safer.]:nothing: ' \
        '(--password-stdin)--password-stdin[Read the password from standard input.]' \
        '(--store)--store[Put the password into the keyring, too, where twine finds it as well.]' \
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
        'create:Create a token on the server, for you or, as root, for somebody else.'
        'delete:Delete tokens; those that were derived from them are no longer good, either.'
        'derive:Make a token that may do less from another one. No server is asked.'
        'inspect:Show whose token it is, its id and what it is restricted to. No server is asked, and no secret shown.'
        'list:List the tokens of a user, with what each is restricted to.'
        'login:Log in with a token, after the server accepted it.'
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
        '(--user -u)--user=[Whose token. \[who is logged in\]]:user: _devpi_values user' \
        '(--user -u)-u+[Whose token. \[who is logged in\]]:user: _devpi_values user' \
        '*--allowed=[Allow only this. Comma-separated, and more than once.]:nothing: ' \
        '*-a+[Allow only this. Comma-separated, and more than once.]:nothing: ' \
        '*--indexes=[Only these indexes. Comma-separated, and more than once.]:index: _devpi_values index' \
        '*-i+[Only these indexes. Comma-separated, and more than once.]:index: _devpi_values index' \
        '*--projects=[Only these projects. Comma-separated, and more than once.]:nothing: ' \
        '*-p+[Only these projects. Comma-separated, and more than once.]:nothing: ' \
        '(--expires -e)--expires=[30d, 12h, 2027-01-31, seconds since the epoch, or never.]:nothing: ' \
        '(--expires -e)-e+[30d, 12h, 2027-01-31, seconds since the epoch, or never.]:nothing: ' \
        '(--output -o)--output=[Write the token to FILE (0600). \[stdout\]]:file:_files' \
        '(--output -o)-o+[Write the token to FILE (0600). \[stdout\]]:file:_files' \
        '(--dry-run -n)--dry-run[Say what would be done, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be done, and change nothing.]'
}

_devpi-token-delete() {
    _arguments -s -S : $devpi_everywhere \
        '(--user -u)--user=[Whose token. \[who is logged in\]]:user: _devpi_values user' \
        '(--user -u)-u+[Whose token. \[who is logged in\]]:user: _devpi_values user' \
        '(--dry-run -n)--dry-run[Say what would be done, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be done, and change nothing.]' \
        '*: : '
}

_devpi-token-derive() {
    _arguments -s -S : $devpi_everywhere \
        '(--file -f)--file=[Where the token is; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files' \
        '(--file -f)-f+[Where the token is; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files' \
        '*--allowed=[Allow only this. Comma-separated, and more than once.]:nothing: ' \
        '*-a+[Allow only this. Comma-separated, and more than once.]:nothing: ' \
        '*--indexes=[Only these indexes. Comma-separated, and more than once.]:index: _devpi_values index' \
        '*-i+[Only these indexes. Comma-separated, and more than once.]:index: _devpi_values index' \
        '*--projects=[Only these projects. Comma-separated, and more than once.]:nothing: ' \
        '*-p+[Only these projects. Comma-separated, and more than once.]:nothing: ' \
        '(--expires -e)--expires=[30d, 12h, 2027-01-31, seconds since the epoch, or never.]:nothing: ' \
        '(--expires -e)-e+[30d, 12h, 2027-01-31, seconds since the epoch, or never.]:nothing: ' \
        '(--output -o)--output=[Write the token to FILE (0600). \[stdout\]]:file:_files' \
        '(--output -o)-o+[Write the token to FILE (0600). \[stdout\]]:file:_files'
}

_devpi-token-inspect() {
    _arguments -s -S : $devpi_everywhere \
        '(--file -f)--file=[Where the token is; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files' \
        '(--file -f)-f+[Where the token is; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files'
}

_devpi-token-list() {
    _arguments -s -S : $devpi_everywhere \
        '(--user -u)--user=[Whose token. \[who is logged in\]]:user: _devpi_values user' \
        '(--user -u)-u+[Whose token. \[who is logged in\]]:user: _devpi_values user'
}

_devpi-token-login() {
    _arguments -s -S : $devpi_everywhere \
        '(--file -f)--file=[Where the token is; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files' \
        '(--file -f)-f+[Where the token is; - for standard input. \[the variable DEVPI_TOKEN\]]:file:_files'
}

_devpi-logoff() {
    _arguments -s -S : $devpi_everywhere \
        '(--forget)--forget[Remove the password from the keyring, too.]'
}

_devpi-logout() {
    _arguments -s -S : $devpi_everywhere \
        '(--forget)--forget[Remove the password from the keyring, too.]'
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
        '(--exist-ok)--exist-ok[With --create\: bring a user who is there to what is asked.]' \
        '(--missing-ok)--missing-ok[With --delete\: a user who is not there is no failure.]' \
        '(--dry-run -n)--dry-run[Say what would be done, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be done, and change nothing.]' \
        '(--password-stdin)--password-stdin[Read the password of a new user from standard input.]' \
        '1: : _devpi_values user' \
        '*: : _devpi_values user-setting'
}

_devpi-passwd() {
    _arguments -s -S : $devpi_everywhere \
        '(--password-stdin)--password-stdin[Read the new password from standard input.]' \
        '(--dry-run -n)--dry-run[Say what would be done, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be done, and change nothing.]' \
        '1: : _devpi_values user'
}

_devpi-index() {
    _arguments -s -S : $devpi_everywhere \
        '(--create -c)--create[Create an index.]' \
        '(--create -c)-c[Create an index.]' \
        '(--delete)--delete[Delete an index and everything on it.]' \
        '(--list -l)--list[List the indexes of the user who is logged in, or of USER.]' \
        '(--list -l)-l[List the indexes of the user who is logged in, or of USER.]' \
        '(--exist-ok)--exist-ok[With --create\: bring an index that is there to what is asked.]' \
        '(--missing-ok)--missing-ok[With --delete\: an index that is not there is no failure.]' \
        '(--dry-run -n)--dry-run[Say what would be done, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be done, and change nothing.]' \
        '(--no-projects)--no-projects[Do not ask for the projects of the index; quicker for mirrors.]' \
        '1: : _devpi_values index-or-setting' \
        '*: : _devpi_values setting'
}

_devpi-getjson() {
    _arguments -s -S : $devpi_everywhere \
        '1: : _devpi_values path'
}

_devpi-patchjson() {
    _arguments -s -S : $devpi_everywhere \
        '(--dry-run -n)--dry-run[Say what would be done, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be done, and change nothing.]' \
        '1: : _devpi_values path' \
        '2: :_files'
}

_devpi-upload() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to upload to, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--from-dir)--from-dir[Let a FILE be a folder\: all distributions in and below it.]' \
        '(--only-latest)--only-latest[Of every project, upload its newest version only.]' \
        '(--dry-run -n)--dry-run[Say what would be uploaded, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be uploaded, and change nothing.]' \
        '(--skip-existing)--skip-existing[Send no file that the index has; one that differs is a conflict.]' \
        '(--check --no-check)--check[First check the files, as twine does, and the mirrors.]' \
        '(--check --no-check)--no-check[First check the files, as twine does, and the mirrors.]' \
        '(--sdist --no-sdist)--sdist[Build an sdist only, or none.]' \
        '(--sdist --no-sdist)--no-sdist[Build an sdist only, or none.]' \
        '(--wheel --no-wheel)--wheel[Build a wheel only, or none.]' \
        '(--wheel --no-wheel)--no-wheel[Build a wheel only, or none.]' \
        '(--formats)--formats=[sdist, bdist_wheel or both; deprecated.]:nothing: ' \
        '(--no-isolation)--no-isolation[Build without an environment of its own.]' \
        '(--installer)--installer=[What fills that environment. \[uv if there is one, or pip\]]:value:(auto pip uv)' \
        '(--no-vcs --vcs)--no-vcs[Build in the folder itself, not what git or hg track of it.]' \
        '(--no-vcs --vcs)--vcs[Build in the folder itself, not what git or hg track of it.]' \
        '(--setupdir-only --no-setupdir-only)--setupdir-only[Build from this folder only, without history.]' \
        '(--setupdir-only --no-setupdir-only)--no-setupdir-only[Build from this folder only, without history.]' \
        '(--with-docs)--with-docs[Build the documentation with Sphinx and upload it, too.]' \
        '(--only-docs)--only-docs[Upload documentation only.]' \
        '(--docs)--docs=[Upload the pages in DIR as documentation, too.]:folder:_files -/' \
        '(--python -p)--python=[Build with this Python. \[the active environment'\''s, or ours\]]:nothing: ' \
        '(--python -p)-p+[Build with this Python. \[the active environment'\''s, or ours\]]:nothing: ' \
        '(--jobs)--jobs=[How many to send at once. \[as many as are quicker than one\]]:nothing: ' \
        '*: :_files'
}

_devpi-list() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to look at, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--all)--all[Show all versions, not just the newest.]' \
        '(--ignore-bases)--ignore-bases[Leave out what the index has from its bases.]' \
        '(--toxresults -t)--toxresults[Show the results of tox for every file.]' \
        '(--toxresults -t)-t[Show the results of tox for every file.]' \
        '(--failures -f)--failures[Show the results of tox, and what failed commands printed.]' \
        '(--failures -f)-f[Show the results of tox, and what failed commands printed.]' \
        '(--jobs)--jobs=[How many to ask for at once. \[as many as are quicker than one\]]:nothing: ' \
        '1: : _devpi_values requirement'
}

_devpi-push() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to push from, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--no-docs)--no-docs[Push no documentation, only distributions.]' \
        '(--only-docs)--only-docs[Push documentation only.]' \
        '(--pypirc)--pypirc=[The .pypirc to read. \[~/.pypirc\]]:file:_files' \
        '(--register-project)--register-project[Register the project at pypi\:REPO first.]' \
        '(--skip-existing)--skip-existing[Push no release that TARGET has; other files there are a conflict.]' \
        '(--dry-run -n)--dry-run[Say what would be pushed, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be pushed, and change nothing.]' \
        '1: : _devpi_values release' \
        '*: : _devpi_values target'
}

_devpi-refresh() {
    _arguments -s -S : $devpi_everywhere \
        '*--requirement=[Refresh what FILE lists.]:file:_files' \
        '*-r+[Refresh what FILE lists.]:file:_files' \
        '(--all)--all[Refresh all projects of the mirrors.]' \
        '(--index)--index=[Index to refresh, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--dry-run -n)--dry-run[Say what would be done, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be done, and change nothing.]' \
        '*: : _devpi_values project'
}

_devpi-remove() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to remove from, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--force -f)--force[Remove from a non-volatile index, too.]' \
        '(--force -f)-f[Remove from a non-volatile index, too.]' \
        '(--missing-ok)--missing-ok[What is not there is no failure.]' \
        '(--dry-run -n)--dry-run[Say what would be done, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be done, and change nothing.]' \
        '(--jobs)--jobs=[How many to remove at once. \[as many as are quicker than one\]]:nothing: ' \
        '1: : _devpi_values requirement'
}

_devpi-env() {
    _arguments -s -S : $devpi_everywhere \
        '(--shell)--shell=[Whose language to print. \[that of $SHELL, or bash\]]:value:(bash fish powershell github gitlab)' \
        '(--login --no-login)--login[Put the login into the URLs, or not. \[where nobody else may read\]]' \
        '(--login --no-login)--no-login[Put the login into the URLs, or not. \[where nobody else may read\]]' \
        '(--index)--index=[Index to point pip and uv to, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index'
}

_devpi-install() {
    _arguments -s -S : $devpi_everywhere \
        '*--requirement=[Install what a requirements file lists.]:file:_files' \
        '*-r+[Install what a requirements file lists.]:file:_files' \
        '*--editable=[Install a project in editable mode.]:file:_files' \
        '*-e+[Install a project in editable mode.]:file:_files' \
        '(--list -l)--list[List what is installed.]' \
        '(--list -l)-l[List what is installed.]' \
        '(--venv)--venv=[Install into this virtual environment; - passes over the remembered one.]:folder:_files -/' \
        '(--installer)--installer=[What installs. \[pip, or uv where there is no pip\]]:value:(auto pip uv)' \
        '(--index)--index=[Index to install from, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--dry-run -n)--dry-run[Let pip or uv say what they would install, and change nothing.]' \
        '(--dry-run -n)-n[Let pip or uv say what they would install, and change nothing.]' \
        '*: : _devpi_package'
}

_devpi-test() {
    _arguments -s -S : $devpi_everywhere \
        '(-e)-e+[Environments of tox to run. \[what the configuration says\]]:environments: _devpi_values environments' \
        '(-c)-c+[Configuration for tox to use.]:file:_files' \
        '(--fallback-ini)--fallback-ini=[Configuration for a package that has none of its own.]:file:_files' \
        '(--tox-args)--tox-args=[More arguments for tox, quoted as one.]:nothing: ' \
        '(--no-upload)--no-upload[Do not attach the results to the files.]' \
        '(--index)--index=[Index to take releases from, as NAME, USER/NAME or URL. \[the one in use\]]:index: _devpi_values index' \
        '(--select -s)--select=[Test the files with a name like this, of whatever platform.]:nothing: ' \
        '(--select -s)-s+[Test the files with a name like this, of whatever platform.]:nothing: ' \
        '(--list -l --dry-run -n)--list[Show what would be tested, and do nothing.]' \
        '(--list -l --dry-run -n)-l[Show what would be tested, and do nothing.]' \
        '(--list -l --dry-run -n)--dry-run[Show what would be tested, and do nothing.]' \
        '(--list -l --dry-run -n)-n[Show what would be tested, and do nothing.]' \
        '*: : _devpi_values requirement'
}

_devpi-quickstart() {
    _arguments -s -S : $devpi_everywhere \
        '(--user)--user=[Name of the user to make. \[your login name\]]:nothing: ' \
        '(--port)--port=[Port of the server. \[3141, or the next free one\]]:nothing: ' \
        '(--mirror-url)--mirror-url=[What root/pypi mirrors. \[https\://pypi.org/simple/\]]:nothing: '
}

_devpi-server() {
    local curcontext=$curcontext context state state_descr line ret=1
    local -A opt_args
    local -a commands=(
        'log:Show the last lines that the server printed.'
        'start:Start the server, if it does not run.'
        'status:Tell whether the server runs, where, and where its data is.'
        'stop:Stop the server, if it runs.'
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
        '(--lines -n)--lines=[How many lines.]:nothing: ' \
        '(--lines -n)-n+[How many lines.]:nothing: '
}

_devpi-server-start() {
    _arguments -s -S : $devpi_everywhere \
        '(--port)--port=[Port to listen on. \[the one it had, or the next free one\]]:nothing: '
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
        'install:Put the script for SHELL where it looks for such scripts.'
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
        '(--dry-run -n)--dry-run[Say what would be written, and change nothing.]' \
        '(--dry-run -n)-n[Say what would be written, and change nothing.]' \
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
        '(--clientdir)--clientdir=[Where to keep state.]:folder:_files -/'
        '(--quiet -q)--quiet[Say nothing but results and errors.]'
        '(--quiet -q)-q[Say nothing but results and errors.]'
        '(--verbose -v)--verbose[Say more.]'
        '(--verbose -v)-v[Say more.]'
        '(--debug)--debug[Show every request, and where bugs are.]'
        '(--yes -y)--yes[Answer every question with yes.]'
        '(--yes -y)-y[Answer every question with yes.]'
        '(--no-input)--no-input[Never ask anything.]'
        '(--json)--json[Print the result as one JSON document.]'
        '(--timeout)--timeout=[How long a server may be silent. \[60\]]:nothing: '
        '(--deadline)--deadline=[How long a request may take in all, but for sending or getting a file. \[600\]]:nothing: '
        '(--retries)--retries=[How often to try again when the server fails. \[3\]]:nothing: '
        '(--ca-bundle)--ca-bundle=[Trust the CAs in FILE, too.]:file:_files'
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
