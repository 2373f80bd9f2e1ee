#!/bin/bash
NODE=root@10.0.0.2
CTID=110
ssh $NODE <<REMOTE
set -e
pct push $CTID /root/app.service /etc/systemd/system/app.service
pct exec $CTID -- sh -c 'test -s /etc/systemd/system/app.service'
pct exec $CTID -- systemctl enable --now app
REMOTE
ssh $NODE "pct exec $CTID -- bash -c 'systemctl daemon-reload && systemctl restart app'"
ssh $NODE pct exec $CTID -- systemctl is-active app
scp -q units/*.service $NODE:/tmp/
ssh -o StrictHostKeyChecking=no $NODE 'for f in /tmp/*.service; do pct push 110 $f /etc/systemd/system/$(basename $f); pct exec 110 -- test -s /etc/systemd/system/$(basename $f) || exit 1; done'
#= note error-swallowed 8
#= note error-swallowed 10
