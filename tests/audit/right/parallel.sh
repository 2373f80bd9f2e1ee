#!/bin/bash
set -e
find conf -type f | parallel pct push 958 {} /opt/{/}
parallel pct exec {} -- systemctl restart nginx ::: 101 102
parallel -j1 pct push 958 {} /etc/systemd/system/{/} ::: a.service
pct exec 958 -- test -s /etc/systemd/system/a.service
pct exec 958 -- systemctl enable a
