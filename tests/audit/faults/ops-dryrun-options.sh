#!/bin/bash
set -e
run() { if [ -n "$DRY" ]; then echo "+ $*"; else "$@"; fi; }
run pct push 120 app.service /etc/systemd/system/app.service --mode 644
#= error push-arguments 4
