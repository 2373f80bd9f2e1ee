# The part of the executor that runs in the container, in any `sh` (dash, bash, busybox ash): POSIX only, no `local`, no
# `timeout`, no temporary file. Comment lines are removed before it is sent; `$nonce` and `$marker` are assigned before it.
# `$nonce` is not exported, so that no command can print a mark; `$marker` is, see below.

# pct passes its own PATH to the container, lxc-attach adds `container`, bash adds the rest.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TZ=UTC
cd /
umask 022
unset container HOME OLDPWD PWD SHLVL

# Every program that is started from here on has this in /proc/PID/environ; neither setsid nor a double fork removes it.
# The environ of this shell was fixed at its start, so the sweep never finds the shell itself.
export LXCDIAG_SESSION="$marker"

# Messages of the shell itself (bash reports children that were killed) must not come between the marks of a command: its
# own standard error is /dev/null, and the pipe is descriptor 3.
exec 3>&2 2>/dev/null

# Without a reader, writing a mark must fail, but not end the shell before it has cleaned up.
trap : PIPE
trap stop TERM
trap finish EXIT
command= watchdog= last=$! greeted= main_shell=no

# Prints a mark on both streams, each in one write below PIPE_BUF, so that it is never mixed with other output. A command
# may have made the pipes non-blocking for all processes that share them; if a pipe is full, the write is tried again.
mark() {
    for pause in 0.01 0.1 0.4; do
        printf '\036lxcdiag %s %s\036' "$nonce" "$1" && break
        sleep $pause
    done
    for pause in 0.01 0.1 0.4; do
        printf '\036lxcdiag %s %s\036' "$nonce" "$1" >&3 && break
        sleep $pause
    done
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

# call NUMBER SECONDS WHOLE_SECONDS ARGV…: one command, from its begin mark to its end mark.
call() {
    number=$1 limit=$2 whole_limit=$3
    shift 3
    if ! find_program "$1"; then
        mark "$why $number"
        return
    fi
    mark "begin $number"
    # Continues only if lxcdiag is still waiting. A command that was in the pipe of a frozen container ends here.
    go=
    read -r go
    [ "$go" = "go $number" ] || exit 1
    list_processes
    before=$processes
    # Before the command, which may kill this shell at once. If a fork fails, most shells end; others would continue and
    # mistake an older process for the new one.
    (watch) </dev/null >/dev/null 3>&- &
    [ "$!" != "$last" ] || exit 1
    watchdog=$!
    # A session of its own, so that `kill 0` in a script does not end this shell. A background process of a shell without
    # job control leads no group: setsid(1) does not fork, and $! is the process and the group of the command.
    if [ -n "$own_session" ]; then
        (exec "$own_session" -- "$@") </dev/null 2>&3 3>&- &
    else
        (exec "$@") </dev/null 2>&3 3>&- &
    fi
    [ "$!" != "$watchdog" ] || exit 1
    command=$!
    wait "$command"
    status=$?
    # Its trap kills its sleep. Before the trap is set, there is no sleep, and the signal ends the watchdog itself.
    kill -USR1 "$watchdog"
    wait "$watchdog"
    case $? in
    42) timed_out=yes ;;
    *) timed_out=no ;;
    esac
    sweep
    command= watchdog= last=$!
    mark "end $number $status $timed_out"
}

# Sends a signal to the group of the command, or to the command alone if it does not lead a group yet.
signal() {
    kill "-$1" "-$command" || kill "-$1" "$command"
}

# Ends the command after its timeout, in a process of its own. It writes to no pipe, because there may be no reader.
watch() {
    result=0 last=$!
    trap '[ "$!" = "$last" ] || { kill -KILL "$!"; wait "$!"; }; exit "$result"' USR1
    doze "$limit" || doze "$whole_limit"
    result=42
    # The command may not have started yet, or may have just ended; then USR1 follows.
    until find_command; do
        if [ ! -d "/proc/$$" ]; then
            # The shell has ended, so that the process ID of the command may have been reused.
            before=
            sweep
            exit
        fi
        doze 0.01 || doze 1
    done
    # A second for cleanups (`trap … EXIT`), then KILL.
    signal TERM
    doze 1
    signal KILL
    exit 42
}
# Finds the other child of the shell: it was started after this process. Process names in `status` have no line feeds.
find_command() {
    command=
    read -r own rest </proc/self/stat
    for entry in /proc/[0-9]*; do
        parent=
        while read -r key parent rest && [ "$key" != PPid: ]; do :; done <"$entry/status"
        [ "$parent" != "$$" ] || [ "${entry#/proc/}" = "$own" ] || command=${entry#/proc/}
    done
    [ -n "$command" ]
}
# A sleep that signals interrupt. Fails if it was killed, or if `sleep` does not support fractions of a second.
doze() {
    last=$!
    sleep "$1" &
    wait "$!"
}

# Kills the processes that the command left: its group, then every process with the marker or with our pipes. Most commands
# leave none: then the same processes run as before, and the expensive part is skipped.
sweep() {
    [ -z "$command" ] || signal KILL
    round=0
    while [ $round -lt 40 ]; do
        list_processes
        [ "$processes" != "$before" ] || return 0
        victims=
        for entry in $(marked); do
            entry=${entry#/proc/}
            add_victim "${entry%%/*}"
        done
        # `env -i setsid …` has no marker, but can disturb the next command only through our pipes.
        for entry in $processes; do
            if is_ours "$entry/fd/1" || is_ours "$entry/fd/2"; then
                add_victim "${entry#/proc/}"
            fi
        done
        [ -n "$victims" ] || return 0
        # Stopped first: a shell whose child is killed first reports that on our pipes, or forks another. Processes that
        # were forked in the meantime are found in the next round.
        kill -STOP $victims
        kill -KILL $victims
        round=$((round + 1))
        [ $round -lt 10 ] || sleep 0.02
    done
}
# Whether this is one of our output pipes. It must be a pipe: /dev/null, which many processes share, must never match. So
# the sweep must not run with its output redirected.
is_ours() {
    [ -p "$1" ] || return 1
    { [ -p "/proc/$$/fd/1" ] && [ "$1" -ef "/proc/$$/fd/1" ]; } ||
        { [ -p "/proc/$$/fd/3" ] && [ "$1" -ef "/proc/$$/fd/3" ]; }
}
add_victim() {
    case $1 in
    1 | "$$") ;;
    *) victims="$victims $1" ;;
    esac
}
list_processes() {
    set -- /proc/[0-9]*
    processes=$*
}
# The processes with the marker, as /proc/PID/environ. grep itself must not have it.
marked() {
    unset LXCDIAG_SESSION
    if [ -n "$has_grep" ]; then
        exec grep -ls "LXCDIAG_SESSION=$marker" /proc/[0-9]*/environ
    fi
    for entry in /proc/[0-9]*; do
        environ=
        { read -r environ || [ -n "$environ" ]; } <"$entry/environ"
        case $environ in
        *"LXCDIAG_SESSION=$marker"*) printf '%s\n' "$entry" ;;
        esac
    done
}

# Whether this is the shell itself. bash also runs its traps in a subshell, if a signal ends that before it has reset them;
# `$$` is the same there. The result is a variable, because in this case bash 5.2 assumes that the first function called
# has succeeded, without running it.
find_main_shell() {
    main_shell=no
    if [ /proc/self -ef "/proc/$$" ]; then main_shell=yes; fi
}
# lxcdiag was interrupted, or the run timed out.
stop() {
    find_main_shell
    if [ "$main_shell" = yes ]; then
        trap '' TERM
        # A process that was started and is not noted yet is `$!`. The watchdog is ended here and not by the sweep: it
        # could just start its next sleep, which would then outlive this shell.
        if [ "$!" != "$last" ]; then
            watchdog=${watchdog:-$!}
            if [ "$!" != "$watchdog" ]; then
                command=$!
                signal TERM
                (sleep 1; signal KILL) </dev/null >/dev/null 3>&- &
                killer=$!
                wait "$command"
                kill -KILL "$killer"
                wait "$killer"
            fi
            kill -USR1 "$watchdog"
            wait "$watchdog"
        fi
        exit 143
    fi
}
# Cleans up, whether this shell was told to stop, or lxcdiag is done or has ended.
finish() {
    find_main_shell
    if [ "$main_shell" = yes ]; then
        command= before=$greeted
        sweep
    fi
}

own_session= has_grep= has_sleep=
# By its path from now on: on an overlay, a failed search in three directories takes as long as a short command.
find_program setsid && own_session=$found
# Whether it reads past the first of the NUL-terminated variables: the one of busybox with -F does not.
find_program grep && grep -qs "LXCDIAG_SESSION=$marker" /proc/self/environ && has_grep=yes
find_program sleep && has_sleep=yes
list_processes
greeted=$processes
mark "hello ${has_sleep:-no}"
