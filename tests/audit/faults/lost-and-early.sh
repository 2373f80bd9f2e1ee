#!/bin/bash
set -euo pipefail
CT=204
NAME=svc
pct exec $CT -- bash -c 'systemctl enable ${NAME}.service'
pct exec $CT -- bash <<'EOF'
cp /opt/x.service /etc/systemd/system/${NAME}.service
systemctl start ${NAME}
EOF
cat <<'EOF' | pct exec $CT -- bash -s
systemctl enable "$NAME"
EOF
lxc-attach -n $CT -- sh -c 'systemctl restart $NAME'
export NAME
pct exec $CT -- bash -c 'systemctl enable ${NAME}.service'
pct exec $CT -- bash -c "UNIT=x.service
systemctl enable $UNIT
systemctl start \$UNIT"
pct exec $CT -- bash -c "while read -r u; do systemctl start $u; done < /opt/list"
ssh root@n <<EOF
ID=205
pct exec $ID -- systemctl restart ssh
EOF
ssh root@n <<'EOF'
pct push $CT /root/a /etc/a
EOF
pct exec $CT -- bash -c "for i in 1 2; do systemctl start w@$i; done"
#= error variable-lost 5
#= error variable-lost 7
#= error variable-lost 11
#= error variable-lost 13
#= error expanded-too-early 17
#= error expanded-too-early 19
#= error expanded-too-early 22
#= error variable-lost 25
#= error expanded-too-early 27
#= note error-swallowed 17
