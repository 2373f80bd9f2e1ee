#!/bin/bash
# the same idioms with functions
set -euo pipefail
die() { echo "$*" >&2; exit 1; }
run() { echo "+ $*"; "$@"; }
ct=502
x() { run pct exec "$ct" -- "$@"; }
p() { run pct push "$ct" "$1" "$2" || die "push $1"; x test -s "$2" || die "missing $2"; }
x mkdir -p /opt/svc /etc/svc
p svc.bin /opt/svc/svc
p svc.conf /etc/svc/svc.conf
for u in svc@.service svc.target; do p "$u" "/etc/systemd/system/$u"; done
x systemctl daemon-reload
for i in a b; do x systemctl enable --now "svc@$i"; done
x systemctl enable svc.target
if [[ "${1:-}" == "--restart" ]]; then x systemctl restart svc.target; fi
case "${2:-none}" in none) ;; *) x systemctl stop svc@a || true ;; esac
x bash -c "$(printf 'systemctl restart %s\n' svc@a svc@b)"
[ -n "${DEBUG:-}" ] && x journalctl -n 20 -u svc@a || true
wait_up() { local n=0; until pct exec "$ct" -- systemctl is-active -q svc@a; do n=$((n+1)); [ $n -lt 30 ] || die "not up"; sleep 1; done; }
wait_up
#= note error-swallowed 18
