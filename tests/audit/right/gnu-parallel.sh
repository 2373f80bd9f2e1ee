#!/bin/bash
set -euo pipefail
parallel --halt now,fail=1 pct push {} app.service /etc/systemd/system/app.service ::: 101 102
parallel -j 2 pct exec {} -- test -s /etc/systemd/system/app.service ::: 101 102
parallel -j2 'pct exec {} -- systemctl enable --now app' ::: 101 102
parallel -j2 pct push {1} {2} /etc/systemd/system/app.service ::: 101 102 ::: app.service
