# The shell that the client starts. It starts another one, the runner, and outlives it: it ends commands after their timeouts,
# passes on the signal to stop, and cleans up if the runner is killed.
#
# The two tell each other what they do with their names, in /proc/PID/comm, which takes no process and no file. The runner's
# is `NUMBER SECONDS` while a command runs, and its timeout. This one's is `end NUMBER` before it ends a command and
# `ended NUMBER` afterwards, or `stop`. No signal does it: bash loses the exit status of a command that ends just when a
# signal interrupts `wait`.

# pct passes its own PATH to the container, lxc-attach adds `container`. The programs of this shell get the locale C, because most
# programs read a dozen files for any other; the runner exports the one of the commands.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C TZ=UTC
unset container HOME
cd /
umask 022

# Without a reader, writing a mark must fail, but not end the shell.
trap : PIPE
# The runner is about to end.
trap ending=yes USR1
# lxcdiag was interrupted, or the run timed out.
trap stop TERM
runner= pause= ending= stopping= own_session= signal_of_death= busybox= clock= is_stopped=no terminated=

# A session of its own, so that `kill 0` in a script ends neither this shell nor the client. Without job control, a
# background process leads no group: setsid(1) does not fork, and $! is the runner and its process group. The runner reads
# its script from the same input as this shell, which has read its own to the end.
start_runner() {
    $own_session $signal_of_death "$0" <&4 2>&3 3>&- 4<&- &
    runner=$!
}
# If this shell is killed, the kernel signals the runner, which ends its command. Not every setpriv(1) can ask for that: that of
# busybox cannot, and one of util-linux before 2.33 exits with 1 at once.
find_signal_of_death() {
    find_program busybox && busybox=$found
    find_program setpriv && [ ! "$found" -ef "$busybox" ] || return
    signal_of_death="$found --pdeathsig TERM --"
}

# A new second begins: the command has that long to end.
stop() {
    stopping=yes
    say stop
    kill -CONT "$runner"
    kill -KILL "$pause"
}

# Returns when the runner has ended, or is about to.
count_seconds() {
    counted= seconds=0
    until [ -n "$ending" ] || ! kill -0 "$runner"; do
        check_timeout
        continue_runner
        "$clock" 1 </dev/null >/dev/null 3>&- 4<&- &
        pause=$!
        wait "$pause"
    done
    kill -KILL "$pause"
}
# The first second of a command is not a whole one.
check_timeout() {
    read -r number limit rest <"/proc/$runner/comm"
    seconds=$((seconds + 1))
    [ "$number" = "$counted" ] || seconds=1
    counted=$number
    case $limit in '' | *[!0-9]*) return ;; esac
    if [ -n "$stopping" ]; then
        end_command
    elif [ "$seconds" -gt "$limit" ]; then
        # The runner starts no other command between `end` and `ended`.
        say "end $number"
        read -r running rest <"/proc/$runner/comm"
        [ "$running" != "$number" ] || end_command
        say "ended $number"
        [ -z "$stopping" ] || say stop
    fi
}
# First TERM, for cleanups (`trap … EXIT`); a second later KILL. The runner ends the other processes of its group. If it does
# not go on in 10 seconds, it is killed as well.
end_command() {
    if [ "$terminated" != "$number" ]; then
        terminated=$number kills=0
        kill -TERM "-$runner" || signal_command TERM
    else
        signal_command KILL
        kills=$((kills + 1))
        [ "$kills" -lt 10 ] || kill -KILL "-$runner"
    fi
}
# The runner has two children: the canary and the command.
signal_command() {
    for entry in /proc/[0-9]*; do
        while read -r key parent rest && [ "$key" != PPid: ]; do :; done <"$entry/status"
        [ "$parent" = "$runner" ] || continue
        read -r name <"$entry/comm"
        [ "$name" = lxcdiag-canary ] || kill "-$1" "${entry#/proc/}"
    done
}
# `kill -STOP 0` in a command also stops the runner, which could then not clean up.
continue_runner() {
    was_stopped=$is_stopped is_stopped=no
    while read -r key value rest && [ "$key" != State: ]; do :; done <"/proc/$runner/status"
    [ "$value" != T ] || is_stopped=yes
    [ "$was_stopped$is_stopped" != yesyes ] || kill -CONT "$runner"
}

is_group_empty() {
    for entry in /proc/[0-9]*; do
        ! is_in_group "$entry" || return 1
    done
}

supervise() {
    exec 4<&0
    find_program setsid && own_session="$found --"
    find_signal_of_death
    if ! find_program sleep; then
        mark no-sleep
        exit 1
    fi
    clock=$found
    if ! say lxcdiag; then
        mark no-proc
        exit 1
    fi
    start_runner
    mark hello
    while :; do
        count_seconds
        wait "$runner"
        status=$?
        [ -z "$ending" ] || exit "$status"
        # A runner says before it ends.
        if [ "$status" -eq 1 ] && [ -n "$signal_of_death" ]; then
            signal_of_death=
            start_runner
            continue
        fi
        # The runner was killed. If its whole group was, with the canary, the command ended like the runner.
        group=$runner before=
        sleep 0.1 || sleep 1
        if [ "$status" -gt 128 ] && [ -z "$stopping" ] && is_group_empty; then
            sweep
            mark "killed $status"
            start_runner
        else
            kill -KILL "-$runner"
            sweep
            exit "$status"
        fi
    done
}
supervise
