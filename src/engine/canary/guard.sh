# Removes the canary: its file, the link that enables it, and the directory of the link.
remove() {
    file=/etc/systemd/system/lxcdiag-canary.service
    links=/etc/systemd/system/lxcdiag-canary.target.wants
    [ -e $file ] || [ -L $file ] || [ -d $links ] || return 0
    rm -f $file $links/lxcdiag-canary.service || return
    [ ! -d $links ] || rmdir $links || return
    systemctl daemon-reload
}
# A service of its own, which watches the shell through which lxcdiag runs its commands. When that has ended, a push that
# had begun may still arrive. The directory of a process that has ended is empty, even if its number is used again.
guard() {
    cd /proc/$1 || exit
    while [ -e stat ]; do sleep 1; done
    cd /
    for second in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        remove
        sleep 1
    done
}
