#!/bin/bash
set -e
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p build
cp units/app.service build/
pct push 958 build /opt/units
#= error push-directory 6
#? ! pct exec 958 -- test -s /opt/units
