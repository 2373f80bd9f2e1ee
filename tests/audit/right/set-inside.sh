#!/bin/bash
set -euo pipefail
CT=101 UNIT=ssh HOSTNAME=web01 HOSTTYPE=x86_64
pct exec $CT -- bash -c 'systemctl restart "agent@$HOSTNAME" "agent@$HOSTTYPE"'
pct exec $CT -- bash -c 'printf -v UNIT %s ssh; systemctl restart "$UNIT"'
pct exec $CT -- bash -c 'eval "$(cat /etc/units)"; systemctl restart "$UNIT"'
pct exec $CT -- bash -c 'export "$(cat /etc/units)"; systemctl restart "$UNIT"'
pct exec $CT -- bash -c 'let UNIT=1; systemctl restart "w@$UNIT"'
{ declare -p UNIT; cat <<'INNER'; } | pct exec $CT -- bash
systemctl restart "$UNIT"
INNER
{ declare -p; cat <<'INNER'; } | pct exec $CT -- bash
systemctl restart "$UNIT"
INNER
