#!/bin/bash
set -e
CT=120
push() {
  pct push "$CT" "$1" "$2"
  pct exec "$CT" -- test -e "$2"
}
push app.service /etc/systemd/system/app.service
push app.conf /etc/
pct exec "$CT" -- systemctl enable --now app.service
#= error push-directory 5
