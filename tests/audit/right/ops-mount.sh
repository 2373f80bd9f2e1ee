#!/bin/bash
set -e
pct stop 120
pct mount 120
cp app.service /var/lib/lxc/120/rootfs/etc/systemd/system/
ln -s ../app.service /var/lib/lxc/120/rootfs/etc/systemd/system/multi-user.target.wants/app.service
pct unmount 120
pct start 120
