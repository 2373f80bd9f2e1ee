#!/bin/bash
set -e
CT=601
# unknown before: source of a library that is missing
source /usr/local/lib/provision.sh
pct exec $CT -- systemctl enable late
pct push $CT late.service /etc/systemd/system/late.service
pct push $CT embedding-server.service /etc/systemd/system/embedding-server.service
pct exec $CT -- test -s /etc/systemd/system/embedding-server.service
pct exec $CT -- systemctl enable embedding_server
pct push $CT dir/ /etc/systemd/system/
#= error push-directory 11
#= warning enable-before-push 6
#= warning unit-name-mismatch 10
