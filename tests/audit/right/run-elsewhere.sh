#!/bin/bash
set -e
CT=101 IP=10.0.0.5
in_ct() { ssh "root@$IP" "$@"; }
pct push $CT app.service /etc/systemd/system/app.service
pct exec $CT -- test -s /etc/systemd/system/app.service
ssh root@10.0.0.5 systemctl daemon-reload
ssh -p 22 root@10.0.0.5 'systemctl enable --now app && systemctl restart app'
in_ct systemctl enable --now app
sshpass -p x ssh root@$IP systemctl restart app
over_ssh 10.0.0.5 systemctl restart app
over_ssh 10.0.0.5 bash -c "systemctl restart app"
systemctl --host=root@10.0.0.5 restart app
systemctl -H root@10.0.0.5 restart app
systemctl -Hroot@10.0.0.5 restart app
docker exec web systemctl restart app
kubectl exec web -- systemctl restart app
lxc exec other -- systemctl restart app
incus exec other -- bash -c "systemctl restart app"
nsenter -t "$(lxc-info -n $CT -p -H)" -a systemctl enable --now app
machinectl shell root@x /bin/systemctl restart app
chroot /var/lib/lxc/$CT/rootfs systemctl enable app
