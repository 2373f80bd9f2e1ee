#!/bin/bash
CT=500
deploy() {
  pct push $CT a.service /etc/systemd/system/a.service 2>/dev/null
  if [ $? -ne 0 ]; then
    echo "push failed"
    exit 1
  fi
  if ! pct push $CT b.service /etc/systemd/system/b.service; then
    exit 1
  fi
  pct push "$CT" c.service /etc/systemd/system/c.service || { echo failed; return 1; }
  local out=$(pct exec $CT -- systemctl enable a b c)
  pct exec $CT -- systemctl start a || true
  pct exec $CT -- systemctl start b | tee -a /var/log/deploy.log
  pct exec $CT -- bash -c "systemctl daemon-reload; systemctl start c"
}
deploy
#= warning push-error-branch-dead 4
#= warning push-output-discarded 4
#= warning push-error-branch-dead 9
#= warning push-error-branch-dead 12
#= warning error-swallowed 13
#= warning error-swallowed 14
#= warning error-swallowed 15
#= note error-swallowed 16
