#!/bin/bash
set -e
backup() {
  pct stop "$1"
  vzdump "$1" --compress zstd
  pct start "$1"
}
backup 150
pct set 150 --memory 2048
sleep 3
pct push 150 x /etc/x
pct exec 150 -- /usr/local/bin/configure.sh
pct push 150 y.service /etc/systemd/system/y.service
pct exec 150 -- systemctl daemon-reload
pct exec 150 -- bash -c '[[ -f /etc/systemd/system/y.service ]] || exit 1; systemctl enable y'
#= note sleep-as-synchronisation 10
