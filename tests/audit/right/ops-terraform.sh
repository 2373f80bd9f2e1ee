#!/bin/bash
set -eu
ssh -o StrictHostKeyChecking=no "root@${PVE_HOST}" bash -s -- "${VMID}" <<'EOS'
set -eu
vmid=$1
until pct exec "$vmid" -- systemctl is-system-running --wait 2>/dev/null | grep -Eq 'running|degraded'; do sleep 1; done
pct push "$vmid" /root/app.service /etc/systemd/system/app.service
pct exec "$vmid" -- test -s /etc/systemd/system/app.service
pct exec "$vmid" -- systemctl enable --now app.service
EOS
