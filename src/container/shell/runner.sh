# The shell that runs the commands, one after the other.

# bash sets these.
unset OLDPWD PWD SHLVL
export LC_ALL=C.UTF-8

# Every program that is started from here on has this in /proc/PID/environ; neither setsid nor a double fork removes it.
# The environ of this shell was fixed at its start, so it never has the marker itself.
export LXCDIAG_SESSION="$marker"

# Signals that a command sends to its process group reach this shell, too.
trap interrupted=yes ALRM HUP PIPE TERM USR1 USR2
trap finish EXIT
interrupted=

# call NUMBER SECONDS ARGV…: one command, from its begin mark to its end mark.
call() {
    number=$1 limit=$2
    shift 2
    if ! find_program "$1"; then
        mark "$why $number"
        return
    fi
    # Without the supervisor, no timeout would end the command.
    has_supervisor || exit 1
    mark "begin $number"
    # Continues only if lxcdiag is still waiting. A command that was in the pipe of a frozen container ends here.
    go=
    read -r go
    [ "$go" = "go $number" ] || exit 1
    # Before the command, which may kill this shell at once.
    say "$number $limit"
    (exec "$@") </dev/null 2>&3 3>&- &
    # If a fork fails, most shells end; others would continue and mistake an older process for the new one.
    [ "$!" != "$last" ] || exit 1
    last=$!
    await "$last"
    say lxcdiag
    ask_supervisor
    sweep
    mark "end $number $status $timed_out"
}
# A process that has ended has no working directory, even before it is waited for.
has_supervisor() {
    [ -e "/proc/$PPID/cwd" ]
}
# Waits for the command.
await() {
    signalled=
    wait "$1"
    status=$?
    # A signal interrupts `wait`, which then returns more than 128. If the command had just ended, bash has forgotten its
    # status, and would wait for another child.
    while [ -n "$interrupted" ] && [ "$status" -gt 128 ] && kill -0 "$1"; do
        signalled=yes interrupted=
        has_supervisor || exit 1
        wait "$1"
        status=$?
    done
    [ -z "$interrupted" ] || signalled=yes
    interrupted=
    # A container that shuts down sends TERM to all processes. The supervisor is about to say that this shell must stop.
    [ "$signalled$status" != yes143 ] || sleep 0.1 || sleep 1
}
# Whether the command has ended by itself, or the supervisor has ended it, or wants this shell to stop.
ask_supervisor() {
    timed_out=no
    while read -r word which <"/proc/$PPID/comm"; do
        case "$word $which" in
        stop*) exit 143 ;;
        "end $number") sleep 0.01 || sleep 1 ;;
        "ended $number")
            timed_out=yes
            return
            ;;
        *) return ;;
        esac
    done
    exit 1
}

# A process of this group that is stopped and does nothing. If the command kills this shell, it remains; if the command kills
# the whole group, it is killed with it. That tells the supervisor how the command ended.
start_canary() {
    (
        printf %s lxcdiag-canary >/proc/self/comm
        read -r own rest </proc/self/stat
        kill -STOP "$own"
    ) </dev/null >/dev/null 3>&- &
    canary=$!
}

# Cleans up, whether this shell was told to stop, or lxcdiag is done or has ended. bash also runs its traps in a subshell, if
# a signal ends that before it has reset them; `$$` is the same there. The result is a variable, because in this case bash
# 5.2 assumes that the first function called has succeeded, without running it.
finish() {
    find_main_shell
    if [ "$main_shell" = yes ]; then
        kill -KILL "$canary"
        before=$greeted
        sweep
        ! has_supervisor || kill -USR1 "$PPID"
    fi
}
find_main_shell() {
    main_shell=no
    if [ /proc/self -ef "/proc/$$" ]; then main_shell=yes; fi
}

group=
kill -0 "-$$" && group=$$
start_canary
last=$canary
list_processes
greeted=$processes before=$processes
mark ready
