#!/bin/bash
YW="\033[33m" CL="\033[m"
msg_info() { echo -ne " - ${YW}$1...${CL}"; }
msg_ok() { echo -e "ok $1"; }
msg_error() { echo -e "error $1" >&2; }
CTID="${1:-$(pvesh get /cluster/nextid)}"
set -Eeuo pipefail
trap 'msg_error "line $LINENO: $BASH_COMMAND"; exit 1' ERR
msg_info "Creating LXC"
pct create "$CTID" local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst --hostname app --net0 name=eth0,bridge=vmbr0,ip=dhcp >/dev/null
pct start "$CTID"
for i in {1..20}; do pct exec "$CTID" -- ip -4 -o addr show dev eth0 | grep -q inet && break; sleep 1; done
msg_ok "started"
lxc-attach -n "$CTID" -- bash -c "$(curl -fsSL https://raw.githubusercontent.com/community-scripts/ProxmoxVE/main/install/app-install.sh)"
pct exec "$CTID" -- systemctl enable --now app.service
msg_ok "done"
