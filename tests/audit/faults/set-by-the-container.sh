#!/bin/bash
set -euo pipefail
CT=101
pct exec $CT -- bash -c "printf -v unit %s ssh; systemctl restart $unit"
pct exec $CT -- bash -c "let i=1; systemctl restart w@$i"
pct exec $CT -- bash -c "((j = 1)); systemctl restart w@$j"
pct exec $CT -- bash -c "mapfile -t all < /etc/units; systemctl restart $all"
local_only() { declare other=ssh; echo "$other"; }
local_only
pct exec $CT -- bash -c "other=ssh; systemctl restart $other"
#= error expanded-too-early 4
#= error expanded-too-early 5
#= error expanded-too-early 6
#= error expanded-too-early 7
#= error expanded-too-early 10
