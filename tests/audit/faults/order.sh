#!/bin/bash
set -euo pipefail
ID=700
pct create "$ID" local:vztmpl/debian-12-standard.tar.zst --hostname app --start 0
pct push "$ID" app.service /etc/systemd/system/app.service
pct start "$ID"
pct exec "$ID" -- systemctl daemon-reload
pct push "$ID" setup.tar /var/opt/setup/setup.tar
pct exec "$ID" -- systemctl enable late.service
pct push "$ID" late.service /etc/systemd/system/late.service
pct exec "$ID" -- systemctl enable missing.service
#= error push-before-start 5
#= error enable-before-push 9
#= warning exec-before-systemd-ready 7
#= warning push-missing-parent 8
#= warning enable-without-push 11
