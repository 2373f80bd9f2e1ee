#!/bin/bash
set -euo pipefail
exec {lock}>/run/lock/deploy.lock
flock -n "$lock" || exit 0
put() {
  pct push "$1" a.conf /etc/a.conf
  pct exec "$1" -- test -s /etc/a.conf
}
pct stop 101
systemctl start pve-container@101
put 101
pct stop 102
systemctl restart pve-container@102.service
put 102
pct stop 103
pvesh create "/nodes/$(hostname)/lxc/103/status/start"
put 103
pct shutdown 104
curl -sk -X POST "https://localhost:8006/api2/json/nodes/pve/lxc/104/status/start"
put 104
pct stop 105
pct rollback 105 clean --start 1
put 105
pct stop 106
pct destroy 106
pct restore 106 backup.tar.zst --start 1
put 106
pct stop 107
ha-manager set ct:107 --state started
put 107
