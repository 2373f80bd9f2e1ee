#!/bin/bash
set -e
CTID=130
lxc-attach -n $CTID -- bash -s <<'EOF'
set -e
cat > /etc/systemd/system/a.service <<'UNIT'
[Service]
ExecStart=/usr/bin/a
[Install]
WantedBy=multi-user.target
UNIT
for s in a; do
  systemctl enable --now "$s"
done
EOF
cat install.sh | pct exec $CTID -- bash
pct exec $CTID -- bash -c "$(curl -fsSL https://example.org/install.sh)"
pct exec $CTID -- systemctl enable --now whatever
eval "$POST_HOOK"
pct exec $CTID -- systemctl restart other-thing
pct push $CTID thing.service /etc/systemd/system/thing.service
