# The half of the executor that lives in the container. Read by whatever `sh` is there (dash, bash, busybox ash): POSIX
# only, no `local`, no `timeout`, no temporary file. Comment lines are cut before it is sent; `$nonce` and `$marker` are
# assigned before it. `$nonce` is never exported, so no command can print a mark; `$marker` is, see below.

# pct hands its own PATH through to the container, lxc-attach adds `container`, bash adds the rest.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TZ=UTC
cd /
umask 022
unset container HOME OLDPWD PWD SHLVL

# Every program started from here on carries this in /proc/PID/environ, which neither setsid nor a double fork removes.
# This shell's own environ was fixed when it was started, so the sweep never finds the shell itself.
export LXCDIAG_SESSION="$marker"

# What the shell itself says (bash reports children that were killed) must not come between a command's marks: its own
# standard error leads nowhere, the pipe is 3.
exec 3>&2 2>/dev/null

# With nobody left to read, a mark must fail to be written, not end the shell before it has swept.
trap : PIPE
trap stop TERM
trap finish EXIT
command= watchdog= last=$! greeted= main_shell=no

# Prints a mark on both streams, each in one write below PIPE_BUF, so that nothing can land inside it. A command may have
# made the pipes non-blocking for all who share them; a full one then refuses the mark for a moment.
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

# Looks for a program as execvp does. `command -v` would find builtins and the functions here too, which cannot be
# started with exec.
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
    # Goes on only if lxcdiag still waits. What lay in the pipe of a frozen container ends here when it thaws.
    go=
    read -r go
    [ "$go" = "go $number" ] || exit 1
    list_processes
    before=$processes
    # Before the command, which may kill this shell at once. Where a fork fails most shells end; one that goes on would
    # take an older process for the new one.
    (watch) </dev/null >/dev/null 3>&- &
    [ "$!" != "$last" ] || exit 1
    watchdog=$!
    # A session of its own, so that `kill 0` in a script does not end this shell. A background process of a shell
    # without job control leads no group, so setsid(1) does not fork and $! is the command's own process and group.
    if [ -n "$own_session" ]; then
        (exec "$own_session" -- "$@") </dev/null 2>&3 3>&- &
    else
        (exec "$@") </dev/null 2>&3 3>&- &
    fi
    [ "$!" != "$watchdog" ] || exit 1
    command=$!
    wait "$command"
    status=$?
    # Its trap kills its sleep. Before it has set the trap, the signal ends it, and there is no sleep yet.
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

# To the command's group; to the command alone where it has not come so far as to lead one.
signal() {
    kill "-$1" "-$command" || kill "-$1" "$command"
}

# Ends the command when its time is up, in a process of its own. It writes to no pipe: nobody may be reading any more.
watch() {
    result=0 last=$!
    trap '[ "$!" = "$last" ] || { kill -KILL "$!"; wait "$!"; }; exit "$result"' USR1
    doze "$limit" || doze "$whole_limit"
    result=42
    # It may have yet to start, or have just ended: then USR1 is on its way.
    until find_command; do
        if [ ! -d "/proc/$$" ]; then
            # The shell is gone, and with it the one process that kept the command's number from being given anew.
            before=
            sweep
            exit
        fi
        doze 0.01 || doze 1
    done
    # First a moment for clean-ups (`trap … EXIT`), then the end.
    signal TERM
    doze 1
    signal KILL
    exit 42
}
# The shell's other child: it was started after this process. A process's name can hold anything, but no line feed here.
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
# A sleep that a signal interrupts. Fails if it was killed, or does not know fractions of a second (POSIX has none).
doze() {
    last=$!
    sleep "$1" &
    wait "$!"
}

# Kills what the command left behind: its group, then whatever carries the marker or still holds our pipes. Most leave
# nothing: then the same processes run as before, and the dear part is spared.
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
        # `env -i setsid …` has lost the marker, but can only disturb the next command through our pipes.
        for entry in $processes; do
            if is_ours "$entry/fd/1" || is_ours "$entry/fd/2"; then
                add_victim "${entry#/proc/}"
            fi
        done
        [ -n "$victims" ] || return 0
        # Stopped first: a shell whose child is killed before itself says so on our pipes, or forks another. What was
        # forked while we looked is for the next round.
        kill -STOP $victims
        kill -KILL $victims
        round=$((round + 1))
        [ $round -lt 10 ] || sleep 0.02
    done
}
# Whether this is one of our output pipes. That they are pipes is made sure of each time: /dev/null, which half the
# processes of a machine share, must never pass for one. So nothing that sweeps may run with its output redirected.
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
# The processes that carry the marker, as /proc/PID/environ; grep itself must not.
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

# Whether this is the shell itself. bash runs its traps in a subshell as well, if a signal ends that before it has reset
# them; `$$` is the same there. Told by a variable: in just that case bash 5.2 takes the first function called to have
# succeeded, without running it.
find_main_shell() {
    main_shell=no
    if [ /proc/self -ef "/proc/$$" ]; then main_shell=yes; fi
}
# lxcdiag was interrupted, or its time is up.
stop() {
    find_main_shell
    if [ "$main_shell" = yes ]; then
        trap '' TERM
        # What was started and not yet noted is `$!`. What sleeps is ended here and not left to the sweep: it can be about
        # to start its next sleep, which would then outlive this shell.
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
# Nothing stays behind, whether this shell was told to stop, or lxcdiag is done, or gone.
finish() {
    find_main_shell
    if [ "$main_shell" = yes ]; then
        command= before=$greeted
        sweep
    fi
}

own_session= has_grep= has_sleep=
# By its path from then on: on an overlay, looking for it in vain in three directories takes as long as a short command.
find_program setsid && own_session=$found
# Whether it sees past the first of the NUL-terminated variables: busybox's does not with -F.
find_program grep && grep -qs "LXCDIAG_SESSION=$marker" /proc/self/environ && has_grep=yes
find_program sleep && has_sleep=yes
list_processes
greeted=$processes
mark "hello ${has_sleep:-no}"
