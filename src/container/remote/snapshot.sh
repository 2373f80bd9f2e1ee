# Prints the files of node $2 that lxcdiag's probes of container $1 read, for `snapshot.rs`. Read-only and bounded; the same
# for every runbook. Comment lines are removed before the script is sent.
ct=$1 node=$2 tasks=var/log/pve/tasks
cd / || exit

# Reads a file's text.
text() {
    echo "file $1"
    base64
    echo .
}
# The first $2 bytes of a file, then its modification time: read afterwards, so that it is never older than the content.
file() {
    [ -f "$1" ] || return 0
    echo "file $1"
    head -c "$2" "$1" | base64
    echo ". $(stat -c %.9Y "$1")"
}

before=$(date +%s.%N)
read -r uptime _ <proc/uptime
echo "clock $before $uptime $(date +%s.%N)"

file "etc/pve/nodes/$node/lxc/$ct.conf" 1048576
file etc/pve/jobs.cfg 1048576
grep -a '^pool:' etc/pve/user.cfg 2>/dev/null | text etc/pve/user.cfg
file "run/pve/ct-$ct.stderr" 262144
file proc/sys/kernel/hostname 4096
file proc/sys/kernel/osrelease 4096
dpkg-query -W -f 'Package: ${Package}\nStatus: ${Status}\nVersion: ${Version}\n\n' pve-manager pve-container 2>/dev/null |
    text var/lib/dpkg/status

# grep exits 1 if there is no such line, and with more if it could not read.
sockets=$(grep -a '@/.*/command$' proc/net/unix 2>/dev/null)
[ $? -gt 1 ] || printf '%s\n' "$sockets" | text proc/net/unix

for groups in sys/fs/cgroup/freezer sys/fs/cgroup sys/fs/cgroup/unified; do
    for group in "$groups/lxc/$ct" "$groups/lxc/$ct/ns" "$groups/lxc.payload/$ct" "$groups/lxc.payload.$ct"*; do
        for name in cgroup.events cgroup.procs freezer.state cgroup.freeze; do
            file "$group/$name" 4096
        done
    done
done

# The output of each task, unless it is long, and its process, unless the task has ended.
outputs() {
    while read -r upid rest; do
        set -f
        IFS=:
        set -- $upid
        unset IFS
        set +f
        case $3,$5 in ,* | *, | *[!0-9A-F,]*) continue ;; esac
        case $upid in */*) continue ;; esac
        output=$tasks/${5#"${5%?}"}/$upid
        [ ! -f "$output" ] || [ "$(stat -c %s "$output")" -gt 65536 ] || file "$output" 65536
        case $rest in '' | 0) file "proc/$((0x$3))/stat" 4096 ;; esac
    done
}

[ -d $tasks ] || { echo end; exit; }
echo "directory $tasks"
for list in active index index.1; do
    [ -f $tasks/$list ] || continue
    lines=$(grep -a -F ":$ct:" $tasks/$list)
    [ $? -le 1 ] || exit
    # Starts and backups of all containers have no ID. How many of these are copied, src/host/backups.rs knows.
    lines=$(
        grep -a -E "^[^ ]*:(startall:|vzdump:|vzdump:$ct):" $tasks/$list | tail -n 10 | cut -b -20000
        printf '%s\n' "$lines" | tail -n 100 | cut -b -20000
    )
    printf '%s\n' "$lines" | text $tasks/$list
    printf '%s\n' "$lines" | outputs
done
echo end
