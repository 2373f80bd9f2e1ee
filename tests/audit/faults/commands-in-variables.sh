#!/bin/bash
set -e
ct=604
push_all() {
  while [ $# -gt 0 ]; do
    pct push "$ct" "$1" "/etc/systemd/system/${1##*/}"
    shift
  done
}
push_all units/a.service units/b.service
pct exec "$ct" -- systemctl enable a b
pct exec "$ct" -- systemctl enable bb-x
cmd=(pct exec "$ct" --)
"${cmd[@]}" systemctl daemon-reload
cmd="pct exec $ct --"
$cmd systemctl restart a
$cmd bash -c "systemctl restart b || true"
PUSH="pct push $ct"
$PUSH dir/ /opt/dir
[ -f x ] && $PUSH x /etc/ || echo skip
pct exec $ct -- sh -ec 'systemctl daemon-reload
systemctl restart a
systemctl restart b' || exit 1
lxc-attach -n $ct -- systemctl daemon-reload && systemctl restart a.service
sshpass -p pw ssh -p 2222 root@h "pct push $ct a /etc/"
run() { "$@"; }
PCT=(/usr/sbin/pct)
# A wrapper runs it here, not where the variable is set.
run "${PCT[@]}" push "$ct" units/ /opt/units/
#= error push-directory 19
#= error push-directory 20
#= error host-side-command 24
#= error push-directory 25
#= error push-directory 29
#= warning error-swallowed 17
#= warning push-error-branch-dead 20
#= note push-unchecked 6
