#!/bin/bash
set -e
usage() {
  cat <<EOF
Run: pct push 958 units/ /etc/systemd/system/
then pct exec 958 systemctl --now enable app
EOF
}
# pct push 958 dir/ /etc/
echo "pct push 958 dir/ /etc/ || exit 1"
printf 'pct exec 958 bash -c "x"\n'
help='pct push 958 -r a b'
if [ $# -lt 1 ]; then usage; exit 64; fi
