#!/bin/bash
set -e
mkdir -p snippets
cat >snippets/user.yaml <<'Y'
#cloud-config
write_files:
  - path: /etc/systemd/system/app.service
    content: |
      [Service]
      ExecStart=/bin/true
runcmd:
  - systemctl daemon-reload
  - systemctl enable --now app.service
  - pct push 120 units/ /etc/systemd/system/
Y
qm set 9000 --cicustom "user=local:snippets/user.yaml"
