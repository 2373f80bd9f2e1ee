# What the two shells of a session have in common, in any `sh` (dash, bash, busybox ash): POSIX only, no `local`, no `timeout`,
# no temporary file. Comment lines are removed before it is sent; `$nonce` and `$marker` are assigned before it. `$nonce` is
# not exported, so that no command can print a mark; `$marker` is, in the runner.

# Messages of the shell itself (bash reports children that were killed) must not come between the marks of a command: its
# own standard error is /dev/null, and the pipe is descriptor 3.
exec 3>&2 2>/dev/null

# Prints a mark on both streams, each in one write below PIPE_BUF, so that it is never mixed with other output. A command
# may have made the pipes non-blocking for all processes that share them; if a pipe is full, the write is tried again.
# On standard output last: lxcdiag answers that one, and the other must not follow what the answer starts.
mark() {
    for pause in 0.01 0.1 0.4; do
        printf '\036lxcdiag %s %s\036' "$nonce" "$1" >&3 && break
        sleep $pause
    done
    for pause in 0.01 0.1 0.4; do
        printf '\036lxcdiag %s %s\036' "$nonce" "$1" && break
        sleep $pause
    done
}

# Tells the other shell what this one does.
say() {
    printf %s "$1" >"/proc/$$/comm"
}

# Searches for a program as execvp does. `command -v` would also find builtins and the functions of this file, which exec
# cannot start.
find_program() {
    why=missing
    case $1 in
    '') return 1 ;;
    */*) is_program "$1" ;;
    *)
        for directory in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
            found=$directory/$1
            is_program "$found" && return 0
        done
        return 1
        ;;
    esac
}
is_program() {
    [ -e "$1" ] || return 1
    [ -x "$1" ] && [ ! -d "$1" ] && return 0
    why=denied
    return 1
}

# Kills the processes of the session that were started after `$before` was listed: those in `$group`, the runner's process
# group; with the marker in their environment; and with our pipes. Most commands leave none: then the same processes run as
# before, and nothing else is read.
sweep() {
    round=0
    while [ $round -lt 40 ]; do
        list_processes
        [ "$processes" != "$before" ] || return 0
        find_new
        victims=
        for entry in $new; do
            # `env -i setsid …` has no marker, but can disturb the next command only through our pipes.
            if is_marked "$entry" || is_in_group "$entry" || is_ours "$entry/fd/1" || is_ours "$entry/fd/2"; then
                victims="$victims ${entry#/proc/}"
            fi
        done
        if [ -z "$victims" ]; then
            before=$processes
            return 0
        fi
        # Stopped first: a shell whose child is killed first reports that on our pipes, or forks another. Processes that
        # were forked in the meantime are found in the next round.
        kill -STOP $victims
        kill -KILL $victims
        round=$((round + 1))
        [ $round -lt 10 ] || sleep 0.02
    done
}
# The processes, sorted.
list_processes() {
    set -- /proc/[0-9]*
    processes=$*
}
# Those that are not in `$before`, without this shell and its parent.
find_new() {
    new=
    set -- $before
    for entry in $processes; do
        while [ $# -gt 0 ] && [ "$1" \< "$entry" ]; do shift; done
        case $entry in
        "${1-}" | /proc/1 | "/proc/$$" | "/proc/$PPID") ;;
        *) new="$new $entry" ;;
        esac
    done
}
# The variables in `environ` end with NUL bytes, which `read` drops.
is_marked() {
    while read -r environ || [ -n "$environ" ]; do
        case $environ in
        *"LXCDIAG_SESSION=$marker"*) return 0 ;;
        esac
    done <"$1/environ"
    return 1
}
# A process that has ended and was not waited for is not counted. Process names in `status` have no line feeds.
is_in_group() {
    [ -n "$group" ] || return 1
    while read -r key value rest; do
        case $key$value in
        State:Z | State:X) return 1 ;;
        NSpgid:*) break ;;
        esac
    done <"$1/status"
    [ "$value" = "$group" ]
}
# Whether this is one of our output pipes. It must be a pipe: /dev/null, which many processes share, must never match. So
# the sweep must not run with its output redirected.
is_ours() {
    [ -p "$1" ] || return 1
    { [ -p "/proc/$$/fd/1" ] && [ "$1" -ef "/proc/$$/fd/1" ]; } ||
        { [ -p "/proc/$$/fd/3" ] && [ "$1" -ef "/proc/$$/fd/3" ]; }
}
