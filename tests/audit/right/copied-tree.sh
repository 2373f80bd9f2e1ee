#!/bin/bash
set -e
D=/opt/stack
CT=170
cd "$(dirname "$0")"
. ./lib/common.sh
pct_push_dir() {
  local src=$1 dst=$2
  find "$src" -type f -print0 | while IFS= read -r -d '' f; do
    rel=${f#"$src"/}
    pct exec $CT -- mkdir -p "$(dirname "$dst/$rel")"
    pct push $CT "$f" "$dst/$rel"
  done
}
pct_push_dir app $D
pct exec $CT -- ln -sf $D/app.service /etc/systemd/system/app.service
pct exec $CT -- systemctl daemon-reload
pct exec $CT -- systemctl enable app.service
pct exec $CT -- systemctl enable $D/extra/other.service
