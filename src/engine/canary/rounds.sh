export LC_ALL=C SYSTEMD_COLORS=0
guard=lxcdiag-canary-guard.service
path=/etc/systemd/system/lxcdiag-canary.service
link=/etc/systemd/system/lxcdiag-canary.target.wants/lxcdiag-canary.service
case $1 in
prepare)
    # What a run that was killed has left would make this one succeed.
    systemctl stop $guard 2>/dev/null
    remove || exit
    systemd-run --quiet --collect --unit=$guard --description='Removes the canary of lxcdiag' \
        /bin/sh -c "$2
guard \$1" lxcdiag-canary-guard "$PPID"
    ;;
enable)
    trap remove EXIT
    trap 'exit 143' TERM
    systemctl daemon-reload >&2
    reload=$?
    said=$(systemctl enable lxcdiag-canary.service 2>&1) || printf '%s\n' "$said" >&2
    enabled=no
    [ ! -L $link ] || enabled=yes
    # When it was created and last changed. Not every file system knows the first.
    echo "$enabled $reload $(stat -c '%.9W %.9Z' $path 2>/dev/null)"
    ;;
remove)
    remove || exit
    systemctl stop $guard 2>/dev/null || :
    ;;
esac
