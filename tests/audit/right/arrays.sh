#!/bin/bash
set -euo pipefail
readonly CT="${1:?usage: $0 CTID}"
PCT=(pct exec "$CT" --)
units=(api.service worker@.service nightly.timer nightly.service)
push() { pct push "$CT" "$@"; }
for u in "${units[@]}"; do
  push "units/$u" "/etc/systemd/system/$u" --perms 0644
  "${PCT[@]}" test -s "/etc/systemd/system/$u"
done
"${PCT[@]}" systemctl daemon-reload
"${PCT[@]}" systemctl enable --now api nightly.timer worker@{1..3}.service
