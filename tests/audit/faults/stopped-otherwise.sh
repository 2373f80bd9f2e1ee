#!/bin/bash
set -euo pipefail
exec {lock}>/run/lock/deploy.lock
flock -n "$lock" || exit 0
pct stop 101
systemctl start pve-container@102
pct push 101 a.conf /etc/a.conf
pct exec 101 -- test -s /etc/a.conf
systemctl stop pve-container@103
pct push 103 a.conf /etc/a.conf
pct exec 103 -- test -s /etc/a.conf
pct stop 104
pvesh get "/nodes/pve/lxc/104/status/current"
qm start 104
pct push 104 a.conf /etc/a.conf
pct exec 104 -- test -s /etc/a.conf
pct stop 105
pct rollback 105 clean
pct push 105 a.conf /etc/a.conf
pct exec 105 -- test -s /etc/a.conf
#= error push-before-start 7
#= error push-before-start 10
#= error push-before-start 15
#= error push-before-start 19
