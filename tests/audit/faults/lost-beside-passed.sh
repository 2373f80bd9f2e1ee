#!/bin/bash
set -euo pipefail
CT=101 UNIT=ssh OTHER=cron
pct exec $CT -- bash -c 'printf -v UNIT %s ssh; systemctl restart "$OTHER"'
{ declare -p UNIT; cat <<'INNER'; } | pct exec $CT -- bash
systemctl restart "$UNIT" "$OTHER"
INNER
pct exec $CT -- bash -c 'systemctl restart "agent@$HOSTNAME" "$UNIT"'
#= error variable-lost 4
#= error variable-lost 6
#= error variable-lost 8
