#!/bin/bash
set -e
pct exec 120 -- bash -c "apt-get install -y git && git clone https://example.org/app /opt/app && cp /opt/app/deploy/app.service /etc/systemd/system/ && systemctl daemon-reload && systemctl enable --now app"
