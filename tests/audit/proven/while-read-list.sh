#!/bin/bash
set -eu
while read -r name; do
  [ -n "$name" ] || continue
  pct push 958 "units/$name" /etc/systemd/system/
done <<'LIST'
app.service
LIST
#= error push-directory 5
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
