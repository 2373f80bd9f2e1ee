#!/usr/bin/env bash
source <(curl -fsSL https://example.org/build.func)
APP="Gotify"
header_info "$APP"
variables
color
catch_errors
start
build_container
description
msg_info "Installing dependencies"
$STD apt-get install -y curl sudo mc
msg_ok "Installed dependencies"
cat <<EOF >/etc/systemd/system/gotify.service
[Unit]
Description=Gotify
[Service]
ExecStart=/opt/gotify/gotify-linux-amd64
[Install]
WantedBy=multi-user.target
EOF
systemctl enable -q --now gotify
pct exec "$CTID" -- systemctl enable --now gotify.service
msg_ok "Completed successfully!\n"
#= note error-swallowed 23
