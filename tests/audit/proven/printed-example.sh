#!/bin/bash
usage() {
  cat <<'TEXT'
Example: pct push 958 units/ /etc/systemd/system/
         pct exec 958 bash -c 'systemctl enable app'
TEXT
}
echo "Then run: pct exec 958 -- systemctl daemon-reload && systemctl enable app"
usage
#? ! pct exec 958 -- systemctl is-enabled app
