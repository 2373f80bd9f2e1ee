#!/bin/bash
set -euo pipefail
tar -C units -cf - . | pct exec 958 -- tar -C /etc/systemd/system -xf -
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
