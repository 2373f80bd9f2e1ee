#!/bin/bash
set -e
ROOT=/var/lib/lxc/120/rootfs
install -m 644 app.service "$ROOT/etc/systemd/system/app.service"
pct exec 120 -- systemctl enable app.service
#= error rootfs-copy 4
