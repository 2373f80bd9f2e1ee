#!/bin/bash
CT=120
pct push "$CT" app.conf /etc/app.conf
rc=$?
if [ "$rc" -ne 0 ]; then echo failed; exit 1; fi
#= warning push-error-branch-dead 3
