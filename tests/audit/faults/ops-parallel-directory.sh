#!/bin/bash
set -e
parallel -j2 pct push {} app.service /etc/systemd/system/ ::: 101 102
#= error push-directory 3
