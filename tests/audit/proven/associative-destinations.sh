#!/bin/bash
set -euo pipefail
declare -A files=([units/app.conf]=/etc/)
for src in "${!files[@]}"; do
  pct push 958 "$src" "${files[$src]}"
done
#= error push-directory 5
#? ! pct exec 958 -- test -s /etc/app.conf
