#!/bin/bash
set -e
pct push 120 override.conf /etc/systemd/system/nginx.service.d/override.conf
pct exec 120 -- systemctl daemon-reload
pct exec 120 -- systemctl restart nginx
#= warning push-missing-parent 3
