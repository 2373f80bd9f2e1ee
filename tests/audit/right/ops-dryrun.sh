#!/bin/bash
set -e
DRY=${DRY:-}
run() { if [ -n "$DRY" ]; then echo "+ $*"; else "$@"; fi; }
run pct push 120 app.service /etc/systemd/system/app.service --perms 644
run pct exec 120 -- test -s /etc/systemd/system/app.service
run pct exec 120 -- systemctl enable --now app.service
