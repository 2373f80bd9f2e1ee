#!/bin/bash
set -e
CT=280
pct push $CT w@.service /etc/systemd/system/w@.service
pct exec $CT -- test -s /etc/systemd/system/w@.service
pct exec $CT -- systemctl enable w@one w@two.service
pct exec $CT -- systemctl enable w.service
pct push $CT v.service /etc/systemd/system/v.service
pct exec $CT -- test -s /etc/systemd/system/v.service
pct exec $CT -- systemctl enable v@a
#= error unit-name-mismatch 7
#= error unit-name-mismatch 10
