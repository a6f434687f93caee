# Completion of devpi for fish, made by 'devpi completion fish'.

# Print what a command takes: its options with a value, the kinds of its arguments, whether it has subcommands.
function __devpi_command
    switch "$argv"
        case 'devpi'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' 'commands'
        case 'devpi use'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --user -u --venv --client-cert --always-set-cfg --pip-set-trusted -t' 'index' ''
        case 'devpi login'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --password' 'user' ''
        case 'devpi whoami'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index' '' ''
        case 'devpi status'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index' '' ''
        case 'devpi token'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' 'commands'
        case 'devpi token create'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --user -u --allowed -a --indexes -i --projects -p --expires -e --output -o' '' ''
        case 'devpi token delete'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --user -u' 'nothing+' ''
        case 'devpi token derive'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --file -f --allowed -a --indexes -i --projects -p --expires -e --output -o' '' ''
        case 'devpi token inspect'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --file -f' '' ''
        case 'devpi token list'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --user -u' '' ''
        case 'devpi token login'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --file -f' '' ''
        case 'devpi logoff'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' ''
        case 'devpi logout'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' ''
        case 'devpi user'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' 'user user-setting+' ''
        case 'devpi passwd'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' 'user' ''
        case 'devpi index'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' 'index-or-setting setting+' ''
        case 'devpi getjson'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' 'path' ''
        case 'devpi patchjson'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' 'path file' ''
        case 'devpi upload'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --formats --installer --docs --python -p --jobs' 'file+' ''
        case 'devpi list'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --jobs' 'requirement' ''
        case 'devpi push'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --pypirc' 'release target+' ''
        case 'devpi refresh'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --requirement -r --index' 'project+' ''
        case 'devpi remove'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --jobs' 'requirement' ''
        case 'devpi env'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --shell --index' '' ''
        case 'devpi install'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --requirement -r --editable -e --venv --installer --index' 'package+' ''
        case 'devpi test'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -e -c --fallback-ini --tox-args --index --select -s' 'requirement+' ''
        case 'devpi quickstart'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --user --port --mirror-url' '' ''
        case 'devpi server'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' 'commands'
        case 'devpi server log'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --lines -n' '' ''
        case 'devpi server start'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --port' '' ''
        case 'devpi server status'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' ''
        case 'devpi server stop'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' ''
        case 'devpi completion'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' 'commands'
        case 'devpi completion bash'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' ''
        case 'devpi completion fish'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' ''
        case 'devpi completion install'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' ':bash:zsh:fish:powershell' ''
        case 'devpi completion powershell'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' ''
        case 'devpi completion zsh'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' ''
        case 'devpi doctor'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' '' ''
        case 'devpi help'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' 'plugin+' ''
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
        case 'devpi'
            printf '%s\n' \
                'use'\t'Choose the server and index to work with, or show them.' \
                'login'\t'Log in to the server in use.' \
                'whoami'\t'Show the name of the logged-in user.' \
                'status'\t'Show the server, its role and versions, the login and the index.' \
                'token'\t'Create, list, delete, derive and inspect API tokens, or log in with one.' \
                'logoff'\t'Log out of the server in use.' \
                'logout'\t'Log out of the server in use.' \
                'user'\t'Create, show, modify, delete or list users.' \
                'passwd'\t'Change the password of a user.' \
                'index'\t'Create, show, modify, delete or list indexes.' \
                'getjson'\t'Show the JSON that a server returns for a path or URL.' \
                'patchjson'\t'Send JSON from a file to a path on the server.' \
                'upload'\t'Build and upload the project in this folder, or upload files.' \
                'list'\t'List the projects of an index, or the files of a project.' \
                'push'\t'Push releases from one index to another, on this server or elsewhere.' \
                'refresh'\t'Make mirrors ask their upstream again which files packages have.' \
                'remove'\t'Remove a project, some of its releases, or one file from an index.' \
                'env'\t'Print the environment variables that point pip and uv to an index.' \
                'install'\t'Install packages from an index with pip or uv.' \
                'test'\t'Test releases with tox and attach the results to their files.' \
                'quickstart'\t'Set up your own server on this machine and start using it.' \
                'server'\t'Start, stop or inspect the server that quickstart set up.' \
                'completion'\t'Set up shell completion of commands, options and names on the server.' \
                'doctor'\t'Check state, server, login, index, pip and uv, and report what is wrong.' \
                'help'\t'Show a help topic, or the help of a command.'
        case 'devpi token'
            printf '%s\n' \
                'create'\t'Create a token on the server for yourself or, as root, for another user.' \
                'delete'\t'Delete tokens; tokens derived from them become invalid, too.' \
                'derive'\t'Derive a more restricted token from another one, without asking a server.' \
                'inspect'\t'Show the user, id and restrictions of a token.' \
                'list'\t'List the tokens of a user with their restrictions.' \
                'login'\t'Log in with a token that the server accepts.'
        case 'devpi server'
            printf '%s\n' \
                'log'\t'Show the last lines of the server\'s log.' \
                'start'\t'Start the server if it is not running.' \
                'status'\t'Show whether the server is running, its URL, and where its data is.' \
                'stop'\t'Stop the server if it is running.'
        case 'devpi completion'
            printf '%s\n' \
                'bash'\t'Print the script for bash.' \
                'fish'\t'Print the script for fish.' \
                'install'\t'Install the completion script where SHELL looks for it.' \
                'powershell'\t'Print the script for PowerShell.' \
                'zsh'\t'Print the script for zsh.'
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
complete -c devpi -l clientdir -x -a '(__fish_complete_directories)' -d 'Directory for the client\'s state.'
complete -c devpi -l quiet -s q -d 'Print only results and errors.'
complete -c devpi -l verbose -s v -d 'Print more details.'
complete -c devpi -l debug -d 'Log every request; show tracebacks.'
complete -c devpi -l yes -s y -d 'Answer yes to every question.'
complete -c devpi -l no-input -d 'Never ask for input.'
complete -c devpi -l json -d 'Print the result as one JSON document.'
complete -c devpi -l timeout -x -d 'How long to wait for the server to send anything. [60]'
complete -c devpi -l deadline -x -d 'Total time for a request, except for file transfers. [600]'
complete -c devpi -l retries -x -d 'How often to retry when the server fails. [3]'
complete -c devpi -l ca-bundle -r -F -d 'Also trust the CAs in FILE.'
complete -c devpi -l insecure -d 'Do not verify TLS certificates.'
complete -c devpi -s h -l help -d 'Show this message and exit.'
complete -c devpi -n '__devpi_in devpi' -l version -d 'Show the version and plugins; with -v also the server\'s versions.'
complete -c devpi -n '__devpi_in devpi use' -l list -s l -d 'List all indexes of the server.'
complete -c devpi -n '__devpi_in devpi use' -l user -s u -x -a '(__devpi_values user)' -d 'Act as USER; with --list, show only USER\'s indexes.'
complete -c devpi -n '__devpi_in devpi use' -l urls -d 'Show the URLs behind the index.'
complete -c devpi -n '__devpi_in devpi use' -l delete -d 'Forget the server and index in use; logins are kept.'
complete -c devpi -n '__devpi_in devpi use' -l local -d 'From now on, store the choice in the active virtual environment.'
complete -c devpi -n '__devpi_in devpi use' -l venv -x -a '(__fish_complete_directories)' -d 'From now on, configure and install in this virtual environment; - forgets it.'
complete -c devpi -n '__devpi_in devpi use' -l client-cert -r -F -d 'Present this certificate (PEM, with key) to the server; \'\' forgets it.'
complete -c devpi -n '__devpi_in devpi use' -l set-cfg -d 'Configure pip, uv and others for the index in use.'
complete -c devpi -n '__devpi_in devpi use' -l always-set-cfg -x -a 'yes no' -d 'Whether every \'devpi use\' does --set-cfg.'
complete -c devpi -n '__devpi_in devpi use' -l pip-set-trusted -s t -x -a 'yes no auto' -d 'With --set-cfg: let pip trust the host without TLS; auto: for http, unless it is this machine. [auto]'
complete -c devpi -n '__devpi_in devpi use' -l diff -d 'Show what --set-cfg or --undo would change in the files, and change nothing.'
complete -c devpi -n '__devpi_in devpi use' -l undo -d 'Restore the files that --set-cfg changed.'
complete -c devpi -n '__devpi_in devpi use' -l dry-run -s n -d 'Show what would be done; change nothing.'
complete -c devpi -n '__devpi_in devpi login' -l password -x -d 'The password; --password-stdin is safer.'
complete -c devpi -n '__devpi_in devpi login' -l password-stdin -d 'Read the password from standard input.'
complete -c devpi -n '__devpi_in devpi login' -l store -d 'Also store the password in the keyring, where twine finds it, too.'
complete -c devpi -n '__devpi_in devpi whoami' -l index -x -a '(__devpi_values index)' -d 'Index to ask at, as NAME, USER/NAME or URL. [the one in use]'
complete -c devpi -n '__devpi_in devpi status' -l index -x -a '(__devpi_values index)' -d 'Index to show, as NAME, USER/NAME or URL. [the one in use]'
complete -c devpi -n '__devpi_in devpi token create' -l user -s u -x -a '(__devpi_values user)' -d 'Owner of the token. [the logged-in user]'
complete -c devpi -n '__devpi_in devpi token create' -l allowed -s a -x -d 'Allow only these. Comma-separated, repeatable.'
complete -c devpi -n '__devpi_in devpi token create' -l indexes -s i -x -a '(__devpi_values index)' -d 'Only these indexes. Comma-separated, repeatable.'
complete -c devpi -n '__devpi_in devpi token create' -l projects -s p -x -d 'Only these projects. Comma-separated, repeatable.'
complete -c devpi -n '__devpi_in devpi token create' -l expires -s e -x -d '30d, 12h, 2027-01-31, seconds since the epoch, or never.'
complete -c devpi -n '__devpi_in devpi token create' -l output -s o -r -F -d 'Write the token to FILE (0600). [stdout]'
complete -c devpi -n '__devpi_in devpi token create' -l dry-run -s n -d 'Show what would be done; change nothing.'
complete -c devpi -n '__devpi_in devpi token delete' -l user -s u -x -a '(__devpi_values user)' -d 'Owner of the token. [the logged-in user]'
complete -c devpi -n '__devpi_in devpi token delete' -l dry-run -s n -d 'Show what would be done; change nothing.'
complete -c devpi -n '__devpi_in devpi token derive' -l file -s f -r -F -d 'File with the token; - for standard input. [the variable DEVPI_TOKEN]'
complete -c devpi -n '__devpi_in devpi token derive' -l allowed -s a -x -d 'Allow only these. Comma-separated, repeatable.'
complete -c devpi -n '__devpi_in devpi token derive' -l indexes -s i -x -a '(__devpi_values index)' -d 'Only these indexes. Comma-separated, repeatable.'
complete -c devpi -n '__devpi_in devpi token derive' -l projects -s p -x -d 'Only these projects. Comma-separated, repeatable.'
complete -c devpi -n '__devpi_in devpi token derive' -l expires -s e -x -d '30d, 12h, 2027-01-31, seconds since the epoch, or never.'
complete -c devpi -n '__devpi_in devpi token derive' -l output -s o -r -F -d 'Write the token to FILE (0600). [stdout]'
complete -c devpi -n '__devpi_in devpi token inspect' -l file -s f -r -F -d 'File with the token; - for standard input. [the variable DEVPI_TOKEN]'
complete -c devpi -n '__devpi_in devpi token list' -l user -s u -x -a '(__devpi_values user)' -d 'Owner of the token. [the logged-in user]'
complete -c devpi -n '__devpi_in devpi token login' -l file -s f -r -F -d 'File with the token; - for standard input. [the variable DEVPI_TOKEN]'
complete -c devpi -n '__devpi_in devpi logoff' -l forget -d 'Also remove the password from the keyring.'
complete -c devpi -n '__devpi_in devpi logout' -l forget -d 'Also remove the password from the keyring.'
complete -c devpi -n '__devpi_in devpi user' -l create -s c -d 'Create a user.'
complete -c devpi -n '__devpi_in devpi user' -l delete -d 'Delete a user and its volatile indexes.'
complete -c devpi -n '__devpi_in devpi user' -l modify -s m -d 'Modify a user.'
complete -c devpi -n '__devpi_in devpi user' -l list -s l -d 'List the names of all users.'
complete -c devpi -n '__devpi_in devpi user' -l exist-ok -d 'With --create: if the user exists, update it.'
complete -c devpi -n '__devpi_in devpi user' -l missing-ok -d 'With --delete: succeed if there is no such user.'
complete -c devpi -n '__devpi_in devpi user' -l dry-run -s n -d 'Show what would be done; change nothing.'
complete -c devpi -n '__devpi_in devpi user' -l password-stdin -d 'Read the password of a new user from standard input.'
complete -c devpi -n '__devpi_in devpi passwd' -l password-stdin -d 'Read the new password from standard input.'
complete -c devpi -n '__devpi_in devpi passwd' -l dry-run -s n -d 'Show what would be done; change nothing.'
complete -c devpi -n '__devpi_in devpi index' -l create -s c -d 'Create an index.'
complete -c devpi -n '__devpi_in devpi index' -l delete -d 'Delete an index and everything on it.'
complete -c devpi -n '__devpi_in devpi index' -l list -s l -d 'List the indexes of the logged-in user, or of USER.'
complete -c devpi -n '__devpi_in devpi index' -l exist-ok -d 'With --create: if the index exists, update it.'
complete -c devpi -n '__devpi_in devpi index' -l missing-ok -d 'With --delete: succeed if there is no such index.'
complete -c devpi -n '__devpi_in devpi index' -l dry-run -s n -d 'Show what would be done; change nothing.'
complete -c devpi -n '__devpi_in devpi index' -l no-projects -d 'Do not ask for the projects of the index; faster for mirrors.'
complete -c devpi -n '__devpi_in devpi patchjson' -l dry-run -s n -d 'Show what would be done; change nothing.'
complete -c devpi -n '__devpi_in devpi upload' -l index -x -a '(__devpi_values index)' -d 'Index to upload to, as NAME, USER/NAME or URL. [the one in use]'
complete -c devpi -n '__devpi_in devpi upload' -l from-dir -d 'FILE may be a folder: upload all distributions in and below it.'
complete -c devpi -n '__devpi_in devpi upload' -l only-latest -d 'Upload only the newest version of each project.'
complete -c devpi -n '__devpi_in devpi upload' -l dry-run -s n -d 'Show what would be uploaded, and change nothing.'
complete -c devpi -n '__devpi_in devpi upload' -l skip-existing -d 'Skip files already on the index; fail if one differs.'
complete -c devpi -n '__devpi_in devpi upload' -l check -l no-check -d 'First check the files as twine does, and mirrors for the same projects.'
complete -c devpi -n '__devpi_in devpi upload' -l sdist -l no-sdist -d 'Build only an sdist, or none.'
complete -c devpi -n '__devpi_in devpi upload' -l wheel -l no-wheel -d 'Build only a wheel, or none.'
complete -c devpi -n '__devpi_in devpi upload' -l formats -x -d 'sdist, bdist_wheel or both; deprecated.'
complete -c devpi -n '__devpi_in devpi upload' -l no-isolation -d 'Build without an isolated environment.'
complete -c devpi -n '__devpi_in devpi upload' -l installer -x -a 'auto pip uv' -d 'Program to fill that environment. [uv if there is one, else pip]'
complete -c devpi -n '__devpi_in devpi upload' -l no-vcs -l vcs -d 'Build in the folder itself, not in a copy of the tracked files.'
complete -c devpi -n '__devpi_in devpi upload' -l setupdir-only -l no-setupdir-only -d 'Copy only this folder to build in, without history.'
complete -c devpi -n '__devpi_in devpi upload' -l with-docs -d 'Also build the documentation with Sphinx, and upload it.'
complete -c devpi -n '__devpi_in devpi upload' -l only-docs -d 'Upload only documentation.'
complete -c devpi -n '__devpi_in devpi upload' -l docs -x -a '(__fish_complete_directories)' -d 'Also upload the pages in DIR as documentation.'
complete -c devpi -n '__devpi_in devpi upload' -l python -s p -x -d 'Build with this Python. [the active environment\'s, or devpi\'s own]'
complete -c devpi -n '__devpi_in devpi upload' -l jobs -x -d 'How many to send at once. [automatic]'
complete -c devpi -n '__devpi_in devpi list' -l index -x -a '(__devpi_values index)' -d 'Index to look at, as NAME, USER/NAME or URL. [the one in use]'
complete -c devpi -n '__devpi_in devpi list' -l all -d 'Show all versions, not just the newest.'
complete -c devpi -n '__devpi_in devpi list' -l ignore-bases -d 'Leave out what comes from the bases of the index.'
complete -c devpi -n '__devpi_in devpi list' -l toxresults -s t -d 'Show the tox results of each file.'
complete -c devpi -n '__devpi_in devpi list' -l failures -s f -d 'Show the tox results with the output of failed commands.'
complete -c devpi -n '__devpi_in devpi list' -l jobs -x -d 'How many to ask for at once. [automatic]'
complete -c devpi -n '__devpi_in devpi push' -l index -x -a '(__devpi_values index)' -d 'Index to push from, as NAME, USER/NAME or URL. [the one in use]'
complete -c devpi -n '__devpi_in devpi push' -l no-docs -d 'Push no documentation, only distributions.'
complete -c devpi -n '__devpi_in devpi push' -l only-docs -d 'Push documentation only.'
complete -c devpi -n '__devpi_in devpi push' -l pypirc -r -F -d 'The .pypirc to read. [~/.pypirc]'
complete -c devpi -n '__devpi_in devpi push' -l register-project -d 'Register the project at pypi:REPO first.'
complete -c devpi -n '__devpi_in devpi push' -l skip-existing -d 'Skip releases that TARGET already has; fail if files differ.'
complete -c devpi -n '__devpi_in devpi push' -l dry-run -s n -d 'Show what would be pushed, and change nothing.'
complete -c devpi -n '__devpi_in devpi refresh' -l requirement -s r -r -F -d 'Refresh the packages that FILE lists.'
complete -c devpi -n '__devpi_in devpi refresh' -l all -d 'Refresh all projects of the mirrors.'
complete -c devpi -n '__devpi_in devpi refresh' -l index -x -a '(__devpi_values index)' -d 'Index to refresh, as NAME, USER/NAME or URL. [the one in use]'
complete -c devpi -n '__devpi_in devpi refresh' -l dry-run -s n -d 'Show what would be done; change nothing.'
complete -c devpi -n '__devpi_in devpi remove' -l index -x -a '(__devpi_values index)' -d 'Index to remove from, as NAME, USER/NAME or URL. [the one in use]'
complete -c devpi -n '__devpi_in devpi remove' -l force -s f -d 'Also remove from a non-volatile index.'
complete -c devpi -n '__devpi_in devpi remove' -l missing-ok -d 'Succeed if there is nothing to remove.'
complete -c devpi -n '__devpi_in devpi remove' -l dry-run -s n -d 'Show what would be done; change nothing.'
complete -c devpi -n '__devpi_in devpi remove' -l jobs -x -d 'How many to remove at once. [automatic]'
complete -c devpi -n '__devpi_in devpi env' -l shell -x -a 'bash fish powershell github gitlab' -d 'Syntax to print. [that of $SHELL, or bash]'
complete -c devpi -n '__devpi_in devpi env' -l login -l no-login -d 'Put the login into the URLs, or not. [only if the index needs one]'
complete -c devpi -n '__devpi_in devpi env' -l index -x -a '(__devpi_values index)' -d 'Index to point pip and uv to, as NAME, USER/NAME or URL. [the one in use]'
complete -c devpi -n '__devpi_in devpi install' -l requirement -s r -r -F -d 'Install what a requirements file lists.'
complete -c devpi -n '__devpi_in devpi install' -l editable -s e -r -F -d 'Install a project in editable mode.'
complete -c devpi -n '__devpi_in devpi install' -l list -s l -d 'List the installed packages.'
complete -c devpi -n '__devpi_in devpi install' -l venv -x -a '(__fish_complete_directories)' -d 'Install into this virtual environment; - ignores the remembered one.'
complete -c devpi -n '__devpi_in devpi install' -l installer -x -a 'auto pip uv' -d 'Program to install with. [pip, or uv if there is no pip]'
complete -c devpi -n '__devpi_in devpi install' -l index -x -a '(__devpi_values index)' -d 'Index to install from, as NAME, USER/NAME or URL. [the one in use]'
complete -c devpi -n '__devpi_in devpi install' -l dry-run -s n -d 'Let pip or uv show what they would install, and change nothing.'
complete -c devpi -n '__devpi_in devpi test' -s e -x -a '(__devpi_values environments)' -d 'Tox environments to run. [those of the configuration]'
complete -c devpi -n '__devpi_in devpi test' -s c -r -F -d 'Tox configuration to use.'
complete -c devpi -n '__devpi_in devpi test' -l fallback-ini -r -F -d 'Tox configuration for packages that have none.'
complete -c devpi -n '__devpi_in devpi test' -l tox-args -x -d 'More arguments for tox, quoted as one argument.'
complete -c devpi -n '__devpi_in devpi test' -l no-upload -d 'Do not attach the results to the files.'
complete -c devpi -n '__devpi_in devpi test' -l index -x -a '(__devpi_values index)' -d 'Index to take releases from, as NAME, USER/NAME or URL. [the one in use]'
complete -c devpi -n '__devpi_in devpi test' -l select -s s -x -d 'Test the files whose names match, for any platform.'
complete -c devpi -n '__devpi_in devpi test' -l list -s l -l dry-run -s n -d 'Show what would be tested, and do nothing.'
complete -c devpi -n '__devpi_in devpi quickstart' -l user -x -d 'Name of the user to create. [your login name]'
complete -c devpi -n '__devpi_in devpi quickstart' -l port -x -d 'Port of the server. [3141, or the next free one]'
complete -c devpi -n '__devpi_in devpi quickstart' -l mirror-url -x -d 'What root/pypi mirrors. [https://pypi.org/simple/]'
complete -c devpi -n '__devpi_in devpi server log' -l lines -s n -x -d 'Number of lines.'
complete -c devpi -n '__devpi_in devpi server start' -l port -x -d 'Port to listen on. [the last one, or the next free one]'
complete -c devpi -n '__devpi_in devpi completion install' -l dry-run -s n -d 'Show what would be written, and change nothing.'
