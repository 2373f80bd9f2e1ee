#!/bin/bash
set -eu
VMID=120
ssh "root@pve1" <<'EOS'
set -eu
pct push $VMID /root/app.service /etc/systemd/system/app.service
EOS
#= error variable-lost 6
