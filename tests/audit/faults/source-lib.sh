#!/bin/bash
set -e
. "$(dirname "$0")/source-lib.inc"
copy units/a.service /etc/systemd/system/
copy units/b.service /etc/systemd/system/b.service
pct exec "$CT" -- systemctl enable c.service
