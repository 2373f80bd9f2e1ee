#!/bin/bash
# Provision the embedding server in container 958.
LXC_ID=958

log_info() {
    echo "[INFO] $1"
}

pct push 958 /usr/local/phoenix_hypervisor/src/rag-api-service/systemd/ /etc/systemd/system/

# Create requirements.txt
pct exec $LXC_ID -- bash -c "cat <<EOT > /opt/requirements.txt
fastapi
uvicorn
EOT"

log_info "Reloading systemd..."
pct exec $LXC_ID -- systemctl daemon-reload
pct exec $LXC_ID -- systemctl enable embedding_server.service
pct exec $LXC_ID -- systemctl start embedding_server.service
#= error push-directory 9
#= note error-swallowed 18
#= note error-swallowed 19
#= note error-swallowed 20
