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
        'use:Choose the server and index to work with, or show them'
        'login:Log in to the server in use'
        'whoami:Show the name of the logged-in user'
        'status:Show the server, its role and versions, the login and the index'
        'token:Create, list, delete, derive and inspect API tokens, or log in with one'
        'logoff:Log out of the server in use'
        'logout:Log out of the server in use'
        'user:Create, show, modify, delete or list users'
        'passwd:Change the password of a user'
        'index:Create, show, modify, delete or list indexes'
        'apply:Make users and indexes match a TOML file'
        'getjson:Show the JSON that a server returns for a path or URL'
        'patchjson:Send JSON from a file to a path on the server'
        'upload:Build and upload the project in this folder, or upload files'
        'list:List the projects of an index, or the files of a project'
        'download:Download files of releases from an index and its bases'
        'show:Show the metadata, files and history of a release'
        'search:Find projects on an index and its bases by words'
        'open:Open the page of an index, a project or a release in a browser'
        'why:Explain which index answers for a project, and what pip would choose'
        'wait:Wait until pip can install a release from an index'
        'copy:Copy releases from one index or folder to another'
        'diff:Compare the files of two indexes or folders by SHA-256'
        'verify:Verify that an index has what it lists, and that nothing else has its names'
        'push:Push releases from one index to another, on this server or elsewhere'
        'refresh:Make mirrors ask their upstream again for the files of packages'
        'remove:Remove a project, some of its releases, or one file from an index'
        'prune:Remove old releases from an index, by rules that say which stay'
        'env:Print the environment variables that point pip and uv to an index'
        'install:Install packages from an index with pip or uv'
        'test:Test releases with tox and attach the results to their files'
        'quickstart:Set up your own server on this machine and start using it'
        'server:Start, stop, check and export a server on this machine'
        'completion:Set up shell completion of commands, options and names on the server'
        'doctor:Check state, server, login, index, pip and uv, and report what is wrong'
        'help:Show a help topic, or the help of a command'
    )
    _arguments -s -S -C : $devpi_everywhere \
        '(--version -V)--version[Show the version and plugins; with -v also the server'\''s versions]' \
        '(--version -V)-V[Show the version and plugins; with -v also the server'\''s versions]' \
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
        '(--list -l)--list[List all indexes of the server]' \
        '(--list -l)-l[List all indexes of the server]' \
        '(--user -u)--user=[Act as USER; with --list, show only USER'\''s indexes]:user: _devpi_values user' \
        '(--user -u)-u+[Act as USER; with --list, show only USER'\''s indexes]:user: _devpi_values user' \
        '(--urls)--urls[Show the URLs behind the index]' \
        '(--delete)--delete[Forget the server and index in use; logins are kept]' \
        '(--local)--local[From now on, store the choice in the active virtual environment]' \
        '(--venv)--venv=[From now on, configure and install in this virtual environment; - forgets it]:folder:_files -/' \
        '(--client-cert)--client-cert=[Present this certificate (PEM, with key) to the server; '\'''\'' forgets it]:file:_files' \
        '(--set-cfg)--set-cfg[Configure pip, uv and others for the index in use]' \
        '(--always-set-cfg)--always-set-cfg=[Whether every '\''devpi use'\'' does --set-cfg]:value:(yes no)' \
        '(--pip-set-trusted -t)--pip-set-trusted=[With --set-cfg\: let pip trust the host without TLS; auto\: for http, unless it is this machine]:value:(yes no auto)' \
        '(--pip-set-trusted -t)-t+[With --set-cfg\: let pip trust the host without TLS; auto\: for http, unless it is this machine]:value:(yes no auto)' \
        '(--keyring)--keyring[With --set-cfg\: let pip and uv get the login from keyring]' \
        '(--diff)--diff[Show what --set-cfg or --undo would change in the files; change nothing]' \
        '(--undo)--undo[Restore the files that --set-cfg changed]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '1: : _devpi_values index'
}

_devpi-login() {
    _arguments -s -S : $devpi_everywhere \
        '(--password)--password=[The password; --password-stdin is safer]:nothing: ' \
        '(--password-stdin)--password-stdin[Read the password from standard input]' \
        '(--store)--store[Also store the password in the keyring, where twine finds it, too]' \
        '1: : _devpi_values user'
}

_devpi-whoami() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to ask at, as NAME, USER/NAME or URL]:index: _devpi_values index'
}

_devpi-status() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to show, as NAME, USER/NAME or URL]:index: _devpi_values index'
}

_devpi-token() {
    local curcontext=$curcontext context state state_descr line ret=1
    local -A opt_args
    local -a commands=(
        'create:Create a token on the server for yourself or, as root, for another user'
        'delete:Delete tokens; tokens derived from them become invalid, too'
        'derive:Derive a more restricted token from another one, without asking a server'
        'inspect:Show the user, id and restrictions of a token'
        'list:List the tokens of a user with their restrictions'
        'login:Log in with a token that the server accepts'
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
        '(--user -u)--user=[Owner of the token]:user: _devpi_values user' \
        '(--user -u)-u+[Owner of the token]:user: _devpi_values user' \
        '*--allowed=[Allow only these]:nothing: ' \
        '*-a+[Allow only these]:nothing: ' \
        '*--indexes=[Only these indexes]:index: _devpi_values index' \
        '*-i+[Only these indexes]:index: _devpi_values index' \
        '*--projects=[Only these projects]:nothing: ' \
        '*-p+[Only these projects]:nothing: ' \
        '(--expires -e)--expires=[When the token expires\: 30d, 12h, 2027-01-31, seconds since the epoch, or never]:nothing: ' \
        '(--expires -e)-e+[When the token expires\: 30d, 12h, 2027-01-31, seconds since the epoch, or never]:nothing: ' \
        '(--output -o)--output=[Write the token to FILE (0600)]:file:_files' \
        '(--output -o)-o+[Write the token to FILE (0600)]:file:_files' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]'
}

_devpi-token-delete() {
    _arguments -s -S : $devpi_everywhere \
        '(--user -u)--user=[Owner of the token]:user: _devpi_values user' \
        '(--user -u)-u+[Owner of the token]:user: _devpi_values user' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '*: : '
}

_devpi-token-derive() {
    _arguments -s -S : $devpi_everywhere \
        '(--file -f)--file=[File with the token; - for standard input]:file:_files' \
        '(--file -f)-f+[File with the token; - for standard input]:file:_files' \
        '*--allowed=[Allow only these]:nothing: ' \
        '*-a+[Allow only these]:nothing: ' \
        '*--indexes=[Only these indexes]:index: _devpi_values index' \
        '*-i+[Only these indexes]:index: _devpi_values index' \
        '*--projects=[Only these projects]:nothing: ' \
        '*-p+[Only these projects]:nothing: ' \
        '(--expires -e)--expires=[When the token expires\: 30d, 12h, 2027-01-31, seconds since the epoch, or never]:nothing: ' \
        '(--expires -e)-e+[When the token expires\: 30d, 12h, 2027-01-31, seconds since the epoch, or never]:nothing: ' \
        '(--output -o)--output=[Write the token to FILE (0600)]:file:_files' \
        '(--output -o)-o+[Write the token to FILE (0600)]:file:_files'
}

_devpi-token-inspect() {
    _arguments -s -S : $devpi_everywhere \
        '(--file -f)--file=[File with the token; - for standard input]:file:_files' \
        '(--file -f)-f+[File with the token; - for standard input]:file:_files'
}

_devpi-token-list() {
    _arguments -s -S : $devpi_everywhere \
        '(--user -u)--user=[Owner of the token]:user: _devpi_values user' \
        '(--user -u)-u+[Owner of the token]:user: _devpi_values user'
}

_devpi-token-login() {
    _arguments -s -S : $devpi_everywhere \
        '(--file -f)--file=[File with the token; - for standard input]:file:_files' \
        '(--file -f)-f+[File with the token; - for standard input]:file:_files'
}

_devpi-logoff() {
    _arguments -s -S : $devpi_everywhere \
        '(--forget)--forget[Also remove the password from the keyring]'
}

_devpi-logout() {
    _arguments -s -S : $devpi_everywhere \
        '(--forget)--forget[Also remove the password from the keyring]'
}

_devpi-user() {
    _arguments -s -S : $devpi_everywhere \
        '(--create -c)--create[Create a user]' \
        '(--create -c)-c[Create a user]' \
        '(--delete)--delete[Delete a user and its volatile indexes]' \
        '(--modify -m)--modify[Modify a user]' \
        '(--modify -m)-m[Modify a user]' \
        '(--list -l)--list[List the names of all users]' \
        '(--list -l)-l[List the names of all users]' \
        '(--exist-ok)--exist-ok[With --create\: if the user exists, update it]' \
        '(--missing-ok)--missing-ok[With --delete\: succeed if there is no such user]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '(--password-stdin)--password-stdin[Read the password of a new user from standard input]' \
        '(--allow-empty-password)--allow-empty-password[Let a password be empty]' \
        '(--from)--from=[With --create\: create all users of a CSV file]:file:_files' \
        '(--passwords)--passwords=[Write the passwords made for new users to FILE (0600)]:file:_files' \
        '1: : _devpi_values user' \
        '*: : _devpi_values user-setting'
}

_devpi-passwd() {
    _arguments -s -S : $devpi_everywhere \
        '(--password-stdin)--password-stdin[Read the new password from standard input]' \
        '(--allow-empty-password)--allow-empty-password[Let a password be empty]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '1: : _devpi_values user'
}

_devpi-index() {
    _arguments -s -S : $devpi_everywhere \
        '(--create -c)--create[Create an index]' \
        '(--create -c)-c[Create an index]' \
        '(--delete)--delete[Delete an index and everything on it]' \
        '(--list -l)--list[List the indexes of the logged-in user, or of USER]' \
        '(--list -l)-l[List the indexes of the logged-in user, or of USER]' \
        '(--exist-ok)--exist-ok[With --create\: if the index exists, update it]' \
        '(--missing-ok)--missing-ok[With --delete\: succeed if there is no such index]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '(--no-projects)--no-projects[Do not ask for the projects of the index; faster for mirrors]' \
        '1: : _devpi_values index-or-setting' \
        '*: : _devpi_values setting'
}

_devpi-apply() {
    _arguments -s -S : $devpi_everywhere \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '(--exit-code)--exit-code[With -n\: exit with status 7 if something would change]' \
        '(--prune)--prune[Remove empty indexes that FILE leaves out, of users it names; asks first]' \
        '(--passwords)--passwords=[Write the passwords made for new users to FILE (0600)]:file:_files' \
        '(--export)--export[Describe the server as it is]' \
        '(--output -o)--output=[Export to FILE]:file:_files' \
        '(--output -o)-o+[Export to FILE]:file:_files' \
        '1: :_files'
}

_devpi-getjson() {
    _arguments -s -S : $devpi_everywhere \
        '1: : _devpi_values path'
}

_devpi-patchjson() {
    _arguments -s -S : $devpi_everywhere \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '1: : _devpi_values path' \
        '2: :_files'
}

_devpi-upload() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to upload to, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--from-dir)--from-dir[FILE may be a folder\: upload all distributions in and below it]' \
        '(--only-latest)--only-latest[Upload only the newest version of each project]' \
        '(--dry-run -n)--dry-run[Show what would be uploaded; change nothing]' \
        '(--dry-run -n)-n[Show what would be uploaded; change nothing]' \
        '(--skip-existing)--skip-existing[Skip files already on the index; fail if one differs]' \
        '(--check --no-check)--check[First check the files as twine does, and mirrors for the same projects]' \
        '(--check --no-check)--no-check[First check the files as twine does, and mirrors for the same projects]' \
        '(--sdist --no-sdist)--sdist[Build only an sdist, or none]' \
        '(--sdist --no-sdist)--no-sdist[Build only an sdist, or none]' \
        '(--wheel --no-wheel)--wheel[Build only a wheel, or none]' \
        '(--wheel --no-wheel)--no-wheel[Build only a wheel, or none]' \
        '(--formats)--formats=[What to build, such as sdist.zip,bdist_egg; deprecated]:nothing: ' \
        '(--no-isolation)--no-isolation[Build without an isolated environment]' \
        '(--installer)--installer=[Program to fill that environment]:value:(auto pip uv)' \
        '(--no-vcs --vcs)--no-vcs[Build in the folder itself, not in a copy of the tracked files]' \
        '(--no-vcs --vcs)--vcs[Build in the folder itself, not in a copy of the tracked files]' \
        '(--setupdir-only --no-setupdir-only)--setupdir-only[Copy only this folder to build in, without history]' \
        '(--setupdir-only --no-setupdir-only)--no-setupdir-only[Copy only this folder to build in, without history]' \
        '(--with-docs)--with-docs[Also build the documentation with Sphinx, and upload it]' \
        '(--only-docs)--only-docs[Upload only documentation]' \
        '(--docs)--docs=[Also upload the pages in DIR as documentation]:folder:_files -/' \
        '(--python -p)--python=[Build with this Python]:nothing: ' \
        '(--python -p)-p+[Build with this Python]:nothing: ' \
        '(--jobs)--jobs=[How many to send at once]:nothing: ' \
        '(--wait)--wait[Wait until pip can install what was sent]' \
        '*--replica=[Also wait for this replica]:nothing: ' \
        '(--for)--for=[Give up waiting after this time]:nothing: ' \
        '*: :_files'
}

_devpi-list() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to look at, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--all)--all[Show all versions, not only the three newest]' \
        '(--ignore-bases)--ignore-bases[Leave out what comes from the bases of the index]' \
        '(--toxresults -t)--toxresults[Show the tox results of each file]' \
        '(--toxresults -t)-t[Show the tox results of each file]' \
        '(--failures -f)--failures[Show the tox results with the output of failed commands]' \
        '(--failures -f)-f[Show the tox results with the output of failed commands]' \
        '(--jobs)--jobs=[How many to ask for at once]:nothing: ' \
        '1: : _devpi_values requirement'
}

_devpi-download() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to download from, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--dir -d)--dir=[Folder to download into]:folder:_files -/' \
        '(--dir -d)-d+[Folder to download into]:folder:_files -/' \
        '*--pattern=[Only files whose name matches]:nothing: ' \
        '(--sdist)--sdist[Only sdists]' \
        '(--wheel)--wheel[Only wheels]' \
        '(--python)--python=[Only the file that pip would choose for this Python, such as 3.11]:nothing: ' \
        '(--platform)--platform=[Only the file that pip would choose for this platform, such as win_amd64]:nothing: ' \
        '(--deps)--deps[Also download the dependencies, as pip or uv resolves them]' \
        '(--installer)--installer=[With --deps\: program that resolves them]:value:(auto pip uv)' \
        '(--skip-existing)--skip-existing[Skip files whose names exist already, without comparing them]' \
        '(--output -O)--output=[Write one file to FILE; - is standard output]:file:_files' \
        '(--output -O)-O+[Write one file to FILE; - is standard output]:file:_files' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '(--jobs)--jobs=[How many to download at once]:nothing: ' \
        '*: : _devpi_values requirement'
}

_devpi-show() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to look at, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--readme)--readme[Show the description]' \
        '(--toxresults -t)--toxresults[Show the tox results of each file]' \
        '(--toxresults -t)-t[Show the tox results of each file]' \
        '(--all-indexes)--all-indexes[Show which other indexes of the server have the release]' \
        '(--jobs)--jobs=[How many to ask for at once]:nothing: ' \
        '1: : _devpi_values requirement' \
        '*: : _devpi_values field'
}

_devpi-search() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to search, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--names)--names[Search names only, without devpi-web]' \
        '(--mirrors)--mirrors[With --names\: also search mirrors, which may have many]' \
        '(--limit)--limit=[Show the first N]:nothing: ' \
        '*: : _devpi_values project'
}

_devpi-open() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to open, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--docs)--docs[Open the documentation of the release]' \
        '(--url)--url[Only print the URL]' \
        '1: : _devpi_values requirement'
}

_devpi-why() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to ask, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--python)--python=[Choose for this version of Python, such as 3.11]:nothing: ' \
        '(--platform)--platform=[Choose for this platform, such as win_amd64]:nothing: ' \
        '(--ask-mirrors)--ask-mirrors[Also ask hidden mirrors; their upstream learns the name]' \
        '(--jobs)--jobs=[How many to ask for at once]:nothing: ' \
        '1: : _devpi_values release'
}

_devpi-wait() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to ask, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--files)--files=[Number of files to wait for]:nothing: ' \
        '*--replica=[Also wait for this replica]:nothing: ' \
        '(--gone)--gone[Wait until the release cannot be installed any more]' \
        '(--for)--for=[Give up waiting after this time]:nothing: ' \
        '(--interval)--interval=[Interval between requests]:nothing: ' \
        '1: : _devpi_values release'
}

_devpi-copy() {
    _arguments -s -S : $devpi_everywhere \
        '*--requirement=[Copy the releases that FILE lists]:file:_files' \
        '*-r+[Copy the releases that FILE lists]:file:_files' \
        '(--all)--all[Copy all projects]' \
        '(--latest)--latest[Copy only the newest release of each project]' \
        '(--no-docs)--no-docs[Copy no documentation]' \
        '(--no-tox)--no-tox[Copy no tox results]' \
        '(--overwrite)--overwrite[Replace files of the same name that differ]' \
        '(--delete)--delete[Remove what only the target has; asks first]' \
        '(--keep-going)--keep-going[Copy the other files if some differ or fail]' \
        '(--index-page)--index-page[Write pages that make the folder an index for pip]' \
        '(--log)--log=[Append a line of JSON for each file to FILE]:file:_files' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '(--jobs)--jobs=[How many to copy at once]:nothing: ' \
        '1: : _devpi_values place' \
        '2: : _devpi_values place' \
        '*: : _devpi_values requirement'
}

_devpi-diff() {
    _arguments -s -S : $devpi_everywhere \
        '(--metadata)--metadata[Also compare the metadata of releases that both have]' \
        '(--exit-code)--exit-code[Exit with status 7 if there is a difference]' \
        '(--jobs)--jobs=[How many to ask for at once]:nothing: ' \
        '1: : _devpi_values place' \
        '2: : _devpi_values place' \
        '*: : _devpi_values requirement'
}

_devpi-verify() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to verify, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--quick)--quick[Only check that the files exist; download nothing]' \
        '(--names)--names[Compare names with those of mirrors; files only with --quick, too]' \
        '(--resume)--resume=[Record verified files in FILE, and skip those already in it]:file:_files' \
        '(--jobs)--jobs=[How many to verify at once]:nothing: ' \
        '*: : _devpi_values requirement'
}

_devpi-push() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to push from, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--all)--all[Push all releases of NAME, not only the newest]' \
        '(--no-docs)--no-docs[Push no documentation, only distributions]' \
        '(--only-docs)--only-docs[Push documentation only]' \
        '(--pypirc)--pypirc=[The .pypirc to read]:file:_files' \
        '(--register-project)--register-project[Register the project at pypi\:REPO first]' \
        '(--skip-existing)--skip-existing[Skip releases that TARGET already has; fail if files differ]' \
        '(--dry-run -n)--dry-run[Show what would be pushed; change nothing]' \
        '(--dry-run -n)-n[Show what would be pushed; change nothing]' \
        '(--wait)--wait[Wait until pip can install what was sent]' \
        '*--replica=[Also wait for this replica]:nothing: ' \
        '(--for)--for=[Give up waiting after this time]:nothing: ' \
        '1: : _devpi_values release' \
        '*: : _devpi_values target'
}

_devpi-refresh() {
    _arguments -s -S : $devpi_everywhere \
        '*--requirement=[Refresh the packages that FILE lists]:file:_files' \
        '*-r+[Refresh the packages that FILE lists]:file:_files' \
        '(--all)--all[Refresh all projects of the mirrors]' \
        '(--index)--index=[Index to refresh, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '*: : _devpi_values project'
}

_devpi-remove() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to remove from, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--force -f)--force[Also remove from a non-volatile index]' \
        '(--force -f)-f[Also remove from a non-volatile index]' \
        '(--missing-ok)--missing-ok[Succeed if there is nothing to remove]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '(--jobs)--jobs=[How many to remove at once]:nothing: ' \
        '1: : _devpi_values requirement'
}

_devpi-prune() {
    _arguments -s -S : $devpi_everywhere \
        '(--index)--index=[Index to clean up, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--keep-last)--keep-last=[Keep the N newest of each project]:nothing: ' \
        '(--keep-within)--keep-within=[Keep releases uploaded within this time, such as 90d]:nothing: ' \
        '*--keep-in=[Keep releases that are also on this index]:index: _devpi_values index' \
        '*--keep=[Keep releases that match]:requirement: _devpi_values requirement' \
        '(--only)--only=[Consider development releases, all pre-releases, or all releases]:value:(dev pre all)' \
        '(--max)--max=[Remove nothing if more releases would be removed]:nothing: ' \
        '(--policy)--policy=[Read the rules from a TOML file; without FILE, those stored with the index]:file:_files' \
        '(--save-policy)--save-policy[Store the rules with the index; remove nothing]' \
        '(--archive)--archive=[First download what is removed to DIR]:folder:_files -/' \
        '(--force -f)--force[Also clean up a non-volatile index, or the cache of a mirror]' \
        '(--force -f)-f[Also clean up a non-volatile index, or the cache of a mirror]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '(--jobs)--jobs=[How many to ask for and remove at once]:nothing: ' \
        '*: : _devpi_values project'
}

_devpi-env() {
    _arguments -s -S : $devpi_everywhere \
        '(--shell)--shell=[Syntax to print]:value:(bash fish powershell github gitlab)' \
        '(--login --no-login)--login[Put the login into the URLs, or not]' \
        '(--login --no-login)--no-login[Put the login into the URLs, or not]' \
        '(--keyring)--keyring[Let pip and uv get the login from keyring, so that no variable has it]' \
        '(--index)--index=[Index to point pip and uv to, as NAME, USER/NAME or URL]:index: _devpi_values index'
}

_devpi-install() {
    _arguments -s -S : $devpi_everywhere \
        '*--requirement=[Install what a requirements file lists]:file:_files' \
        '*-r+[Install what a requirements file lists]:file:_files' \
        '*--editable=[Install a project in editable mode]:file:_files' \
        '*-e+[Install a project in editable mode]:file:_files' \
        '(--list -l)--list[List the installed packages]' \
        '(--list -l)-l[List the installed packages]' \
        '(--venv)--venv=[Install into this virtual environment; - ignores the remembered one]:folder:_files -/' \
        '(--installer)--installer=[Program to install with]:value:(auto pip uv)' \
        '(--index)--index=[Index to install from, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--only-index)--only-index[Install from this index only, whatever pip and uv are told elsewhere]' \
        '(--dry-run -n)--dry-run[Let pip or uv show what they would install; change nothing]' \
        '(--dry-run -n)-n[Let pip or uv show what they would install; change nothing]' \
        '*: : _devpi_package'
}

_devpi-test() {
    _arguments -s -S : $devpi_everywhere \
        '(-e)-e+[Tox environments to run]:environments: _devpi_values environments' \
        '(-c)-c+[Tox configuration to use]:file:_files' \
        '(--fallback-ini)--fallback-ini=[Tox configuration for packages that have none]:file:_files' \
        '(--tox-args)--tox-args=[More arguments for tox, quoted as one argument]:nothing: ' \
        '(--allow-unverified)--allow-unverified[Also test files that the index has no hash to verify by]' \
        '(--no-upload)--no-upload[Do not attach the results to the files]' \
        '(--index)--index=[Index to take releases from, as NAME, USER/NAME or URL]:index: _devpi_values index' \
        '(--select -s)--select=[Test the files whose names match, for any platform]:nothing: ' \
        '(--select -s)-s+[Test the files whose names match, for any platform]:nothing: ' \
        '(--list -l --dry-run -n)--list[Show what would be tested; change nothing]' \
        '(--list -l --dry-run -n)-l[Show what would be tested; change nothing]' \
        '(--list -l --dry-run -n)--dry-run[Show what would be tested; change nothing]' \
        '(--list -l --dry-run -n)-n[Show what would be tested; change nothing]' \
        '*: : _devpi_values requirement'
}

_devpi-quickstart() {
    _arguments -s -S : $devpi_everywhere \
        '(--user)--user=[Name of the user to create]:nothing: ' \
        '(--port)--port=[Port of the server]:nothing: ' \
        '(--mirror-url)--mirror-url=[What root/pypi mirrors]:nothing: '
}

_devpi-server() {
    local curcontext=$curcontext context state state_descr line ret=1
    local -A opt_args
    local -a commands=(
        'backup:Copy a server to a new folder while it runs, and compare every file with its hashes'
        'check:Compare every file of a server with its hashes, and name those that are wrong or missing'
        'config:Print or write settings for what runs a server, or for nginx in front of it'
        'doctor:Check owners, modes, space, secret, root'\''s password, storage and lag of a server'
        'export:Export all users, indexes and files of a server to a new folder, and verify them'
        'import:Make a new server from an export, and compare everything in it with the export'
        'init:Make the data of a new server: private, with a password for root, and with a secret of its own'
        'log:Show the last lines of the server'\''s log'
        'passwd:Show or set the password of a user of this server'
        'replica:Make and start a replica, and wait until it has all changes of its primary'
        'restore:Make a server from a backup in a new folder, and compare every file with its hashes'
        'run:Run a server in the foreground, for containers, systemd and terminals'
        'start:Start the server in the background if it is not running: quickstart'\''s, or that of a serverdir'
        'status:Show whether the server is running, its URL, and where its data is'
        'stop:Stop the server if it is running: quickstart'\''s, or that of a serverdir'
        'upgrade:Say whether the installed devpi-server can use the data as it is; then back up, restart and check it'
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

_devpi-server-backup() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--copy --hard-links)--copy[Copy the files, or link to the server'\''s]' \
        '(--copy --hard-links)--hard-links[Copy the files, or link to the server'\''s]' \
        '(--dry-run -n)--dry-run[Show what would be backed up; change nothing]' \
        '(--dry-run -n)-n[Show what would be backed up; change nothing]' \
        '1: :_files -/'
}

_devpi-server-check() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--concurrency)--concurrency[Try instead whether the storage keeps uploads that arrive at once]'
}

_devpi-server-config() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--host)--host=[Address that the server listens on]:nothing: ' \
        '(--port)--port=[Port that it listens on]:nothing: ' \
        '(--secretfile)--secretfile=[File with its secret]:file:_files' \
        '(--user)--user=[User that runs it]:nothing: ' \
        '(--outside-url)--outside-url=[URL that clients use; for nginx]:nothing: ' \
        '*--replica=[With nginx\: send reads to it]:nothing: ' \
        '(--certificate)--certificate=[With nginx\: certificate]:file:_files' \
        '(--key)--key=[With nginx\: key of the certificate]:file:_files' \
        '(-o --output)-o+[Write a new file to this folder instead of printing it]:folder:_files -/' \
        '(-o --output)--output=[Write a new file to this folder instead of printing it]:folder:_files -/' \
        '1: :(systemd nginx launchd yml)'
}

_devpi-server-doctor() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--secretfile)--secretfile=[File with the secret of the server]:file:_files'
}

_devpi-server-export() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--include-mirrored-files)--include-mirrored-files[Also export the files that mirrors have fetched]' \
        '(--hard-links)--hard-links[Link to the server'\''s files instead of copying them]' \
        '(--dry-run -n)--dry-run[Show what would be exported; change nothing]' \
        '(--dry-run -n)-n[Show what would be exported; change nothing]' \
        '1: :_files -/'
}

_devpi-server-import() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--root-password-stdin)--root-password-stdin[Read the password of root from standard input]' \
        '(--root-passwd)--root-passwd=[Password of root; others can see it in '\''ps'\'']:nothing: ' \
        '(--root-passwd-hash)--root-passwd-hash=[Hash of root'\''s password, as devpi-server makes it]:nothing: ' \
        '(--no-root-pypi)--no-root-pypi[Do not create root/pypi]' \
        '*--drop-mirrored=[With --no-root-pypi\: drop its files, too]:nothing: ' \
        '*--skip-import-type=[Leave out indexes of this type]:nothing: ' \
        '(--drop-bases)--drop-bases[Remove bases that do not exist from the indexes]' \
        '(--hard-links)--hard-links[Link to the files of the export instead of copying them]' \
        '(--events --no-events)--events[Wait until the search index is up to date]' \
        '(--events --no-events)--no-events[Wait until the search index is up to date]' \
        '(--accept-data-loss)--accept-data-loss[Use a storage that is known to lose uploads (pg8000)]' \
        '(--dry-run -n)--dry-run[Verify the export and show what would be imported; change nothing]' \
        '(--dry-run -n)-n[Verify the export and show what would be imported; change nothing]' \
        '1: :_files -/'
}

_devpi-server-init() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--root-password-stdin)--root-password-stdin[Read the password of root from standard input]' \
        '(--root-passwd)--root-passwd=[Password of root; others can see it in '\''ps'\'']:nothing: ' \
        '(--root-passwd-hash)--root-passwd-hash=[Hash of root'\''s password, as devpi-server makes it]:nothing: ' \
        '(--no-root-pypi)--no-root-pypi[Do not create root/pypi, a mirror of PyPI]' \
        '(--role)--role=[Role of the server; a primary can have replicas]:value:(auto primary replica standalone)' \
        '(--primary-url)--primary-url=[URL of the primary, for a replica]:nothing: ' \
        '(--secretfile)--secretfile=[Copy the secret from this file]:file:_files' \
        '(--no-stretching)--no-stretching[Do not stretch the secret, which is random\: the server starts at once]' \
        '(--accept-data-loss)--accept-data-loss[Use a storage that is known to lose uploads (pg8000)]' \
        '(--dry-run -n)--dry-run[Show what would be made; change nothing]' \
        '(--dry-run -n)-n[Show what would be made; change nothing]'
}

_devpi-server-log() {
    _arguments -s -S : $devpi_everywhere \
        '(--lines -n)--lines=[Number of lines]:nothing: ' \
        '(--lines -n)-n+[Number of lines]:nothing: ' \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: '
}

_devpi-server-passwd() {
    _arguments -s -S : $devpi_everywhere \
        '(--set -s)--set[Set a new password; you are asked for it]' \
        '(--set -s)-s[Set a new password; you are asked for it]' \
        '(--password-stdin)--password-stdin[Set a new password, read from standard input]' \
        '(--dry-run -n)--dry-run[Show what would be done; change nothing]' \
        '(--dry-run -n)-n[Show what would be done; change nothing]' \
        '1: : _devpi_values user'
}

_devpi-server-replica() {
    _arguments -s -S : $devpi_everywhere \
        '(--primary --primary-url)--primary=[URL of the primary]:nothing: ' \
        '(--primary --primary-url)--primary-url=[URL of the primary]:nothing: ' \
        '(--secretfile)--secretfile=[A copy of the primary'\''s file with its secret]:file:_files' \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--host)--host=[Address to listen on]:nothing: ' \
        '(--port)--port=[Port to listen on]:nothing: ' \
        '(--no-stretching)--no-stretching[Do not stretch the secret, which is random\: the server starts at once]' \
        '(--accept-data-loss)--accept-data-loss[Use a storage that is known to lose uploads (pg8000)]' \
        '(--for)--for=[Give up after this time]:nothing: ' \
        '(--dry-run -n)--dry-run[Ask the primary and show what would be made; change nothing]' \
        '(--dry-run -n)-n[Ask the primary and show what would be made; change nothing]'
}

_devpi-server-restore() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--copy --hard-links)--copy[Copy the files, or link to the backup'\''s]' \
        '(--copy --hard-links)--hard-links[Copy the files, or link to the backup'\''s]' \
        '(--dry-run -n)--dry-run[Show what would be restored; change nothing]' \
        '(--dry-run -n)-n[Show what would be restored; change nothing]' \
        '1: :_files -/'
}

_devpi-server-run() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--host)--host=[Address to listen on]:nothing: ' \
        '(--port)--port=[Port to listen on]:nothing: ' \
        '(--secretfile)--secretfile=[File with the secret of the server]:file:_files' \
        '(--accept-data-loss)--accept-data-loss[Use a storage that is known to lose uploads (pg8000)]' \
        '(--dry-run -n)--dry-run[Show what would be run; start nothing]' \
        '(--dry-run -n)-n[Show what would be run; start nothing]' \
        '*: : '
}

_devpi-server-start() {
    _arguments -s -S : $devpi_everywhere \
        '(--port)--port=[Port to listen on]:nothing: ' \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--host)--host=[With --serverdir\: address to listen on]:nothing: ' \
        '(--secretfile)--secretfile=[With --serverdir\: its secret]:file:_files' \
        '(--accept-data-loss)--accept-data-loss[Use a storage that is known to lose uploads (pg8000)]'
}

_devpi-server-status() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: '
}

_devpi-server-stop() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: '
}

_devpi-server-upgrade() {
    _arguments -s -S : $devpi_everywhere \
        '(-c --configfile)-c+[Settings file of devpi-server]:file:_files' \
        '(-c --configfile)--configfile=[Settings file of devpi-server]:file:_files' \
        '(--serverdir)--serverdir=[Data of the server]:folder:_files -/' \
        '(--storage)--storage=[Storage of the server]:nothing: ' \
        '(--backup)--backup=[New folder for the backup that is made first]:folder:_files -/' \
        '(--dry-run -n)--dry-run[Show whether the data can be used as it is; change nothing]' \
        '(--dry-run -n)-n[Show whether the data can be used as it is; change nothing]'
}

_devpi-completion() {
    local curcontext=$curcontext context state state_descr line ret=1
    local -A opt_args
    local -a commands=(
        'bash:Print the script for bash'
        'fish:Print the script for fish'
        'install:Install the completion script where SHELL looks for it'
        'powershell:Print the script for PowerShell'
        'zsh:Print the script for zsh'
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
        '(--dry-run -n)--dry-run[Show what would be written; change nothing]' \
        '(--dry-run -n)-n[Show what would be written; change nothing]' \
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
        '(--clientdir)--clientdir=[Directory for the client'\''s state]:folder:_files -/'
        '(--quiet -q)--quiet[Print only results and errors]'
        '(--quiet -q)-q[Print only results and errors]'
        '(--verbose -v)--verbose[Print more details]'
        '(--verbose -v)-v[Print more details]'
        '(--debug)--debug[Log every request; show tracebacks]'
        '(--yes -y)--yes[Answer yes to every question]'
        '(--yes -y)-y[Answer yes to every question]'
        '(--no-input)--no-input[Never ask for input]'
        '(--json)--json[Print the result as one JSON document]'
        '(--pretty --plain)--pretty[Print for people or for programs]'
        '(--pretty --plain)--plain[Print for people or for programs]'
        '(--timeout)--timeout=[How long to wait for the server to send anything]:nothing: '
        '(--deadline)--deadline=[Total time for a request, file transfers apart]:nothing: '
        '(--retries)--retries=[How often to retry when the server fails]:nothing: '
        '(--ca-bundle)--ca-bundle=[Also trust the CAs in FILE]:file:_files'
        '(--as-root)--as-root[Act as root, on the server that quickstart set up]'
        '(--insecure)--insecure[Do not verify TLS certificates]'
        '(-h --help)-h[Show this message and exit]'
        '(-h --help)--help[Show this message and exit]'
    )
    _devpi-
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _devpi "$@"
else
    compdef _devpi devpi
fi
