#!/bin/bash
set -e
pct push 910 x.service /etc/systemd/x.service
pct exec 910 -- systemctl enable x.service
pct push 910 y.service /etc/systemd/system/y
pct exec 910 -- systemctl start y
pct push 910 z.service /root/z.service
pct exec 910 -- systemctl enable --now z
cp w.service /var/lib/lxc/910/rootfs/etc/systemd/system/w.service
pct exec 910 -- tee /etc/systemd/system/v.service >/dev/null <<'UNIT'
[Service]
ExecStart=/usr/bin/v
UNIT
pct exec 910 -- systemctl enable v
#= error push-outside-unit-path 3
#= error push-outside-unit-path 5
#= error push-outside-unit-path 7
#= error rootfs-copy 9
#= warning no-install-section 14
