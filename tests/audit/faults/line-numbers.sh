set -e
f() {
	pct exec 1 -- bash -s <<-EOF
		echo a
		systemctl restart x || true
	EOF
	cat <<EOT | pct exec 1 -- bash
echo é

systemctl restart y || true
EOT
}
f
pct exec 1 -- bash -c "
  echo \"q\" \
    more
  systemctl restart z || true"
ssh h <<'E'
pct exec 2 -- bash -c '
systemctl restart w || true'
E
pct exec 1 -- bash -c $'echo a\nsystemctl restart v || true'
x=$(pct exec 1 -- bash -c "
  systemctl restart u || true
")
#= warning error-swallowed 5
#= warning error-swallowed 10
#= warning error-swallowed 17
#= warning error-swallowed 20
#= warning error-swallowed 22
#= warning error-swallowed 24
