# a library: its functions are called by other scripts
deploy_unit() {
  local ct=$1 unit=$2
  pct push "$ct" "$unit" /etc/systemd/system/ || return 1
  pct exec "$ct" systemctl --quiet enable "$unit"
}
stop_all() {
  for ct in "$@"; do
    pct exec "$ct" -- cat > /etc/systemd/system/off.service <<EOF
[Unit]
EOF
  done
}
#= error push-directory 4
#= error exec-dash-without-separator 5
#= error redirect-on-host 9
#= warning push-error-branch-dead 4
