#!/bin/bash
set -e
pct exec 230 -- systemctl daemon-reload
pct push 230 a.service /etc/systemd/system/a.service
pct exec 230 -- test -s /etc/systemd/system/a.service
pct exec 230 -- systemctl restart a
pct exec 231 -- systemctl daemon-reload
pct push 231 b.service /etc/systemd/system/b.service
pct exec 231 -- test -s /etc/systemd/system/b.service
pct exec 231 -- systemctl enable --now b
#= warning reload-before-push 3
#= note reload-before-push 7
