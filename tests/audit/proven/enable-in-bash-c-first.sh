#!/bin/bash
CT=958
in_ct() { pct exec "$CT" -- bash -c "$*"; }
in_ct systemctl enable app || echo "not enabled" >&2
pct push "$CT" units/app.service /etc/systemd/system/app.service
in_ct test -s /etc/systemd/system/app.service || exit 1
#= error enable-before-push 4
#? ! pct exec 958 -- systemctl is-enabled app
