#!/bin/bash
set -e
cat units/app.service | pct exec 120 -- dd of=/etc/systemd/system/app.service status=none
pct exec 120 -- systemctl enable --now app.service
