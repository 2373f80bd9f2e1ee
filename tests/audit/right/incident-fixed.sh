#!/bin/bash
set -euo pipefail
LXC_ID=958
SRC=/usr/local/phoenix_hypervisor/src/rag-api-service/systemd
for f in "$SRC"/*; do
  dest=/etc/systemd/system/${f##*/}
  pct push "$LXC_ID" "$f" "$dest"
  want=$(sha256sum "$f" | cut -d' ' -f1)
  for i in {1..20}; do
    have=$(pct exec "$LXC_ID" -- sha256sum "$dest" | cut -d' ' -f1)
    [ "$have" = "$want" ] && break
    sleep 0.5
  done
done
pct exec "$LXC_ID" -- systemctl daemon-reload
pct exec "$LXC_ID" -- systemctl enable --now embedding_server.service
