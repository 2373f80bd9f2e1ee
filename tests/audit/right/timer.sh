#!/bin/bash
set -e
CT=180
put() { local tmp; tmp=$(mktemp); cat > "$tmp"; pct push "$CT" "$tmp" "$1"; rm -f "$tmp"; pct exec "$CT" -- chmod 0644 "$1"; }
put /etc/systemd/system/clean.service <<EOF
[Service]
Type=oneshot
ExecStart=/usr/bin/find /var/tmp -mtime +7 -delete
EOF
put /etc/systemd/system/clean.timer <<EOF
[Timer]
OnCalendar=daily
[Install]
WantedBy=timers.target
EOF
pct exec "$CT" -- systemctl enable --now clean.timer
pct exec "$CT" -- systemctl start clean.service
