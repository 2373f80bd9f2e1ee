#!/bin/bash
set -e
CT=101
NODE=root@10.0.0.2
pct push $CT app.service /etc/systemd/system/app.service
pct exec $CT -- test -s /etc/systemd/system/app.service
systemctl enable --now app
sudo systemctl restart app
docker exec web systemctl restart app
systemctl restart app
ssh $NODE pct push 102 web.service /etc/systemd/system/web.service
ssh $NODE pct exec 102 -- test -s /etc/systemd/system/web.service
ssh $NODE systemctl enable --now web
#= error host-side-command 7
#= error host-side-command 8
#= error host-side-command 10
#= error host-side-command 13
