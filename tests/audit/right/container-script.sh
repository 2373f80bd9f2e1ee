#!/usr/bin/env bash
# community style
set -euo pipefail
STD=""
function msg_info() { echo -e " - $1"; }
function msg_ok() { echo -e " + $1"; }
function error_handler() { local rc=$?; echo "line $1 rc $rc"; exit $rc; }
trap 'error_handler $LINENO' ERR
trap cleanup EXIT
function cleanup() { rm -rf "$TEMP_DIR"; }
TEMP_DIR=$(mktemp -d)
pushd $TEMP_DIR >/dev/null
CTID=$(pvesh get /cluster/nextid)
msg_info "Creating container"
pct create $CTID local:vztmpl/debian-12-standard_12.2-1_amd64.tar.zst -hostname app -net0 name=eth0,bridge=vmbr0,ip=dhcp -onboot 1 -cores 2 -memory 2048 &>/dev/null
msg_ok "Created"
pct start "$CTID"
sleep 5
pct exec "$CTID" -- bash -c "apt-get update && apt-get install -y curl sudo" >/dev/null
pct exec $CTID -- bash -c "cat <<EOF >/etc/systemd/system/myapp.service
[Unit]
Description=My App
After=network.target

[Service]
ExecStart=/opt/myapp/bin
Restart=always

[Install]
WantedBy=multi-user.target
EOF"
pct exec $CTID -- systemctl enable -q --now myapp.service
IP=$(pct exec "$CTID" ip a s dev eth0 | awk '/inet / {print $2}' | cut -d/ -f1)
msg_ok "http://$IP"
#= note sleep-as-synchronisation 18
