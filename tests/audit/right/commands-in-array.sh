#!/bin/bash
set -o errexit -o nounset -o pipefail
readonly ID=160
readonly -a CMDS=("systemctl daemon-reload" "systemctl enable --now monitor.timer")
pct exec $ID -- mkdir -p /opt/monitor
tar czf /tmp/m.tgz -C src .
pct push $ID /tmp/m.tgz /opt/monitor/m.tgz
pct exec $ID -- tar xzf /opt/monitor/m.tgz -C /opt/monitor
pct exec $ID -- cp /opt/monitor/monitor.timer /opt/monitor/monitor.service /etc/systemd/system/
for c in "${CMDS[@]}"; do
  pct exec $ID -- $c
done
pct exec $ID -- bash -c "systemctl list-timers | grep monitor" || echo "no timer"
