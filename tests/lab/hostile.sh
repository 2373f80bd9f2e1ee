# shellcheck shell=bash disable=SC2154
# Further incidents of `lab inject`, each hostile in a way of its own. Sourced by lab, after incidents.sh, whose form these have.

#: late-hard-link       a hard link to a file that exists comes after the failure
inject_late_hard_link() { stage; late run ln "/srv/app/$file" "$dest"; }

#: late-while-frozen    the container is suspended while the push writes, and resumed after the failure
inject_late_while_frozen() { late_push; pct suspend "$ct"; sleep 0.5; pct resume "$ct"; }

#: other-push-late      a push of another file is running at the failure; this one was never pushed
inject_other_push_late() { source=$LAB/src/other-$ct; good_unit "$unit" >"$source"; dest=/srv/other.conf late_push; rm "$source"; }

#: removed-before       pushed well, and removed by something else before enable
inject_removed_before() { push "$source" "$dest"; sleep 0.2; run rm "$dest"; sleep 0.2; reload; enable; }

#: not-renamed          pushed under a temporary name, and never renamed
inject_not_renamed() { provision "$source" "$dest.new"; }

#: trailing-space       pushed with a space at the end of its name
inject_trailing_space() { provision "$source" "$dest "; }

#: en-dash              pushed with an en dash in place of an underscore
inject_en_dash() { provision "$source" "$dir/${file/_/–}"; }

#: other-container      pushed to another container by mistake
inject_other_container() { reload; enable; log <<<"$(now) + pct push 4711 $source $dest"; }

#: byte-order-mark      begins with a byte order mark, as editors of Windows write it
inject_byte_order_mark() { provision "$({ printf '\xef\xbb\xbf'; cat "$source"; } | variant byte-order-mark)"; run systemctl start "$unit"; }

#: wants-is-a-file      a file is in the place of the directory of links
inject_wants_is_a_file() { in_ct "rm -rf $UNIT_DIR/multi-user.target.wants; touch $UNIT_DIR/multi-user.target.wants"; provision "$source"; }

#: also-missing         its Also= names a unit that does not exist
inject_also_missing() { provision "$(sed '/^WantedBy=/a Also=companion.service' "$source" | variant also-missing)"; }

#: empty-override       a good unit of the vendor, and an empty file of its name in /etc
inject_empty_override() { push "$source" "/usr/lib/systemd/system/$file"; in_ct ": >$dest"; sleep 0.2; reload; enable; }

#: log-interleaved      healthy; in a log of two containers, the other one fails
inject_log_interleaved() {
  inject_healthy
  failure="Failed to enable unit: Unit file $unit does not exist."
  log <<<"$(now) [ct 4711] systemctl enable $unit"$'\n'"$(now) [ct $ct] systemctl enable $unit"$'\n'"$(now) [ct 4711] $failure"
}

#: log-windows          a late push; the log has Windows line ends and colours
inject_log_windows() { failed; traced "$at" | sed $'s/Failed/\e[31mFailed/; s/$/\e[0m\r/' | log; }

#: log-epoch            a late push; the log has seconds since the epoch
inject_log_epoch() { failed; traced "$(date -d "$at" +%s.%6N)" | log; }

#: log-retry-succeeds   a late push, and a second attempt in the same log succeeds
inject_log_retry_succeeds() {
  failed
  in_ct "systemctl enable --now $unit"
  { echo "$at + set -e"; traced "$at"; printf '%s + pct exec %s -- systemctl enable %s\n' "$(now)" "$ct" "$unit"; } | log
}

#: masked-then-removed  masked at the failure, and the mask is removed later without a push
inject_masked_then_removed() { run systemctl mask "$file"; sleep 0.2; reload; enable; sleep 4; run rm "$dest"; }

# --- what a name is to systemd ------------------------------------------------------------------------------------------

#: link-to-directory    a symbolic link to the directory with the unit, instead of to the file
inject_link_to_directory() { stage; run ln -s /srv/app "$dest"; reload; enable; }

#: link-chain           a chain of absolute and relative links, which leads to the file
inject_link_chain() {
  stage
  in_ct "ln -s /srv/app/$file /srv/b.service; ln -s ../srv/b.service /etc/$file; ln -s ../../$file $dest"
  reload
  enable
}

#: generated            a generator makes the unit
inject_generated() {
  stage
  in_ct "mkdir -p /etc/systemd/system-generators; printf '#!/bin/sh\ncp /srv/app/$file \$1/\n' >/etc/systemd/system-generators/app"
  run chmod 755 /etc/systemd/system-generators/app
  reload
  enable
}

#: transient            systemd-run made the unit, and nothing was pushed
inject_transient() { in_ct "systemd-run --unit=$unit sleep 1000"; enable; }

#: no-instance          a template is enabled without the name of an instance
inject_no_instance() { push "$source" "$dir/app@.service"; reload; unit=app@.service enable; }

#: instance-file        only the file of one instance exists, and no template
inject_instance_file() { push "$source" "$dir/app@a.service"; reload; unit=app@a.service enable; }

#: missing-at           an instance is enabled, and the template was pushed without its @
inject_missing_at() { push "$source" "$dir/worker.service"; reload; unit=worker@a.service enable; }

#: carriage-return      pushed by a script with Windows line ends: the name ends in a carriage return
inject_carriage_return() { provision "$source" "$dest"$'\r'; }

#: no-ending            pushed without .service at the end of its name
inject_no_ending() { provision "$source" "${dest%.*}"; }

#: bad-drop-in          the unit is good, and a drop-in of it is not
inject_bad_drop_in() { in_ct "mkdir -p $dest.d; printf 'garbage\n[Foo\n' >$dest.d/x.conf"; provision "$source"; }

#: device               a device node in its place
inject_device() { run mknod "$dest" c 1 3; reload; enable; }

#: directory-link       the unit directory is a link, which is moved to another directory with the unit after the failure
inject_directory_link() {
  in_ct "cp -a $dir /srv/new; cp -a $dir /srv/old; mv $dir $dir.orig; ln -s /srv/old $dir"
  push "$source" "/srv/new/$file"
  late in_ct "ln -sfn /srv/new $dir"
}

#: run-restarted        pushed to /run, which a restart of the container empties before the failure
inject_run_restarted() { push "$source" "/run/systemd/system/$file"; restart_ct; reload; enable; }

#: snapshot-repaired    missing at the failure; a snapshot, and then a repair
inject_snapshot_repaired() { inject_absent; sleep 5; pct lab-task "$ct" vzsnapshot; push "$source" "$dest"; }

#: log-two-runs         missing in the first run that the log has, and masked in the last
inject_log_two_runs() {
  local first
  failed absent
  first=$(echo "$at === provisioning $ct ==="; traced "$at")
  run systemctl mask "$file"
  sleep 1.3
  failed absent
  { echo "$first"; echo "$at === provisioning $ct ==="; traced "$at"; } | log
}

#: log-syslog           a late push; the log is that of a tagged syslog, without a year
inject_log_syslog() {
  # Its times are whole seconds: a second more on both sides of the failure.
  delay=3
  lead=2.2
  failed
  traced "$(date -d "$at" '+%b %d %T') pve1 provision[123]:" | log
}
