#!/bin/bash
CT=202
if pct push $CT a /etc/a; then echo pushed; else echo failed; exit 1; fi
pct push $CT b /etc/b
rc=$?
if [ $rc -ne 0 ]; then exit 1; fi
pct push $CT c /etc/c && echo ok || echo failed
while ! pct push $CT d /etc/d; do sleep 1; done
until pct push $CT e /etc/e; do sleep 1; done
pct push $CT f /etc/f || :
pct push $CT g /etc/g || true
retry() { local i; for i in 1 2 3; do "$@" && return 0; sleep 1; done; echo "gave up"; return 1; }
retry pct push $CT h /etc/h
must() { "$@" || { echo "failed: $*"; exit 1; }; }
must pct push $CT i /etc/i
pct push $CT j /etc/j || must true
pct exec $CT -- test -s /etc/j || exit 1
[ "$(pct push $CT k /etc/k 2>&1)" = "" ] || exit 1
pct push $CT l /etc/l &>/dev/null || exit 1
pct push $CT m /etc/m >/dev/null 2>&1
{ pct push $CT n /etc/n; pct push $CT o /etc/o; } 2>/dev/null
quiet() { "$@" >/dev/null 2>&1; }
quiet pct push $CT p /etc/p
(( $? == 0 )) || exit 1
pct push $CT q /etc/q; [ $? = 0 ] || exit 2
pct push $CT r /etc/r
case $? in 0) ;; *) exit 1;; esac
#= warning push-error-branch-dead 3
#= warning push-error-branch-dead 4
#= warning push-error-branch-dead 7
#= warning push-error-branch-dead 8
#= warning push-error-branch-dead 9
#= warning push-error-branch-dead 15
#= warning push-error-branch-dead 19
#= warning push-output-discarded 19
#= warning push-output-discarded 20
#= warning push-output-discarded 21
#= warning push-error-branch-dead 23
#= warning push-output-discarded 23
#= warning push-error-branch-dead 25
#= warning push-error-branch-dead 26
