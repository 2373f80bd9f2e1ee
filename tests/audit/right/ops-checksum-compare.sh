#!/bin/bash
set -e
CT=120
push() {
  pct push "$CT" "$1" "$2"
  [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$(pct exec "$CT" -- sha256sum "$2" | cut -d' ' -f1)" ] || { echo "copy of $1 failed"; exit 1; }
}
push app.service /etc/systemd/system/app.service
push app.conf /etc/app.conf
pct exec "$CT" -- systemctl enable --now app.service
