#!/bin/bash
set -e
CT=340
cat > /tmp/setup.sh <<'EOF'
#!/bin/bash
set -e
name=inner
cat > /etc/systemd/system/$name.service <<UNIT
[Service]
ExecStart=/usr/bin/inner
[Install]
WantedBy=multi-user.target
UNIT
systemctl enable --now "$name"
EOF
pct push $CT /tmp/setup.sh /root/setup.sh --perms 755
pct exec $CT -- /root/setup.sh
pct exec $CT -- systemctl restart inner
pct push $CT other.sh /root/other.sh
pct exec $CT -- bash /root/other.sh
pct exec $CT -- systemctl restart unknown-to-us
