#!/bin/bash
CT=958
pct push "$CT" units/app.service /etc/systemd/app.service
pct exec "$CT" -- systemctl daemon-reload
if ! pct exec "$CT" -- systemctl enable app.service; then exit 1; fi
#= error push-outside-unit-path 3
#= note error-swallowed 4
#? ! pct exec 958 -- systemctl is-enabled app.service
