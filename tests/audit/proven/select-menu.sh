#!/bin/bash
set -e
PS3='unit? '
select unit in app; do break; done <<<1
pct push 958 "units/$unit.service" "/etc/systemd/system/$unit.service"
pct exec 958 -- test -s "/etc/systemd/system/$unit.service"
pct exec 958 -- systemctl enable "$unit"
#? pct exec 958 -- systemctl is-enabled app
