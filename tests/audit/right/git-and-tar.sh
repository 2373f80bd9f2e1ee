#!/bin/bash
set -e
CT=330
pct exec $CT -- git clone https://example.org/app.git /opt/app
pct push $CT app.env /opt/app/.env
pct exec $CT -- bash -c 'cp /opt/app/deploy/*.service /etc/systemd/system/'
pct exec $CT -- systemctl daemon-reload
pct exec $CT -- systemctl enable --now app-web app-worker
tar c units | pct exec $CT -- tar x -C /etc/systemd/system --strip-components=1
pct exec $CT -- systemctl enable --now more
