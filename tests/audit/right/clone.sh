#!/bin/bash
set -e
pct clone 900 320 --hostname c --full 1
pct start 320
sleep 1; until pct exec 320 -- systemctl is-system-running --wait; do sleep 1; done
pct exec 320 -- systemctl enable --now from-template.service
pct restore 321 /var/lib/vz/dump/a.tar.zst --start
lxc-wait -n 321 -s RUNNING
pct exec 321 -- systemctl restart restored.service
