#!/bin/bash
set -e
WEB=120 DB=121
pct push $WEB db.service /etc/systemd/system/db.service
pct exec $WEB -- test -s /etc/systemd/system/db.service
pct exec $DB -- systemctl enable db.service
pct exec $DB -- hostname
#= error container-mismatch 6
