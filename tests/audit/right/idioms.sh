#!/bin/bash
# everything here is right
set -e
CT=501
# enable without daemon-reload; start of a new unit without it
pct push $CT a.service /etc/systemd/system/a.service
pct exec $CT -- [ -s /etc/systemd/system/a.service ]
pct exec $CT -- systemctl enable a
pct exec $CT -- systemctl start a
# removed right after its push
tmp=$(mktemp); envsubst < tmpl > "$tmp"; pct push $CT "$tmp" /etc/app.env; rm "$tmp"
pct exec $CT ip a
pct exec $CT hostname
while read -r u; do pct exec $CT -- systemctl restart "$u"; done < units.txt
pct exec $CT -- systemctl enable a ssh.service cron
# sources with spaces, destinations with dots
pct push $CT "my file.conf" /etc/my.file.d.conf
pct push "$CT" "./dir.d/x.conf" /etc/x.conf --user=0 --group=0 --perms=0600
pct push --perms 755 "$CT" x /usr/local/bin/x
pct push -u root "$CT" x /usr/local/sbin/x
pct push $CT unit.service /root/unit.service
pct exec $CT -- bash -c 'mv /root/unit.service /etc/systemd/system/ && systemctl enable unit'
pct push $CT t.service /tmp/t.service
pct exec $CT -- install -m 0644 /tmp/t.service /etc/systemd/system/t.service
pct exec $CT -- systemctl enable t
pct push $CT l.service /opt/l.service
pct exec $CT -- systemctl link /opt/l.service
pct exec $CT -- systemctl start l
pct push $CT e.service /opt/e.service
pct exec $CT -- systemctl enable /opt/e.service
pct exec $CT -- mkdir -p /etc/systemd/system/a.service.d
pct push $CT override.conf /etc/systemd/system/a.service.d/override.conf
pct exec $CT -- systemctl daemon-reload
pct exec $CT -- systemctl restart a
for i in 1 2 3; do pct exec $CT -- systemctl is-active a && break; sleep 2; done
out=$(pct exec $CT -- systemctl is-enabled a) || true
pct exec $CT -- systemctl stop a || true
pct exec $CT -- systemctl mask b 2>/dev/null || :
pct exec $CT -- systemctl start a || echo "start failed" >&2
pct exec $CT -- bash -c "pids=\$(pgrep x); echo \$pids; HOST=$(hostname); echo \$HOST"
pct exec $CT -- bash -c 'for f in /etc/systemd/system/*.service; do systemctl enable "$(basename "$f")"; done'
pct exec $CT -- env A=1 systemctl restart ssh
pct pull $CT /etc/systemd/system/a.service /tmp/back && cmp /tmp/back a.service
cp h.service /etc/systemd/system/h.service
systemctl enable --now h.service
lxc-attach -n $CT -- bash -c 'systemctl restart ssh'
lxc-attach --name=$CT -e -- ls -l /
pct exec $CT -- tee /etc/systemd/system/k.service > /dev/null < k.service
pct exec $CT -- systemctl enable k
pct exec $CT -- sh -c 'cat > /etc/systemd/system/m.service' < m.service
pct exec $CT -- systemctl enable m.service
pct exec $CT -- sed -i 's/a/b/' /etc/systemd/system/m.service
pct exec $CT -- bash -c 'systemctl daemon-reload; systemctl restart m'
#= note error-swallowed 53
