#!/bin/bash
set -euo pipefail
ct_a=401; ct_b=402
push() { local id=$1 f=$2; pct push "$id" "$f" "/etc/systemd/system/$(basename "$f")"; pct exec "$id" -- test -s "/etc/systemd/system/$(basename "$f")"; }
push $ct_a units/a.service
push "$ct_b" units/b.service
pct exec $ct_a -- systemctl enable b.service
pct exec $ct_b -- systemctl enable b.service
echo 'X=1' >> /var/lib/lxc/$ct_a/rootfs/etc/environment
R=/var/lib/lxc/401/rootfs; install -Dm644 u.service $R/etc/systemd/system/u.service
rsync -a dir/ /var/lib/lxc/$ct_b/rootfs/opt/dir/
cp units/h.service /etc/systemd/system/h.service && systemctl daemon-reload && systemctl enable --now h
pct exec $ct_a -- systemctl daemon-reload && pct exec $ct_a -- systemctl restart a
pct exec $ct_a -- bash -c "printf '[Service]\nExecStart=/z\n' > /etc/systemd/system/z.service && systemctl enable z"
echo -e "[Unit]\nDescription=y\n[Service]\nExecStart=/y" | pct exec $ct_a -- tee /etc/systemd/system/y.service
pct exec $ct_a -- systemctl enable y.service
systemctl restart pveproxy
systemctl reload networking
#= error container-mismatch 7
#= error rootfs-copy 9
#= error rootfs-copy 10
#= error rootfs-copy 11
#= warning no-install-section 14
#= warning no-install-section 16
