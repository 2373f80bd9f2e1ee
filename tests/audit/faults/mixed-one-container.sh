#!/bin/bash
set -e
CT=301
main() { enable_units; push_units; }
enable_units() { pct exec $CT -- systemctl enable a.service; }
push_units() { pct push $CT a.service /etc/systemd/system/a.service; pct exec $CT -- test -s /etc/systemd/system/a.service; }
main
pct exec $CT -- bash -c "mkdir -p /opt/app/{bin,etc}"
pct push $CT x /opt/app/bin/x
pct push $CT x /opt/app/bin
NAME=b
pct exec $CT -- bash -c 'systemctl restart '"$NAME"
pct exec $CT -- bash -c "$(cat <<EOF
cat > /etc/systemd/system/c.service <<UNIT
[Service]
ExecStart=/c
[Install]
WantedBy=multi-user.target
UNIT
systemctl enable --now c
EOF
)"
pct exec $CT -- su - app -c "npm ci"
pct exec $CT -- su - postgres -c "psql -c 'select 1'"
want=$(sha256sum < d.service | cut -d' ' -f1)
pct push $CT d.service /etc/systemd/system/d.service || exit 1
[ "$(pct exec $CT -- sha256sum /etc/systemd/system/d.service | cut -d' ' -f1)" = "$want" ] || { echo bad; exit 1; }
pct exec $CT -- systemctl enable d
cat > /tmp/run.sh <<'EOF'
systemctl restart e || true
EOF
pct exec $CT -- bash -s < /tmp/run.sh
pct exec $CT -- bash -c 'for u in f g; do systemctl enable "$u"; done'
pct exec $CT -- python3 -m venv /opt/venv
pct exec $CT -- /opt/venv/bin/pip install flask
#= error enable-before-push 5
#= error push-directory 10
#= warning error-swallowed 30
