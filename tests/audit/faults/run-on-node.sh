#!/bin/bash
set -e
CT=101
pct push $CT app.service /etc/systemd/system/app.service
pct exec $CT -- test -s /etc/systemd/system/app.service
systemctl enable --now app
sudo systemctl restart app
docker exec web systemctl restart app
systemctl restart app
#= error host-side-command 6
#= error host-side-command 7
#= error host-side-command 9
