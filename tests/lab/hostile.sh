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
