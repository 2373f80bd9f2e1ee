use std::sync::LazyLock;

use unicode_width::UnicodeWidthStr as _;

use super::*;
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::recording::Target;
use crate::evidence::time::{Interval, SECOND};
use crate::fixture::{Run, at, runbook};
use crate::runbook::Runbook;

static INCIDENT: LazyLock<Runbook> = LazyLock::new(|| runbook(include_str!("tests/incident.yaml")));

const UNIT_FILE: &str = "[Unit]\nDescription=Embeddings\n\n[Service]\nExecStart=/opt/embed/serve\n\n[Install]\nWantedBy=multi-user.target\n";

/// The container that every incident here is in.
fn new() -> Run<'static> {
    let mut run = Run::new(&INCIDENT);
    run.recording.target = Target {
        os: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
        systemd: Some("252".to_owned()),
        kernel: Some("6.8.12-4-pve".to_owned()),
        pve: Some("8.2.7".to_owned()),
        ..run.recording.target
    };
    run
}

fn journal(lines: &[(f64, &str)]) -> String {
    lines
        .iter()
        .map(|(seconds, message)| {
            let micros = at(*seconds) / 1_000;
            format!("{{\"__REALTIME_TIMESTAMP\":\"{micros}\",\"MESSAGE\":\"{message}\"}}\n")
        })
        .collect()
}

const LOGGED: &[(f64, &str)] = &[
    (-94.812_004, "Startup finished in 812ms."),
    (-31.402_118, "Reloading."),
];

fn push(seconds: f64, status: &str) -> Facts {
    let begin = at(seconds) / SECOND * SECOND;
    Facts::from([
        ("type".into(), Fact::Text("push_file".into())),
        ("status".into(), Fact::Text(status.into())),
        ("ok".into(), Fact::Bool(status == "OK")),
        (
            "begin".into(),
            Fact::Time(Interval::new(begin, begin + SECOND)),
        ),
    ])
}

fn stamp(seconds: f64) -> String {
    let nanos = at(seconds);
    let stamp = format!("{}.{:09}", nanos / SECOND, nanos % SECOND);
    format!("{} {stamp} {stamp}\n", UNIT_FILE.len())
}

const LS: &str = "total 4\n-rw-r--r-- 1 root root 120 Jan  2 03:03 embedding_server.service\n";
const MISSING: &str = "stat: cannot statx '/etc/systemd/system/embedding_server.service': No such file or directory\n";

/// The file arrived 1.4 s after systemd had looked; lxcdiag then reloaded and enabled it.
fn late_push() -> Run<'static> {
    new()
        .exits("stamp", 0, &stamp(-29.991_204_377), "")
        .exits("pid1", 0, &journal(LOGGED), "")
        .looked("pushes", vec![push(-30.2, "OK")])
        .exits("unit_dir", 0, LS, "")
        .exits("unit_file", 0, UNIT_FILE, "")
        .exits("is_enabled", 1, "disabled\n", "")
        .exits("disk", 0, "Use%\n 41%\n", "")
        .exits("reload", 0, "", "")
        .last(|reload| reload.duration = Some(1_204_000_000))
        .exits("enable", 0, "", "Created symlink /etc/systemd/system/multi-user.target.wants/embedding_server.service.\n")
}

/// The incident's own push, of a directory; nothing was changed.
fn directory_push() -> Run<'static> {
    let gone = "cat: /etc/systemd/system/embedding_server.service: No such file or directory\n";
    let mut run = new()
        .exits("stamp", 1, "", MISSING)
        .exits("pid1", 0, &journal(LOGGED), "")
        .looked(
            "pushes",
            vec![push(
                -33.0,
                "failed to create file: /etc/systemd/system/: Is a directory",
            )],
        )
        .exits("unit_dir", 0, "total 0\n", "")
        .exits("unit_file", 1, "", gone)
        .exits("is_enabled", 1, "", "Failed to get unit file state for embedding_server.service: No such file or directory\n")
        .exits("disk", 0, "Use%\n 41%\n", "")
        .skipped("reload", "it changes the container, and --read-only is given")
        .skipped("enable", "needs reload, which has not passed");
    run.recording.read_only = true;
    run
}

fn healthy() -> Run<'static> {
    new()
        .exits("stamp", 0, &stamp(-86_400.0), "")
        .exits("pid1", 0, &journal(&[(-86_390.0, "Reloading.")]), "")
        .looked("pushes", vec![push(-86_400.2, "OK")])
        .exits("unit_dir", 0, LS, "")
        .exits("unit_file", 0, UNIT_FILE, "")
        .exits("is_enabled", 0, "enabled\n", "")
        .exits("disk", 0, "Use%\n 41%\n", "")
        .skipped(
            "reload",
            "it changes the container, and --read-only is given",
        )
        .skipped("enable", "needs reload, which has not passed")
}

/// The container's shell died after the second check.
fn cut_short() -> Run<'static> {
    let gone = "the shell in the container was killed (exit 137)";
    let mut run = new()
        .exits("stamp", 0, &stamp(-29.991_204_377), "")
        .errored("pid1", gone)
        .looked("pushes", Vec::new())
        .errored("unit_dir", gone)
        .errored("unit_file", gone)
        .errored("is_enabled", gone)
        .errored("disk", gone)
        .errored("reload", gone)
        .skipped("enable", "needs reload, which has not passed");
    run.recording.cut_short = Some("interrupted by SIGINT".to_owned());
    run
}

fn table(run: &Run<'_>, width: u16) -> String {
    let colour = false;
    render(&run.report(), Format::Table, Layout { width, colour })
}

#[test]
fn a_race_at_80_columns() {
    insta::assert_snapshot!(table(&late_push(), 80));
}

#[test]
fn a_race_at_120_columns() {
    insta::assert_snapshot!(table(&late_push(), 120));
}

#[test]
fn a_race_at_200_columns() {
    insta::assert_snapshot!(table(&late_push(), 200));
}

#[test]
fn a_race_with_a_known_time_of_failure() {
    let run = late_push().failed_at(-31.4);
    insta::assert_snapshot!(table(&run, 100));
}

#[test]
fn a_push_that_failed() {
    insta::assert_snapshot!(table(&directory_push(), 100));
}

#[test]
fn a_healthy_container() {
    insta::assert_snapshot!(table(&healthy(), 100));
}

#[test]
fn a_run_that_ended_early() {
    insta::assert_snapshot!(table(&cut_short(), 100));
}

#[test]
fn in_colour() {
    let layout = Layout {
        width: 100,
        colour: true,
    };
    let text = render(&directory_push().report(), Format::Table, layout);
    insta::assert_snapshot!(text.replace('\x1b', "␛"));
    // Without the colours, the text is the same.
    let bare = regex::Regex::new("\x1b\\[[0-9;]*m").unwrap();
    assert_eq!(bare.replace_all(&text, ""), table(&directory_push(), 100));
}

#[test]
fn a_critical_disk() {
    let mut run = healthy();
    run.recording.attempts[6].stdout.head = b"Use%\n 97%\n".to_vec();
    insta::assert_snapshot!(table(&run, 80));
}

/// What a container prints cannot act on the terminal or break the layout.
#[test]
fn hostile_and_wide_text() {
    let mut run = late_push();
    run.recording.target.os = Some("\x1b]0;owned\x07Debian".to_owned());
    let hostile = "日本語のユニットファイルの名前がとても長い場合\x1b[2J\u{202e}desrever\u{200b}\r-rw-r--r-- embedding_server.service\n";
    run.recording.attempts[3].stdout.head = hostile.as_bytes().to_vec();
    run.recording
        .vars
        .insert("unit".into(), "日本語\x1b[31m@ü.service".into());
    let text = table(&run, 80);
    insta::assert_snapshot!(text);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn no_line_has_trailing_spaces_or_is_wider_than_the_terminal() {
    for run in [late_push(), directory_push(), healthy(), cut_short()] {
        for width in [60, 72, 80, 100, 120, 200] {
            for line in table(&run, width).lines() {
                assert_eq!(line.trim_end(), line, "{line:?}");
                // A command of the remedy is never broken.
                if !line.starts_with("    ") {
                    assert!(line.width() <= usize::from(width), "{width}: {line}");
                }
            }
        }
    }
}

#[test]
fn commands_of_a_remedy_can_be_copied() {
    let text = table(&late_push(), 60);
    let command = "      [ \"$(pct exec 958 -- sha256sum /etc/systemd/system/embedding_server.service 2>/dev/null | cut -d' ' -f1)\" = \"$want\" ] && break\n";
    assert!(text.contains(command), "{text}");
}

#[test]
fn empty_columns_are_omitted() {
    let runbook = runbook(
        "runbook: plain\ntitle: Plain\nchecks:\n  - { id: up, title: Is it up, run: [up], pass: exit == 0 }\n",
    );
    let text = table(&Run::new(&runbook).passes(&["up"]), 80);
    insta::assert_snapshot!(text);
}

#[test]
fn long_texts_are_clipped_in_the_table_but_not_in_json() {
    let runbook = runbook(
        "runbook: plain\ntitle: Plain\nchecks:\n  - { id: up, title: Is it up, run: [up], pass: exit == 0, show: '{{ stdout }}' }\n",
    );
    let flood = "x ".repeat(1 << 19);
    let report = Run::new(&runbook).exits("up", 0, &flood, "").report();
    let layout = Layout {
        width: 80,
        colour: false,
    };
    assert!(render(&report, Format::Table, layout).len() < 2_000);
    assert!(render(&report, Format::Json, layout).len() > flood.len());
}

#[test]
fn a_long_timeline_shows_its_end() {
    let lines: Vec<_> = (0..50).map(|n| (f64::from(n), "Reloading.")).collect();
    let mut run = healthy();
    run.recording.attempts[1].stdout.head = journal(&lines).into_bytes();
    let text = table(&run, 80);
    assert!(
        text.contains("  … 13 earlier events are in the JSON report\n"),
        "{text}"
    );
    assert!(
        text.contains("  03:04:54.000000        1.00 s later ● systemd: Reloading. (pid1)\n"),
        "{text}"
    );
}

#[test]
fn times_have_their_known_precision_and_days_are_shown() {
    insta::assert_snapshot!({
        let mut run = healthy().failed_at(0.0);
        run.recording.failed_at = Some(Interval::new(at(0.2), at(0.7)));
        let text = table(&run, 100);
        let from = text.find("Timeline").unwrap();
        text[from..].to_owned()
    });
}

#[test]
fn conflicting_evidence_shows_both_sides() {
    let runbook = runbook(
        "runbook: plain
title: Plain
checks:
  - { id: up, title: Is it up, run: [up], pass: exit == 0 }
hypotheses:
  - id: torn
    race: true
    title: Torn
    about: Both.
    remedy: None.
    evidence:
      - { if: up.passed, then: confirms, says: it is up }
      - { if: up.passed, then: rules_out, says: it is not down }
",
    );
    let text = table(&Run::new(&runbook).passes(&["up"]), 80);
    assert!(
        text.contains("torn (race)  conflicting  it is up; but it is not down\n"),
        "{text}"
    );
}

mod brief;
mod json;
