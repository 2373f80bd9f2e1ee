//! A patch keeps the rest of a script working; where that is not sure, the finding stays without one.

use super::*;

/// The changed lines of a script that begins with `set -euo pipefail`, and the rules that have no patch.
fn changes(script: &str) -> (Vec<String>, Vec<Rule>) {
    let source = Source {
        path: "provision.sh".to_owned(),
        text: format!("set -euo pipefail\n{script}"),
    };
    let patch = patch(&source, &|_, _| None, &|_, _| None, Style::Repair);
    let lines = patch.diff.lines().skip(2);
    let changed = lines.filter(|line| line.starts_with(['+', '-']));
    let left = patch.left.iter().map(|left| left.rule);
    (changed.map(str::to_owned).collect(), left.collect())
}

fn added(script: &str) -> Vec<String> {
    let (lines, _) = changes(script);
    let added = lines.iter().filter_map(|line| line.strip_prefix('+'));
    added.map(str::to_owned).collect()
}

const PUSH: &str = "pct push 958 a.service /etc/systemd/system/a.service";
const CHECK: &str = "pct exec 958 -- test -s /etc/systemd/system/a.service";
const ENABLE: &str = "pct exec 958 -- systemctl enable a.service";

#[test]
fn a_check_stays_in_the_list_of_its_push() {
    let cases = [
        (
            format!("for i in 1 2 3; do\n  {PUSH} && break\ndone\n{ENABLE}\n"),
            format!("  {PUSH} && {CHECK} && break"),
        ),
        (
            format!("[[ -f a.service ]] && {PUSH}\n{ENABLE}\n"),
            format!("[[ -f a.service ]] && {{ {PUSH}; {CHECK}; }}"),
        ),
        (
            format!("[[ -f a.service ]] && \\\n  {PUSH}\n{ENABLE}\n"),
            format!("  {{ {PUSH}; {CHECK}; }}"),
        ),
        (
            format!("{PUSH} && {ENABLE} && echo done\n"),
            format!("{PUSH} && {CHECK} && {ENABLE} && echo done"),
        ),
        (
            format!("if {PUSH}; then\n  {ENABLE}\nfi\n"),
            format!("if {PUSH} && {CHECK}; then"),
        ),
        (
            format!("{PUSH}; {ENABLE}\n"),
            format!("{PUSH}; {CHECK}; {ENABLE}"),
        ),
    ];
    for (script, expected) in cases {
        assert_eq!(added(&script), [expected], "{script}");
    }
}

#[test]
fn the_condition_of_a_push_is_that_of_its_directory() {
    let push = "pct push 958 a.conf /etc/a/a.conf";
    assert_eq!(
        added(&format!("[[ -f a.conf ]] && {push}\n")),
        [format!(
            "[[ -f a.conf ]] && {{ pct exec 958 -- mkdir -p /etc/a; {push}; }}"
        )]
    );
}

#[test]
fn a_push_in_the_background_is_not_checked_before_it_has_ended() {
    let script = format!("{PUSH} &\n{ENABLE}\n");
    assert_eq!(added(&script), ["wait"]);
}
