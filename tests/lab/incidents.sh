# shellcheck shell=bash disable=SC2154
# Further states of `lab inject`, as incidents left them that look like something else. Sourced by lab, after inject.sh,
# whose form and variables these have. A scenario that leaves a provisioning log prints its path as `log=`.

at='' failure=''   # see failed

in_ct() { run sh -ec "$1"; }

# The unit, in the container and known to nobody yet: what tar, cp and mv then bring to its place.
stage() { in_ct 'mkdir -p /srv/app'; push "$source" "/srv/app/$file"; }

old() { run touch -d '2024-02-03 04:05:06.789' "$1"; }
restart_ct() { pct shutdown "$ct"; pct start "$ct"; wait_systemd "$ct"; }

# --- races of other tools ---------------------------------------------------------------------------------------------

#: late-tar             unpacked by tar --delay seconds after the failure, with its old modification time
inject_late_tar() {
  stage
  old "/srv/app/$file"
  run tar -C /srv/app -cf /srv/app.tar "$file"
  late run tar -C "$dir" -xpf /srv/app.tar
}

#: late-cp              copied by cp -p --delay seconds after the failure
inject_late_cp() { stage; old "/srv/app/$file"; late run cp -p "/srv/app/$file" "$dest"; }

#: late-rsync           written under a hidden name, given its old time, and renamed after the failure, as by rsync
inject_late_rsync() {
  stage
  old "/srv/app/$file"
  late in_ct "cp -p /srv/app/$file $dir/.$file.Xa3; mv $dir/.$file.Xa3 $dest"
}

#: late-writer          written after the failure by a process of the container that was running before, as by cloud-init
inject_late_writer() {
  stage
  in_ct "setsid sh -c 'until test -e /run/go; do sleep 0.02; done; cat /srv/app/$file >$dest' >/dev/null 2>&1 </dev/null &"
  late run touch /run/go
  until [[ $(inside "$ct" stat -c %s "$dest" 2>/dev/null) == "$(stat -c %s "$source")" ]]; do sleep 0.02; done
}

#: late-link            the symbolic link to a file that exists comes after the failure
inject_late_link() { stage; late run ln -s "/srv/app/$file" "$dest"; }

#: late-target          the symbolic link exists, and a push of the file that it leads to is still running at the failure
inject_late_target() {
  in_ct "mkdir -p /srv/app; ln -s /srv/app/$file $dest"
  dest=/srv/app/$file late_push
}

#: late-directory       a directory with the unit takes the place of the unit directory after the failure
inject_late_directory() {
  in_ct "cp -a $dir $dir.new"
  push "$source" "$dir.new/$file"
  late in_ct "mv $dir $dir.old; mv $dir.new $dir"
}

#: late-bind-mount      a directory with the unit is mounted over the unit directory after the failure
inject_late_bind_mount() {
  in_ct "mkdir -p /srv/app; cp -a $dir /srv/app/units"
  push "$source" "/srv/app/units/$file"
  late run mount --bind /srv/app/units "$dir"
}

#: late-push-restart    a late push, and the container is restarted afterwards
inject_late_push_restart() { late_push; restart_ct; }

#: late-push-again      a late push, and the same file is pushed over it later
inject_late_push_again() { late_push; sleep 4; push "$source" "$dest"; }

#: late-push-remade     a late push, and the file is removed and pushed again later
inject_late_push_remade() { late_push; sleep 4; run rm "$dest"; push "$source" "$dest"; }

#: late-push-copied     a late push, and the unit directory is replaced by a copy of itself later
inject_late_push_copied() { late_push; in_ct "mv $dir $dir.old; cp -a $dir.old $dir"; }

#: late-push-chmod      a late push, and the mode of the file is changed later
inject_late_push_chmod() { late_push; sleep 1; run chmod 600 "$dest"; }

#: late-push-fixed      a late push, and the unit is enabled and started afterwards
inject_late_push_fixed() { late_push; in_ct "systemctl enable --now $unit"; }

#: push-running         the push is still running during the diagnosis
inject_push_running() {
  local fifo=$LAB/late-$ct
  rm -f "$fifo"
  mkfifo "$fifo"
  # Its source answers when the container has stopped, so that the next scenario finds no push.
  (
    exec 8>&- 9>&- >/dev/null 2>&1
    "$HERE/pct" push "$ct" "$fifo" "$dest" &
    while running "$ct"; do sleep 0.1; done
    : >"$fifo"
  ) &
  wait_for_push
  reload
  enable
}

#: retried              enable fails three times, and then the late push arrives
inject_retried() {
  local fifo=$LAB/late-$ct
  rm -f "$fifo"
  mkfifo "$fifo"
  push "$fifo" "$dest" &
  wait_for_push
  reload
  enable
  sleep 0.3; run systemctl enable "$unit"
  sleep 0.3; run systemctl enable "$unit"
  cp "$source" "$fifo"
  wait
  rm -f "$fifo"
}

# --- late, beside another push that failed ------------------------------------------------------------------------------

#: other-directory-push a push of another directory to the unit directory fails, and this file comes late
inject_other_directory_push() { push "$LAB/src/systemd/" "$dir/"; sleep 1; late_push; }

#: similar-path-push    a push to a path that ends in that of the unit fails, and this file comes late
inject_similar_path_push() { push "$source" "/srv/backup$dest"; late_push; }

#: failed-good-removed  a directory push fails, a good push follows, the file is removed, and the next push is late
inject_failed_good_removed() {
  push "$LAB/src/systemd/" "$dir/"
  push "$source" "$dest"
  run rm "$dest"
  sleep 1
  late_push
}

#: old-failed-push      a push of this file failed thirty days ago, and now it is late
inject_old_failed_push() {
  local begun=$((EPOCHSECONDS - 2592000)) upid
  printf -v upid 'UPID:%s:00001234:00005678:%08X:push_file:%s:root@pam:' "$NODE" "$begun" "$ct"
  (
    flock 7
    sed -i "1i $upid $(printf %08X "$begun") failed to create file: $dest: No such file or directory" "$TASKS/index"
  ) 7>>"$TASKS/.active.lock"
  late_push
}

# --- pushes that fail without naming the unit ---------------------------------------------------------------------------

#: push-two-slashes     pushed to the unit directory with two slashes at its end
inject_push_two_slashes() { provision "$LAB/src/systemd/" "$dir//"; }

#: push-no-source       the source of the push is mistyped
inject_push_no_source() { provision "${source%?}"; }

#: push-relative        the destination is a relative path
inject_push_relative() { provision "$source" "systemd/system/$file"; }

#: push-no-user         pushed with an owner that does not exist
inject_push_no_user() { push --user nosuch "$source" "$dest"; reload; enable; }

#: push-bad-mode        pushed with an invalid mode
inject_push_bad_mode() { push --perms zz "$source" "$dest"; reload; enable; }

#: push-restarted       a push of a directory fails, and the container is restarted after the failure
inject_push_restarted() { inject_directory_push; restart_ct; }

#: push-forgotten       a push of a directory fails, and the host's task log is lost
inject_push_forgotten() { inject_directory_push; forget_tasks "$ct"; }

#: push-rotated         a push of a directory fails, and the host's task log is rotated
inject_push_rotated() {
  inject_directory_push
  (
    flock 7
    grep ":$ct:root@pam: " "$TASKS/index" >>"$TASKS/index.1"
    sed -i "/:$ct:root@pam: /d" "$TASKS/index"
  ) 7>>"$TASKS/.active.lock"
}

#: push-remedied        a push of a directory fails, and then the file is pushed, enabled and started
inject_push_remedied() { inject_directory_push; sleep 4; push "$source" "$dest"; in_ct "systemctl enable --now $unit"; }

#: removed-pushed-again pushed, removed before the failure, and pushed again long after it
inject_removed_pushed_again() { push "$source" "$dest"; run rm "$dest"; reload; enable; sleep 15; push "$source" "$dest"; }

# --- no race, and nothing that failed -----------------------------------------------------------------------------------

#: disabled             enabled and running, then disabled on purpose
inject_disabled() { inject_healthy; in_ct "systemctl disable --now $unit"; }

#: never-enabled        pushed and never enabled; the container was restarted since
inject_never_enabled() { push "$source" "$dest"; restart_ct; }

#: started-by-hand      pushed after an unrelated reload, and started without enabling it
inject_started_by_hand() { reload; push "$source" "$dest"; run systemctl start "$unit"; }

#: boot-failed-at       healthy, and the time of the failure is before the container was created
inject_boot_failed_at() { inject_healthy; printf 'failed_at=%(%Y-%m-%dT%H:%M:%SZ)T\n' $((EPOCHSECONDS - 3600)); }

#: after-failed-at      healthy, and the time of the failure is after everything
inject_after_failed_at() { inject_healthy; sleep 1; printf 'failed_at=%s\n' "$(now)"; }

# --- what hides or replaces the file --------------------------------------------------------------------------------------

#: hidden               hidden at the failure by a mount that is gone since
inject_hidden() {
  push "$source" "$dest"
  run mount -t tmpfs hides "$dir"
  late run umount "$dir"
}

#: still-hidden         hidden by a mount, still
inject_still_hidden() { push "$source" "$dest"; run mount -t tmpfs hides "$dir"; reload; enable; }

#: removed-later        enabled and running, then the file was removed
inject_removed_later() { inject_healthy; in_ct "systemctl stop $unit; rm $dest; systemctl daemon-reload"; enable; }

#: removed-running      the file was removed while the unit is enabled and runs
inject_removed_running() { inject_healthy; run rm "$dest"; sleep 1; enable; }

#: restored             the failure is older than the restore of the container
inject_restored() { inject_absent; sleep 1; stage; pct lab-task "$ct" vzrestore; run cp -p "/srv/app/$file" "$dest"; }

#: rolled-back          the failure is older than a rollback to a snapshot
inject_rolled_back() { inject_absent; sleep 1; pct lab-task "$ct" vzrollback; push "$source" "$dest"; }

#: masked-elsewhere     the unit is a vendor's, and masked in /etc
inject_masked_elsewhere() { run systemctl mask "$file"; provision "$source"; }

#: masked-at-runtime    the unit is a vendor's, and masked in /run
inject_masked_at_runtime() { push "$source" "$dest"; run systemctl mask --runtime "$file"; reload; enable; }

#: unmasked-later       masked at the failure, and unmasked and pushed later
inject_unmasked_later() { inject_masked; sleep 4; run systemctl unmask "$file"; sleep 4; push "$source" "$dest"; }

#: malformed-then-fixed malformed at the failure, and pushed again later
inject_malformed_then_fixed() { inject_binary; sleep 4; push "$source" "$dest"; }

#: read-only-at-enable  the file is there, and enable cannot write its link
inject_read_only_at_enable() {
  push "$source" "$dest"
  in_ct "mount --bind $dir $dir; mount -o remount,ro,bind $dir"
  reload
  enable
}

#: full-then-freed      the disk was full for the push, and is not any more
inject_full_then_freed() { fill_disk 0; provision "$source"; run rm "$dir/.other-data"; }

# --- not what it should be ------------------------------------------------------------------------------------------------

#: fifo                 a named pipe in its place
inject_fifo() { run mkfifo "$dest"; reload; enable; }

#: link-loop            a symbolic link to itself
inject_link_loop() { run ln -s "$file" "$dest"; reload; enable; }

#: utf-16               saved as UTF-16 by an editor
inject_utf_16() { provision "$(iconv -t UTF-16 "$source" | variant utf-16)"; }

#: error-page           a web server's page of an error, downloaded in place of the unit
inject_error_page() { provision "$(printf '<!DOCTYPE html>\n<html><body><h1>404 Not Found</h1></body></html>\n' | variant error-page)"; }

#: install-misspelt     its [Install] is written [install]
inject_install_misspelt() { provision "$(sed 's/\[Install\]/[install]/' "$source" | variant install-misspelt)"; }

# --- the wrong name or place --------------------------------------------------------------------------------------------

#: in-wants             pushed into the directory of links, in place of a link
inject_in_wants() { run mkdir -p "$dir/multi-user.target.wants"; provision "$source" "$dir/multi-user.target.wants/$file"; }

#: user-unit            pushed to the directory of user units
inject_user_unit() { provision "$source" "/etc/systemd/user/$file"; }

#: txt                  pushed with another ending after its name
inject_txt() { provision "$source" "$dest.txt"; }

#: capitals             pushed with capital letters in its name
inject_capitals() { provision "$source" "$dir/Embedding_Server.service"; }

#: template-only        only the template of the unit exists
inject_template_only() { provision "$source" "$dir/${unit%.*}@.${unit##*.}"; }

# --- provisioning logs --------------------------------------------------------------------------------------------------

log_path() { printf '%s/log-%s\n' "$LAB" "$ct"; }
# Writes its input to a provisioning log of its own, and prints where.
log() { cat >"$(log_path)"; printf 'log=%s\n' "$(log_path)"; }

# Sets `failure`, what the failed command said, and `at`, when: `2026-01-02T03:04:05.678901Z`. A line of a log may be a
# second late, so what came before the failure is over a second older.
failed() {
  [[ $lead != 0 ]] || lead=1.2
  at=$(inject_"${1:-late_push}" | sed -n 's/^failed_by=//p')
  failure=$(<"$LAB/last-failure-$ct")
}

traced() { printf '%s + pct exec %s -- systemctl enable %s\n%s %s\n' "$1" "$ct" "$unit" "$1" "$failure"; }

#: log-shell            a late push; the log of a shell script with a time in each line
inject_log_shell() { failed; traced "$at" | log; }

#: log-zone             the same, in the time of another zone
inject_log_zone() { failed; traced "$(TZ=UTC-5 date -d "$at" +%FT%T.%6N+05:00)" | log; }

#: log-retries          the same, with further failures that look like a run of their own
inject_log_retries() {
  failed
  for after in 0 0.1 0.2; do traced "$(date -d "$at + $after sec" +%FT%T.%6NZ)"; done | log
}

#: log-ansible          a late push; Ansible's log
inject_log_ansible() {
  failed
  log <<EOF
$at p=42 u=root n=ansible | TASK [embedding : enable the unit] ****************
$at p=42 u=root n=ansible | fatal: [ct$ct]: FAILED! => {"changed": false, "msg": "$failure"}
EOF
}

#: log-terraform        a late push; Terraform's log
inject_log_terraform() {
  failed
  log <<EOF
$at [DEBUG] null_resource.enable (remote-exec): $failure
$at [ERROR] vertex "null_resource.enable" error: remote-exec provisioner error
EOF
}

#: log-cloud-init       a late push; cloud-init's log
inject_log_cloud_init() {
  failed
  at=${at/T/ }
  at=${at/./,}
  log <<EOF
${at:0:23} - subp.py[DEBUG]: Running command ['systemctl', 'enable', '$unit']
${at:0:23} - util.py[WARNING]: $failure
EOF
}

#: log-set-x            a late push; the log of `set -x` without any time
inject_log_set_x() { failed; log <<<"+ pct exec $ct -- systemctl enable $unit"$'\n'"$failure"; }

#: log-other-unit       healthy; the log has the failure of another unit
inject_log_other_unit() { inject_healthy; log <<<"$(now) Failed to enable unit: Unit file worker.service does not exist."; }

#: log-other-container  healthy; the log has the failure of the same unit in another container
inject_log_other_container() {
  inject_healthy
  log <<<"$(now) + pct exec 4711 -- systemctl enable $unit"$'\n'"$(now) Failed to enable unit: Unit file $unit does not exist."
}

#: log-user-bus         healthy; the log has the failure of a user's systemctl
inject_log_user_bus() { inject_healthy; log <<<"$(now) Failed to connect to bus: No medium found"; }

#: log-old              healthy; the log is of a provisioning before this container was created
inject_log_old() {
  inject_healthy
  failure="Failed to enable unit: Unit file $unit does not exist."
  traced "$(date -d '1 hour ago' +%FT%TZ)" | log
}

#: log-time-inside      masked; a time within the message is an hour before
inject_log_time_inside() {
  run systemctl mask "$file"
  sleep 1.2
  failed masked
  failure+=" (since $(date -d '1 hour ago' +%FT%TZ))"
  traced "$at" | log
}

#: log-masked           masked at the failure and repaired later; the log says so
inject_log_masked() { failed unmasked_later; traced "$at" | log; }

#: log-malformed        malformed at the failure and repaired later; the log says so
inject_log_malformed() { failed malformed_then_fixed; traced "$at" | log; }

#: log-read-only        the file is there, and the log says that enable could not write
inject_log_read_only() { failed read_only_at_enable; traced "$at" | log; }

#: log-push-locked      another command had the container's lock for longer than the push waits; the log says so
inject_log_push_locked() {
  local begun ended said lock=/run/lock/lxc/pve-config-$ct.lock
  mkdir -p "${lock%/*}"
  begun=$(now)
  said=$(flock "$lock" "$HERE/pct" push "$ct" "$source" "$dest" 2>&1) || true
  ended=$(now)
  failed absent
  { echo "$begun + pct push $ct $source $dest"; echo "$ended ${said##*$'\n'}"; traced "$at"; } | log
}

#: log-push-not-running the container was not running for the push; the log says so
inject_log_push_not_running() {
  local begun said
  pct stop "$ct"
  begun=$(now)
  said=$("$HERE/pct" push "$ct" "$source" "$dest" 2>&1) || true
  pct start "$ct"
  wait_systemd "$ct"
  failed absent
  { echo "$begun + pct push $ct $source $dest"; echo "$begun $said"; traced "$at"; } | log
}

#: log-push-no-source   the source of the push is mistyped, and the task log is lost; the log says so
inject_log_push_no_source() {
  local begun said
  begun=$(now)
  said=$("$HERE/pct" push "$ct" "${source%ice}cie" "$dest" 2>&1)
  failed absent
  forget_tasks "$ct"
  { echo "$begun + pct push $ct ${source%ice}cie $dest"; echo "$begun $said"; traced "$at"; } | log
}
