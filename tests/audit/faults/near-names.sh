#!/bin/bash
set -e
CT=212
pct push $CT embedding-server.service /etc/systemd/system/embedding-server.service
pct exec $CT -- test -s /etc/systemd/system/embedding-server.service
pct exec $CT -- systemctl enable embedding_server.service
pct push $CT Foo.service /etc/systemd/system/Foo.service
pct exec $CT -- test -s /etc/systemd/system/Foo.service
pct exec $CT -- systemctl start foo
pct push $CT collectr.service /etc/systemd/system/collectr.service
pct exec $CT -- test -s /etc/systemd/system/collectr.service
pct exec $CT -- systemctl enable --now collector
pct push $CT job.service /etc/systemd/system/job.service
pct push $CT job.timer /etc/systemd/system/job.timer
pct exec $CT -- ls /etc/systemd/system/job.service /etc/systemd/system/job.timer
pct exec $CT -- systemctl enable jobs.timer
pct exec 213 -- systemctl enable job.timer
pct exec $CT -- bash -c "apt-get update && apt-get install -y redis-server"
pct exec $CT -- systemctl enable redis-server
pct exec $CT -- systemctl enable rediss
#= error unit-name-mismatch 6
#= error unit-name-mismatch 9
#= error unit-name-mismatch 12
#= error unit-name-mismatch 16
#= error container-mismatch 17
