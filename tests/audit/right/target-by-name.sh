#!/bin/bash
# A function whose name the script makes up runs under the script's own `set -e`.
set -eu
CT=${CT:-120}
target_push() {
  pct push "$CT" build/app.service /etc/systemd/system/app.service
  pct exec "$CT" -- test -s /etc/systemd/system/app.service
}
target_enable() { pct exec "$CT" -- systemctl enable --now app.service; }
target_all() {
  target_push
  target_enable
}
"target_${1:-all}"
