#!/bin/bash
set -e
ls units | xargs -I{} pct push 120 units/{} /etc/systemd/system/{}
pct exec 120 -- systemctl daemon-reload
