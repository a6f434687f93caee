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
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --from --passwords' 'user user-setting+' ''
        case 'devpi passwd'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' 'user' ''
        case 'devpi index'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' 'index-or-setting setting+' ''
        case 'devpi apply'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --passwords --output -o' 'file' ''
        case 'devpi getjson'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' 'path' ''
        case 'devpi patchjson'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' 'path file' ''
        case 'devpi upload'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --formats --installer --docs --python -p --jobs --replica --for' 'file+' ''
        case 'devpi list'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --jobs' 'requirement' ''
        case 'devpi download'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --dir -d --pattern --python --platform --installer --output -O --jobs' 'requirement+' ''
        case 'devpi show'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --jobs' 'requirement field+' ''
        case 'devpi search'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --limit' 'project+' ''
        case 'devpi open'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index' 'requirement' ''
        case 'devpi why'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --python --platform --jobs' 'release' ''
        case 'devpi wait'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --files --replica --for --interval' 'release' ''
        case 'devpi copy'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --requirement -r --log --jobs' 'place place requirement+' ''
        case 'devpi diff'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --jobs' 'place place requirement+' ''
        case 'devpi verify'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --resume --jobs' 'requirement+' ''
        case 'devpi push'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --pypirc --replica --for' 'release target+' ''
        case 'devpi refresh'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --requirement -r --index' 'project+' ''
        case 'devpi remove'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --jobs' 'requirement' ''
        case 'devpi prune'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --index --keep-last --keep-within --keep-in --keep --only --max --policy --archive --jobs' 'project+' ''
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
        case 'devpi server backup'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage' 'folder' ''
        case 'devpi server check'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage' '' ''
        case 'devpi server config'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage --host --port --secretfile --user --outside-url --replica --certificate --key -o --output' ':systemd:nginx:launchd:yml' ''
        case 'devpi server doctor'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage --secretfile' '' ''
        case 'devpi server export'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage' 'folder' ''
        case 'devpi server import'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage --root-passwd --root-passwd-hash --drop-mirrored --skip-import-type' 'folder' ''
        case 'devpi server init'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage --root-passwd --root-passwd-hash --role --primary-url --secretfile' '' ''
        case 'devpi server log'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --lines -n -c --configfile --serverdir --storage' '' ''
        case 'devpi server passwd'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle' 'user' ''
        case 'devpi server replica'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --primary --primary-url --secretfile -c --configfile --serverdir --storage --host --port --for' '' ''
        case 'devpi server restore'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage' 'folder' ''
        case 'devpi server run'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage --host --port --secretfile' 'nothing+' ''
        case 'devpi server start'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle --port -c --configfile --serverdir --storage --host --secretfile' '' ''
        case 'devpi server status'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage' '' ''
        case 'devpi server stop'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage' '' ''
        case 'devpi server upgrade'
            printf '%s\n' '--clientdir --timeout --deadline --retries --ca-bundle -c --configfile --serverdir --storage --backup' '' ''
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
                'use'\t'Choose the server and index to work with, or show them' \
                'login'\t'Log in to the server in use' \
                'whoami'\t'Show the name of the logged-in user' \
                'status'\t'Show the server, its role and versions, the login and the index' \
                'token'\t'Create, list, delete, derive and inspect API tokens, or log in with one' \
                'logoff'\t'Log out of the server in use' \
                'logout'\t'Log out of the server in use' \
                'user'\t'Create, show, modify, delete or list users' \
                'passwd'\t'Change the password of a user' \
                'index'\t'Create, show, modify, delete or list indexes' \
                'apply'\t'Make users and indexes match a TOML file' \
                'getjson'\t'Show the JSON that a server returns for a path or URL' \
                'patchjson'\t'Send JSON from a file to a path on the server' \
                'upload'\t'Build and upload the project in this folder, or upload files' \
                'list'\t'List the projects of an index, or the files of a project' \
                'download'\t'Download files of releases from an index and its bases' \
                'show'\t'Show the metadata, files and history of a release' \
                'search'\t'Find projects on an index and its bases by words' \
                'open'\t'Open the page of an index, a project or a release in a browser' \
                'why'\t'Explain which index answers for a project, and what pip would choose' \
                'wait'\t'Wait until pip can install a release from an index' \
                'copy'\t'Copy releases from one index or folder to another' \
                'diff'\t'Compare the files of two indexes or folders by SHA-256' \
                'verify'\t'Verify that an index has what it lists, and that nothing else has its names' \
                'push'\t'Push releases from one index to another, on this server or elsewhere' \
                'refresh'\t'Make mirrors ask their upstream again for the files of packages' \
                'remove'\t'Remove a project, some of its releases, or one file from an index' \
                'prune'\t'Remove old releases from an index, by rules that say which stay' \
                'env'\t'Print the environment variables that point pip and uv to an index' \
                'install'\t'Install packages from an index with pip or uv' \
                'test'\t'Test releases with tox and attach the results to their files' \
                'quickstart'\t'Set up your own server on this machine and start using it' \
                'server'\t'Start, stop, check and export a server on this machine' \
                'completion'\t'Set up shell completion of commands, options and names on the server' \
                'doctor'\t'Check state, server, login, index, pip and uv, and report what is wrong' \
                'help'\t'Show a help topic, or the help of a command'
        case 'devpi token'
            printf '%s\n' \
                'create'\t'Create a token on the server for yourself or, as root, for another user' \
                'delete'\t'Delete tokens; tokens derived from them become invalid, too' \
                'derive'\t'Derive a more restricted token from another one, without asking a server' \
                'inspect'\t'Show the user, id and restrictions of a token' \
                'list'\t'List the tokens of a user with their restrictions' \
                'login'\t'Log in with a token that the server accepts'
        case 'devpi server'
            printf '%s\n' \
                'backup'\t'Copy a server to a new folder while it runs, and compare every file with its hashes' \
                'check'\t'Compare every file of a server with its hashes, and name those that are wrong or missing' \
                'config'\t'Print or write settings for what runs a server, or for nginx in front of it' \
                'doctor'\t'Check owners, modes, space, secret, root\'s password, storage and lag of a server' \
                'export'\t'Export all users, indexes and files of a server to a new folder, and verify them' \
                'import'\t'Make a new server from an export, and compare everything in it with the export' \
                'init'\t'Make the data of a new server: private, with a password for root, and with a secret of its own' \
                'log'\t'Show the last lines of the server\'s log' \
                'passwd'\t'Show or set the password of a user of this server' \
                'replica'\t'Make and start a replica, and wait until it has all changes of its primary' \
                'restore'\t'Make a server from a backup in a new folder, and compare every file with its hashes' \
                'run'\t'Run a server in the foreground, for containers, systemd and terminals' \
                'start'\t'Start the server in the background if it is not running: quickstart\'s, or that of a serverdir' \
                'status'\t'Show whether the server is running, its URL, and where its data is' \
                'stop'\t'Stop the server if it is running: quickstart\'s, or that of a serverdir' \
                'upgrade'\t'Say whether the installed devpi-server can use the data as it is; then back up, restart and check it'
        case 'devpi completion'
            printf '%s\n' \
                'bash'\t'Print the script for bash' \
                'fish'\t'Print the script for fish' \
                'install'\t'Install the completion script where SHELL looks for it' \
                'powershell'\t'Print the script for PowerShell' \
                'zsh'\t'Print the script for zsh'
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
complete -c devpi -l clientdir -x -a '(__fish_complete_directories)' -d 'Directory for the client\'s state'
complete -c devpi -l quiet -s q -d 'Print only results and errors'
complete -c devpi -l verbose -s v -d 'Print more details'
complete -c devpi -l debug -d 'Log every request; show tracebacks'
complete -c devpi -l yes -s y -d 'Answer yes to every question'
complete -c devpi -l no-input -d 'Never ask for input'
complete -c devpi -l json -d 'Print the result as one JSON document'
complete -c devpi -l pretty -l plain -d 'Print for people or for programs'
complete -c devpi -l timeout -x -d 'How long to wait for the server to send anything'
complete -c devpi -l deadline -x -d 'Total time for a request, file transfers apart'
complete -c devpi -l retries -x -d 'How often to retry when the server fails'
complete -c devpi -l ca-bundle -r -F -d 'Also trust the CAs in FILE'
complete -c devpi -l as-root -d 'Act as root, on the server that quickstart set up'
complete -c devpi -l insecure -d 'Do not verify TLS certificates'
complete -c devpi -s h -l help -d 'Show this message and exit'
complete -c devpi -n '__devpi_in devpi' -l version -s V -d 'Show the version and plugins; with -v also the server\'s versions'
complete -c devpi -n '__devpi_in devpi use' -l list -s l -d 'List all indexes of the server'
complete -c devpi -n '__devpi_in devpi use' -l user -s u -x -a '(__devpi_values user)' -d 'Act as USER; with --list, show only USER\'s indexes'
complete -c devpi -n '__devpi_in devpi use' -l urls -d 'Show the URLs behind the index'
complete -c devpi -n '__devpi_in devpi use' -l delete -d 'Forget the server and index in use; logins are kept'
complete -c devpi -n '__devpi_in devpi use' -l local -d 'From now on, store the choice in the active virtual environment'
complete -c devpi -n '__devpi_in devpi use' -l venv -x -a '(__fish_complete_directories)' -d 'From now on, configure and install in this virtual environment; - forgets it'
complete -c devpi -n '__devpi_in devpi use' -l client-cert -r -F -d 'Present this certificate (PEM, with key) to the server; \'\' forgets it'
complete -c devpi -n '__devpi_in devpi use' -l set-cfg -d 'Configure pip, uv and others for the index in use'
complete -c devpi -n '__devpi_in devpi use' -l always-set-cfg -x -a 'yes no' -d 'Whether every \'devpi use\' does --set-cfg'
complete -c devpi -n '__devpi_in devpi use' -l pip-set-trusted -s t -x -a 'yes no auto' -d 'With --set-cfg: let pip trust the host without TLS; auto: for http, unless it is this machine'
complete -c devpi -n '__devpi_in devpi use' -l keyring -d 'With --set-cfg: let pip and uv get the login from keyring'
complete -c devpi -n '__devpi_in devpi use' -l diff -d 'Show what --set-cfg or --undo would change in the files; change nothing'
complete -c devpi -n '__devpi_in devpi use' -l undo -d 'Restore the files that --set-cfg changed'
complete -c devpi -n '__devpi_in devpi use' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi login' -l password -x -d 'The password; --password-stdin is safer'
complete -c devpi -n '__devpi_in devpi login' -l password-stdin -d 'Read the password from standard input'
complete -c devpi -n '__devpi_in devpi login' -l store -d 'Also store the password in the keyring, where twine finds it, too'
complete -c devpi -n '__devpi_in devpi whoami' -l index -x -a '(__devpi_values index)' -d 'Index to ask at, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi status' -l index -x -a '(__devpi_values index)' -d 'Index to show, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi token create' -l user -s u -x -a '(__devpi_values user)' -d 'Owner of the token'
complete -c devpi -n '__devpi_in devpi token create' -l allowed -s a -x -d 'Allow only these'
complete -c devpi -n '__devpi_in devpi token create' -l indexes -s i -x -a '(__devpi_values index)' -d 'Only these indexes'
complete -c devpi -n '__devpi_in devpi token create' -l projects -s p -x -d 'Only these projects'
complete -c devpi -n '__devpi_in devpi token create' -l expires -s e -x -d 'When the token expires: 30d, 12h, 2027-01-31, seconds since the epoch, or never'
complete -c devpi -n '__devpi_in devpi token create' -l output -s o -r -F -d 'Write the token to FILE (0600)'
complete -c devpi -n '__devpi_in devpi token create' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi token delete' -l user -s u -x -a '(__devpi_values user)' -d 'Owner of the token'
complete -c devpi -n '__devpi_in devpi token delete' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi token derive' -l file -s f -r -F -d 'File with the token; - for standard input'
complete -c devpi -n '__devpi_in devpi token derive' -l allowed -s a -x -d 'Allow only these'
complete -c devpi -n '__devpi_in devpi token derive' -l indexes -s i -x -a '(__devpi_values index)' -d 'Only these indexes'
complete -c devpi -n '__devpi_in devpi token derive' -l projects -s p -x -d 'Only these projects'
complete -c devpi -n '__devpi_in devpi token derive' -l expires -s e -x -d 'When the token expires: 30d, 12h, 2027-01-31, seconds since the epoch, or never'
complete -c devpi -n '__devpi_in devpi token derive' -l output -s o -r -F -d 'Write the token to FILE (0600)'
complete -c devpi -n '__devpi_in devpi token inspect' -l file -s f -r -F -d 'File with the token; - for standard input'
complete -c devpi -n '__devpi_in devpi token list' -l user -s u -x -a '(__devpi_values user)' -d 'Owner of the token'
complete -c devpi -n '__devpi_in devpi token login' -l file -s f -r -F -d 'File with the token; - for standard input'
complete -c devpi -n '__devpi_in devpi logoff' -l forget -d 'Also remove the password from the keyring'
complete -c devpi -n '__devpi_in devpi logout' -l forget -d 'Also remove the password from the keyring'
complete -c devpi -n '__devpi_in devpi user' -l create -s c -d 'Create a user'
complete -c devpi -n '__devpi_in devpi user' -l delete -d 'Delete a user and its volatile indexes'
complete -c devpi -n '__devpi_in devpi user' -l modify -s m -d 'Modify a user'
complete -c devpi -n '__devpi_in devpi user' -l list -s l -d 'List the names of all users'
complete -c devpi -n '__devpi_in devpi user' -l exist-ok -d 'With --create: if the user exists, update it'
complete -c devpi -n '__devpi_in devpi user' -l missing-ok -d 'With --delete: succeed if there is no such user'
complete -c devpi -n '__devpi_in devpi user' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi user' -l password-stdin -d 'Read the password of a new user from standard input'
complete -c devpi -n '__devpi_in devpi user' -l allow-empty-password -d 'Let a password be empty'
complete -c devpi -n '__devpi_in devpi user' -l from -r -F -d 'With --create: create all users of a CSV file'
complete -c devpi -n '__devpi_in devpi user' -l passwords -r -F -d 'Write the passwords made for new users to FILE (0600)'
complete -c devpi -n '__devpi_in devpi passwd' -l password-stdin -d 'Read the new password from standard input'
complete -c devpi -n '__devpi_in devpi passwd' -l allow-empty-password -d 'Let a password be empty'
complete -c devpi -n '__devpi_in devpi passwd' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi index' -l create -s c -d 'Create an index'
complete -c devpi -n '__devpi_in devpi index' -l delete -d 'Delete an index and everything on it'
complete -c devpi -n '__devpi_in devpi index' -l list -s l -d 'List the indexes of the logged-in user, or of USER'
complete -c devpi -n '__devpi_in devpi index' -l exist-ok -d 'With --create: if the index exists, update it'
complete -c devpi -n '__devpi_in devpi index' -l missing-ok -d 'With --delete: succeed if there is no such index'
complete -c devpi -n '__devpi_in devpi index' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi index' -l no-projects -d 'Do not ask for the projects of the index; faster for mirrors'
complete -c devpi -n '__devpi_in devpi apply' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi apply' -l exit-code -d 'With -n: exit with status 7 if something would change'
complete -c devpi -n '__devpi_in devpi apply' -l prune -d 'Remove empty indexes that FILE leaves out, of users it names; asks first'
complete -c devpi -n '__devpi_in devpi apply' -l passwords -r -F -d 'Write the passwords made for new users to FILE (0600)'
complete -c devpi -n '__devpi_in devpi apply' -l export -d 'Describe the server as it is'
complete -c devpi -n '__devpi_in devpi apply' -l output -s o -r -F -d 'Export to FILE'
complete -c devpi -n '__devpi_in devpi patchjson' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi upload' -l index -x -a '(__devpi_values index)' -d 'Index to upload to, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi upload' -l from-dir -d 'FILE may be a folder: upload all distributions in and below it'
complete -c devpi -n '__devpi_in devpi upload' -l only-latest -d 'Upload only the newest version of each project'
complete -c devpi -n '__devpi_in devpi upload' -l dry-run -s n -d 'Show what would be uploaded; change nothing'
complete -c devpi -n '__devpi_in devpi upload' -l skip-existing -d 'Skip files already on the index; fail if one differs'
complete -c devpi -n '__devpi_in devpi upload' -l check -l no-check -d 'First check the files as twine does, and mirrors for the same projects'
complete -c devpi -n '__devpi_in devpi upload' -l sdist -l no-sdist -d 'Build only an sdist, or none'
complete -c devpi -n '__devpi_in devpi upload' -l wheel -l no-wheel -d 'Build only a wheel, or none'
complete -c devpi -n '__devpi_in devpi upload' -l formats -x -d 'What to build, such as sdist.zip,bdist_egg; deprecated'
complete -c devpi -n '__devpi_in devpi upload' -l no-isolation -d 'Build without an isolated environment'
complete -c devpi -n '__devpi_in devpi upload' -l installer -x -a 'auto pip uv' -d 'Program to fill that environment'
complete -c devpi -n '__devpi_in devpi upload' -l no-vcs -l vcs -d 'Build in the folder itself, not in a copy of the tracked files'
complete -c devpi -n '__devpi_in devpi upload' -l setupdir-only -l no-setupdir-only -d 'Copy only this folder to build in, without history'
complete -c devpi -n '__devpi_in devpi upload' -l with-docs -d 'Also build the documentation with Sphinx, and upload it'
complete -c devpi -n '__devpi_in devpi upload' -l only-docs -d 'Upload only documentation'
complete -c devpi -n '__devpi_in devpi upload' -l docs -x -a '(__fish_complete_directories)' -d 'Also upload the pages in DIR as documentation'
complete -c devpi -n '__devpi_in devpi upload' -l python -s p -x -d 'Build with this Python'
complete -c devpi -n '__devpi_in devpi upload' -l jobs -x -d 'How many to send at once'
complete -c devpi -n '__devpi_in devpi upload' -l wait -d 'Wait until pip can install what was sent'
complete -c devpi -n '__devpi_in devpi upload' -l replica -x -d 'Also wait for this replica'
complete -c devpi -n '__devpi_in devpi upload' -l for -x -d 'Give up waiting after this time'
complete -c devpi -n '__devpi_in devpi list' -l index -x -a '(__devpi_values index)' -d 'Index to look at, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi list' -l all -d 'Show all versions, not only the three newest'
complete -c devpi -n '__devpi_in devpi list' -l ignore-bases -d 'Leave out what comes from the bases of the index'
complete -c devpi -n '__devpi_in devpi list' -l toxresults -s t -d 'Show the tox results of each file'
complete -c devpi -n '__devpi_in devpi list' -l failures -s f -d 'Show the tox results with the output of failed commands'
complete -c devpi -n '__devpi_in devpi list' -l jobs -x -d 'How many to ask for at once'
complete -c devpi -n '__devpi_in devpi download' -l index -x -a '(__devpi_values index)' -d 'Index to download from, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi download' -l dir -s d -x -a '(__fish_complete_directories)' -d 'Folder to download into'
complete -c devpi -n '__devpi_in devpi download' -l pattern -x -d 'Only files whose name matches'
complete -c devpi -n '__devpi_in devpi download' -l sdist -d 'Only sdists'
complete -c devpi -n '__devpi_in devpi download' -l wheel -d 'Only wheels'
complete -c devpi -n '__devpi_in devpi download' -l python -x -d 'Only the file that pip would choose for this Python, such as 3.11'
complete -c devpi -n '__devpi_in devpi download' -l platform -x -d 'Only the file that pip would choose for this platform, such as win_amd64'
complete -c devpi -n '__devpi_in devpi download' -l deps -d 'Also download the dependencies, as pip or uv resolves them'
complete -c devpi -n '__devpi_in devpi download' -l installer -x -a 'auto pip uv' -d 'With --deps: program that resolves them'
complete -c devpi -n '__devpi_in devpi download' -l skip-existing -d 'Skip files whose names exist already, without comparing them'
complete -c devpi -n '__devpi_in devpi download' -l output -s O -r -F -d 'Write one file to FILE; - is standard output'
complete -c devpi -n '__devpi_in devpi download' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi download' -l jobs -x -d 'How many to download at once'
complete -c devpi -n '__devpi_in devpi show' -l index -x -a '(__devpi_values index)' -d 'Index to look at, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi show' -l readme -d 'Show the description'
complete -c devpi -n '__devpi_in devpi show' -l toxresults -s t -d 'Show the tox results of each file'
complete -c devpi -n '__devpi_in devpi show' -l all-indexes -d 'Show which other indexes of the server have the release'
complete -c devpi -n '__devpi_in devpi show' -l jobs -x -d 'How many to ask for at once'
complete -c devpi -n '__devpi_in devpi search' -l index -x -a '(__devpi_values index)' -d 'Index to search, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi search' -l names -d 'Search names only, without devpi-web'
complete -c devpi -n '__devpi_in devpi search' -l mirrors -d 'With --names: also search mirrors, which may have many'
complete -c devpi -n '__devpi_in devpi search' -l limit -x -d 'Show the first N'
complete -c devpi -n '__devpi_in devpi open' -l index -x -a '(__devpi_values index)' -d 'Index to open, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi open' -l docs -d 'Open the documentation of the release'
complete -c devpi -n '__devpi_in devpi open' -l url -d 'Only print the URL'
complete -c devpi -n '__devpi_in devpi why' -l index -x -a '(__devpi_values index)' -d 'Index to ask, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi why' -l python -x -d 'Choose for this version of Python, such as 3.11'
complete -c devpi -n '__devpi_in devpi why' -l platform -x -d 'Choose for this platform, such as win_amd64'
complete -c devpi -n '__devpi_in devpi why' -l ask-mirrors -d 'Also ask hidden mirrors; their upstream learns the name'
complete -c devpi -n '__devpi_in devpi why' -l jobs -x -d 'How many to ask for at once'
complete -c devpi -n '__devpi_in devpi wait' -l index -x -a '(__devpi_values index)' -d 'Index to ask, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi wait' -l files -x -d 'Number of files to wait for'
complete -c devpi -n '__devpi_in devpi wait' -l replica -x -d 'Also wait for this replica'
complete -c devpi -n '__devpi_in devpi wait' -l gone -d 'Wait until the release cannot be installed any more'
complete -c devpi -n '__devpi_in devpi wait' -l for -x -d 'Give up waiting after this time'
complete -c devpi -n '__devpi_in devpi wait' -l interval -x -d 'Interval between requests'
complete -c devpi -n '__devpi_in devpi copy' -l requirement -s r -r -F -d 'Copy the releases that FILE lists'
complete -c devpi -n '__devpi_in devpi copy' -l all -d 'Copy all projects'
complete -c devpi -n '__devpi_in devpi copy' -l latest -d 'Copy only the newest release of each project'
complete -c devpi -n '__devpi_in devpi copy' -l no-docs -d 'Copy no documentation'
complete -c devpi -n '__devpi_in devpi copy' -l no-tox -d 'Copy no tox results'
complete -c devpi -n '__devpi_in devpi copy' -l overwrite -d 'Replace files of the same name that differ'
complete -c devpi -n '__devpi_in devpi copy' -l delete -d 'Remove what only the target has; asks first'
complete -c devpi -n '__devpi_in devpi copy' -l keep-going -d 'Copy the other files if some differ or fail'
complete -c devpi -n '__devpi_in devpi copy' -l index-page -d 'Write pages that make the folder an index for pip'
complete -c devpi -n '__devpi_in devpi copy' -l log -r -F -d 'Append a line of JSON for each file to FILE'
complete -c devpi -n '__devpi_in devpi copy' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi copy' -l jobs -x -d 'How many to copy at once'
complete -c devpi -n '__devpi_in devpi diff' -l metadata -d 'Also compare the metadata of releases that both have'
complete -c devpi -n '__devpi_in devpi diff' -l exit-code -d 'Exit with status 7 if there is a difference'
complete -c devpi -n '__devpi_in devpi diff' -l jobs -x -d 'How many to ask for at once'
complete -c devpi -n '__devpi_in devpi verify' -l index -x -a '(__devpi_values index)' -d 'Index to verify, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi verify' -l quick -d 'Only check that the files exist; download nothing'
complete -c devpi -n '__devpi_in devpi verify' -l names -d 'Compare names with those of mirrors; files only with --quick, too'
complete -c devpi -n '__devpi_in devpi verify' -l resume -r -F -d 'Record verified files in FILE, and skip those already in it'
complete -c devpi -n '__devpi_in devpi verify' -l jobs -x -d 'How many to verify at once'
complete -c devpi -n '__devpi_in devpi push' -l index -x -a '(__devpi_values index)' -d 'Index to push from, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi push' -l all -d 'Push all releases of NAME, not only the newest'
complete -c devpi -n '__devpi_in devpi push' -l no-docs -d 'Push no documentation, only distributions'
complete -c devpi -n '__devpi_in devpi push' -l only-docs -d 'Push documentation only'
complete -c devpi -n '__devpi_in devpi push' -l pypirc -r -F -d 'The .pypirc to read'
complete -c devpi -n '__devpi_in devpi push' -l register-project -d 'Register the project at pypi:REPO first'
complete -c devpi -n '__devpi_in devpi push' -l skip-existing -d 'Skip releases that TARGET already has; fail if files differ'
complete -c devpi -n '__devpi_in devpi push' -l dry-run -s n -d 'Show what would be pushed; change nothing'
complete -c devpi -n '__devpi_in devpi push' -l wait -d 'Wait until pip can install what was sent'
complete -c devpi -n '__devpi_in devpi push' -l replica -x -d 'Also wait for this replica'
complete -c devpi -n '__devpi_in devpi push' -l for -x -d 'Give up waiting after this time'
complete -c devpi -n '__devpi_in devpi refresh' -l requirement -s r -r -F -d 'Refresh the packages that FILE lists'
complete -c devpi -n '__devpi_in devpi refresh' -l all -d 'Refresh all projects of the mirrors'
complete -c devpi -n '__devpi_in devpi refresh' -l index -x -a '(__devpi_values index)' -d 'Index to refresh, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi refresh' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi remove' -l index -x -a '(__devpi_values index)' -d 'Index to remove from, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi remove' -l force -s f -d 'Also remove from a non-volatile index'
complete -c devpi -n '__devpi_in devpi remove' -l missing-ok -d 'Succeed if there is nothing to remove'
complete -c devpi -n '__devpi_in devpi remove' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi remove' -l jobs -x -d 'How many to remove at once'
complete -c devpi -n '__devpi_in devpi prune' -l index -x -a '(__devpi_values index)' -d 'Index to clean up, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi prune' -l keep-last -x -d 'Keep the N newest of each project'
complete -c devpi -n '__devpi_in devpi prune' -l keep-within -x -d 'Keep releases uploaded within this time, such as 90d'
complete -c devpi -n '__devpi_in devpi prune' -l keep-in -x -a '(__devpi_values index)' -d 'Keep releases that are also on this index'
complete -c devpi -n '__devpi_in devpi prune' -l keep -x -a '(__devpi_values requirement)' -d 'Keep releases that match'
complete -c devpi -n '__devpi_in devpi prune' -l only -x -a 'dev pre all' -d 'Consider development releases, all pre-releases, or all releases'
complete -c devpi -n '__devpi_in devpi prune' -l max -x -d 'Remove nothing if more releases would be removed'
complete -c devpi -n '__devpi_in devpi prune' -l policy -r -F -d 'Read the rules from a TOML file; without FILE, those stored with the index'
complete -c devpi -n '__devpi_in devpi prune' -l save-policy -d 'Store the rules with the index; remove nothing'
complete -c devpi -n '__devpi_in devpi prune' -l archive -x -a '(__fish_complete_directories)' -d 'First download what is removed to DIR'
complete -c devpi -n '__devpi_in devpi prune' -l force -s f -d 'Also clean up a non-volatile index, or the cache of a mirror'
complete -c devpi -n '__devpi_in devpi prune' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi prune' -l jobs -x -d 'How many to ask for and remove at once'
complete -c devpi -n '__devpi_in devpi env' -l shell -x -a 'bash fish powershell github gitlab' -d 'Syntax to print'
complete -c devpi -n '__devpi_in devpi env' -l login -l no-login -d 'Put the login into the URLs, or not'
complete -c devpi -n '__devpi_in devpi env' -l keyring -d 'Let pip and uv get the login from keyring, so that no variable has it'
complete -c devpi -n '__devpi_in devpi env' -l index -x -a '(__devpi_values index)' -d 'Index to point pip and uv to, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi install' -l requirement -s r -r -F -d 'Install what a requirements file lists'
complete -c devpi -n '__devpi_in devpi install' -l editable -s e -r -F -d 'Install a project in editable mode'
complete -c devpi -n '__devpi_in devpi install' -l list -s l -d 'List the installed packages'
complete -c devpi -n '__devpi_in devpi install' -l venv -x -a '(__fish_complete_directories)' -d 'Install into this virtual environment; - ignores the remembered one'
complete -c devpi -n '__devpi_in devpi install' -l installer -x -a 'auto pip uv' -d 'Program to install with'
complete -c devpi -n '__devpi_in devpi install' -l index -x -a '(__devpi_values index)' -d 'Index to install from, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi install' -l only-index -d 'Install from this index only, whatever pip and uv are told elsewhere'
complete -c devpi -n '__devpi_in devpi install' -l dry-run -s n -d 'Let pip or uv show what they would install; change nothing'
complete -c devpi -n '__devpi_in devpi test' -s e -x -a '(__devpi_values environments)' -d 'Tox environments to run'
complete -c devpi -n '__devpi_in devpi test' -s c -r -F -d 'Tox configuration to use'
complete -c devpi -n '__devpi_in devpi test' -l fallback-ini -r -F -d 'Tox configuration for packages that have none'
complete -c devpi -n '__devpi_in devpi test' -l tox-args -x -d 'More arguments for tox, quoted as one argument'
complete -c devpi -n '__devpi_in devpi test' -l allow-unverified -d 'Also test files that the index has no hash to verify by'
complete -c devpi -n '__devpi_in devpi test' -l no-upload -d 'Do not attach the results to the files'
complete -c devpi -n '__devpi_in devpi test' -l index -x -a '(__devpi_values index)' -d 'Index to take releases from, as NAME, USER/NAME or URL'
complete -c devpi -n '__devpi_in devpi test' -l select -s s -x -d 'Test the files whose names match, for any platform'
complete -c devpi -n '__devpi_in devpi test' -l list -s l -l dry-run -s n -d 'Show what would be tested; change nothing'
complete -c devpi -n '__devpi_in devpi quickstart' -l user -x -d 'Name of the user to create'
complete -c devpi -n '__devpi_in devpi quickstart' -l port -x -d 'Port of the server'
complete -c devpi -n '__devpi_in devpi quickstart' -l mirror-url -x -d 'What root/pypi mirrors'
complete -c devpi -n '__devpi_in devpi server backup' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server backup' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server backup' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server backup' -l copy -l hard-links -d 'Copy the files, or link to the server\'s'
complete -c devpi -n '__devpi_in devpi server backup' -l dry-run -s n -d 'Show what would be backed up; change nothing'
complete -c devpi -n '__devpi_in devpi server check' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server check' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server check' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server check' -l concurrency -d 'Try instead whether the storage keeps uploads that arrive at once'
complete -c devpi -n '__devpi_in devpi server config' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server config' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server config' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server config' -l host -x -d 'Address that the server listens on'
complete -c devpi -n '__devpi_in devpi server config' -l port -x -d 'Port that it listens on'
complete -c devpi -n '__devpi_in devpi server config' -l secretfile -r -F -d 'File with its secret'
complete -c devpi -n '__devpi_in devpi server config' -l user -x -d 'User that runs it'
complete -c devpi -n '__devpi_in devpi server config' -l outside-url -x -d 'URL that clients use; for nginx'
complete -c devpi -n '__devpi_in devpi server config' -l replica -x -d 'With nginx: send reads to it'
complete -c devpi -n '__devpi_in devpi server config' -l certificate -r -F -d 'With nginx: certificate'
complete -c devpi -n '__devpi_in devpi server config' -l key -r -F -d 'With nginx: key of the certificate'
complete -c devpi -n '__devpi_in devpi server config' -s o -l output -x -a '(__fish_complete_directories)' -d 'Write a new file to this folder instead of printing it'
complete -c devpi -n '__devpi_in devpi server doctor' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server doctor' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server doctor' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server doctor' -l secretfile -r -F -d 'File with the secret of the server'
complete -c devpi -n '__devpi_in devpi server export' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server export' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server export' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server export' -l include-mirrored-files -d 'Also export the files that mirrors have fetched'
complete -c devpi -n '__devpi_in devpi server export' -l hard-links -d 'Link to the server\'s files instead of copying them'
complete -c devpi -n '__devpi_in devpi server export' -l dry-run -s n -d 'Show what would be exported; change nothing'
complete -c devpi -n '__devpi_in devpi server import' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server import' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server import' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server import' -l root-password-stdin -d 'Read the password of root from standard input'
complete -c devpi -n '__devpi_in devpi server import' -l root-passwd -x -d 'Password of root; others can see it in \'ps\''
complete -c devpi -n '__devpi_in devpi server import' -l root-passwd-hash -x -d 'Hash of root\'s password, as devpi-server makes it'
complete -c devpi -n '__devpi_in devpi server import' -l no-root-pypi -d 'Do not create root/pypi'
complete -c devpi -n '__devpi_in devpi server import' -l drop-mirrored -x -d 'With --no-root-pypi: drop its files, too'
complete -c devpi -n '__devpi_in devpi server import' -l skip-import-type -x -d 'Leave out indexes of this type'
complete -c devpi -n '__devpi_in devpi server import' -l drop-bases -d 'Remove bases that do not exist from the indexes'
complete -c devpi -n '__devpi_in devpi server import' -l hard-links -d 'Link to the files of the export instead of copying them'
complete -c devpi -n '__devpi_in devpi server import' -l events -l no-events -d 'Wait until the search index is up to date'
complete -c devpi -n '__devpi_in devpi server import' -l accept-data-loss -d 'Use a storage that is known to lose uploads (pg8000)'
complete -c devpi -n '__devpi_in devpi server import' -l dry-run -s n -d 'Verify the export and show what would be imported; change nothing'
complete -c devpi -n '__devpi_in devpi server init' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server init' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server init' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server init' -l root-password-stdin -d 'Read the password of root from standard input'
complete -c devpi -n '__devpi_in devpi server init' -l root-passwd -x -d 'Password of root; others can see it in \'ps\''
complete -c devpi -n '__devpi_in devpi server init' -l root-passwd-hash -x -d 'Hash of root\'s password, as devpi-server makes it'
complete -c devpi -n '__devpi_in devpi server init' -l no-root-pypi -d 'Do not create root/pypi, a mirror of PyPI'
complete -c devpi -n '__devpi_in devpi server init' -l role -x -a 'auto primary replica standalone' -d 'Role of the server; a primary can have replicas'
complete -c devpi -n '__devpi_in devpi server init' -l primary-url -x -d 'URL of the primary, for a replica'
complete -c devpi -n '__devpi_in devpi server init' -l secretfile -r -F -d 'Copy the secret from this file'
complete -c devpi -n '__devpi_in devpi server init' -l no-stretching -d 'Do not stretch the secret, which is random: the server starts at once'
complete -c devpi -n '__devpi_in devpi server init' -l accept-data-loss -d 'Use a storage that is known to lose uploads (pg8000)'
complete -c devpi -n '__devpi_in devpi server init' -l dry-run -s n -d 'Show what would be made; change nothing'
complete -c devpi -n '__devpi_in devpi server log' -l lines -s n -x -d 'Number of lines'
complete -c devpi -n '__devpi_in devpi server log' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server log' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server log' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server passwd' -l set -s s -d 'Set a new password; you are asked for it'
complete -c devpi -n '__devpi_in devpi server passwd' -l password-stdin -d 'Set a new password, read from standard input'
complete -c devpi -n '__devpi_in devpi server passwd' -l dry-run -s n -d 'Show what would be done; change nothing'
complete -c devpi -n '__devpi_in devpi server replica' -l primary -l primary-url -x -d 'URL of the primary'
complete -c devpi -n '__devpi_in devpi server replica' -l secretfile -r -F -d 'A copy of the primary\'s file with its secret'
complete -c devpi -n '__devpi_in devpi server replica' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server replica' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server replica' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server replica' -l host -x -d 'Address to listen on'
complete -c devpi -n '__devpi_in devpi server replica' -l port -x -d 'Port to listen on'
complete -c devpi -n '__devpi_in devpi server replica' -l no-stretching -d 'Do not stretch the secret, which is random: the server starts at once'
complete -c devpi -n '__devpi_in devpi server replica' -l accept-data-loss -d 'Use a storage that is known to lose uploads (pg8000)'
complete -c devpi -n '__devpi_in devpi server replica' -l for -x -d 'Give up after this time'
complete -c devpi -n '__devpi_in devpi server replica' -l dry-run -s n -d 'Ask the primary and show what would be made; change nothing'
complete -c devpi -n '__devpi_in devpi server restore' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server restore' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server restore' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server restore' -l copy -l hard-links -d 'Copy the files, or link to the backup\'s'
complete -c devpi -n '__devpi_in devpi server restore' -l dry-run -s n -d 'Show what would be restored; change nothing'
complete -c devpi -n '__devpi_in devpi server run' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server run' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server run' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server run' -l host -x -d 'Address to listen on'
complete -c devpi -n '__devpi_in devpi server run' -l port -x -d 'Port to listen on'
complete -c devpi -n '__devpi_in devpi server run' -l secretfile -r -F -d 'File with the secret of the server'
complete -c devpi -n '__devpi_in devpi server run' -l accept-data-loss -d 'Use a storage that is known to lose uploads (pg8000)'
complete -c devpi -n '__devpi_in devpi server run' -l dry-run -s n -d 'Show what would be run; start nothing'
complete -c devpi -n '__devpi_in devpi server start' -l port -x -d 'Port to listen on'
complete -c devpi -n '__devpi_in devpi server start' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server start' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server start' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server start' -l host -x -d 'With --serverdir: address to listen on'
complete -c devpi -n '__devpi_in devpi server start' -l secretfile -r -F -d 'With --serverdir: its secret'
complete -c devpi -n '__devpi_in devpi server start' -l accept-data-loss -d 'Use a storage that is known to lose uploads (pg8000)'
complete -c devpi -n '__devpi_in devpi server status' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server status' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server status' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server stop' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server stop' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server stop' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server upgrade' -s c -l configfile -r -F -d 'Settings file of devpi-server'
complete -c devpi -n '__devpi_in devpi server upgrade' -l serverdir -x -a '(__fish_complete_directories)' -d 'Data of the server'
complete -c devpi -n '__devpi_in devpi server upgrade' -l storage -x -d 'Storage of the server'
complete -c devpi -n '__devpi_in devpi server upgrade' -l backup -x -a '(__fish_complete_directories)' -d 'New folder for the backup that is made first'
complete -c devpi -n '__devpi_in devpi server upgrade' -l dry-run -s n -d 'Show whether the data can be used as it is; change nothing'
complete -c devpi -n '__devpi_in devpi completion install' -l dry-run -s n -d 'Show what would be written; change nothing'
