#!/bin/bash
set -e
one() {
  pct push 958 units/app.service /etc/systemd/system/app.service
  pct exec 958 -- test -s /etc/systemd/system/app.service
  pct exec 958 -- systemctl enable app
}
one &
wait $!
#? pct exec 958 -- systemctl is-enabled app
