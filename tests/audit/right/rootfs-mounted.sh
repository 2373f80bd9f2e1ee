#!/bin/bash
set -e
CTID=130
pct stop $CTID
pct mount $CTID
install -m 0644 app.service /var/lib/lxc/$CTID/rootfs/etc/systemd/system/app.service
ln -s /etc/systemd/system/app.service /var/lib/lxc/$CTID/rootfs/etc/systemd/system/multi-user.target.wants/app.service
pct unmount $CTID
pct start $CTID
until pct exec $CTID -- systemctl is-active --quiet multi-user.target; do sleep 1; done
pct exec $CTID -- systemctl restart app.service
