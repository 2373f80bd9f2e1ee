#!/bin/bash
set -e
CTID=300
pct push $CTID my-agent.service /etc/systemd/system/my-agent.service
pct exec $CTID -- systemctl daemon-reload && systemctl enable --now my-agent.service
pct exec $CTID -- systemctl daemon-reload; systemctl restart my-agent
pct exec $CTID -- bash -c "systemctl daemon-reload" && systemctl status my-agent
systemctl start my-agent
#= error host-side-command 5
#= error host-side-command 6
#= error host-side-command 7
#= error host-side-command 8
