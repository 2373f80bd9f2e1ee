#!/bin/bash
set -euo pipefail
while read -r ct; do
  pct push "$ct" units/ /etc/systemd/system </dev/null
  pct exec "$ct" -- systemctl daemon-reload </dev/null
done <containers.txt
#= error push-directory 4
