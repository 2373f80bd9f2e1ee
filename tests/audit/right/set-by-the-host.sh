#!/bin/bash
set -euo pipefail
CT=101
printf -v unit %s ssh
let i=3
((j = 4)) || true
k=$((n = 2, m = 3))
exec {lock}>/run/lock/deploy
named() { declare -g other=ssh; declare -ga all=(ssh cron); }
named
point() { local -n reference=$1; reference=ssh; }
point pointed
for ((index = 0; index < 2; index++)); do :; done
. /etc/os-release
pct exec $CT -- bash -c "unit=1; systemctl restart $unit"
pct exec $CT -- bash -c "i=1; systemctl restart w@$i"
pct exec $CT -- bash -c "j=1; systemctl restart w@$j"
pct exec $CT -- bash -c "n=1; m=1; systemctl restart w@$n w@$m"
pct exec $CT -- bash -c "other=1; systemctl restart $other"
pct exec $CT -- bash -c "all=1; systemctl restart ${all[0]}"
pct exec $CT -- bash -c "pointed=1; systemctl restart $pointed"
pct exec $CT -- bash -c "index=1; systemctl restart w@$index"
pct exec $CT -- bash -c "ID=1; systemctl restart w@$ID"
pct exec $CT -- bash -c "lock=1; systemctl restart w@$lock"
