#!/bin/bash
# Options and destination in arrays.
set -uo pipefail
CT=958
dest=(/etc/systemd/system/)
push=(pct push "$CT")
"${push[@]}" units/app.service "${dest[0]}"
pct exec "$CT" -- systemctl daemon-reload || exit 1
pct exec "$CT" -- systemctl enable app || exit 1
#= error push-directory 7
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
