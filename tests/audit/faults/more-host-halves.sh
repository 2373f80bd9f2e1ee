#!/bin/bash
set -e
CT=203
pct exec $CT -- bash -c 'cat > /etc/systemd/system/a.service' < a.service
pct exec $CT -- bash -c "systemctl daemon-reload" && systemctl enable a
pct exec $CT -- systemctl daemon-reload && \
  systemctl restart a.service
pct exec $CT -- systemctl stop b || systemctl start b
ssh root@pve "pct exec 203 -- systemctl daemon-reload && systemctl enable --now a"
in_ct() { pct exec $CT -- "$@"; }
in_ct systemctl daemon-reload && systemctl enable --now a.service
in_ct systemctl daemon-reload; systemctl is-active c.service
#= error host-side-command 5
#= error host-side-command 7
#= error host-side-command 9
#= error host-side-command 11
#= warning host-side-command 8
