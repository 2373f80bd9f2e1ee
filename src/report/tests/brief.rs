//! The report in brief, of every recorded incident.

use std::path::{Path, PathBuf};

use unicode_width::UnicodeWidthStr as _;

use super::{healthy, late_push};
use crate::engine::conclude::conclude;
use crate::evidence::recording::Recording;
use crate::judge::results::EventSource;
use crate::judge::{Level, VerdictKind};
use crate::report::settled::{Settled, Symptom};
use crate::report::words::blocks;
use crate::report::{Format, Layout, Report, brief, render};
use crate::runbook::{read, read_runbook};
use crate::terminal_text::visible;

const LAYOUT: Layout = Layout {
    width: 80,
    colour: false,
};

/// The lines of a terminal with 80 columns, which breaks longer ones.
fn screen(text: &str) -> Vec<String> {
    let lines = text.lines().flat_map(|line| {
        let mut rows = vec![String::new()];
        for character in line.chars() {
            if rows.last().unwrap().width() == 80 {
                rows.push(String::new());
            }
            rows.last_mut().unwrap().push(character);
        }
        rows
    });
    lines.collect()
}

fn runbooks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks")
}

/// A recording of the runbook tests, judged by the runbook of today.
fn recorded(name: &str) -> Report {
    let path = runbooks().join(format!("tests/recordings/{name}.json"));
    let bytes = std::fs::read(&path).unwrap();
    let recording: Recording = serde_json::from_slice(&bytes).unwrap();
    let file = runbooks().join(format!("{}.yaml", recording.runbook.id));
    let source = read_runbook(&file).unwrap();
    let runbook = read(&source).unwrap();
    conclude(&runbook, &source.sha256(), recording, None, false).report
}

fn every_recorded() -> impl Iterator<Item = (String, Report)> {
    let mut paths: Vec<_> = std::fs::read_dir(runbooks().join("tests/recordings"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 100, "{}", paths.len());
    paths.into_iter().map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let report = recorded(&name);
        (name, report)
    })
}

#[test]
fn an_incident_takes_one_page_and_the_last_lines_say_what_to_do() {
    for (name, report) in every_recorded() {
        let text = brief(&report, LAYOUT);
        let blocks = blocks(&report.verdict.remedy);
        let command = blocks.iter().find(|block| block.is_command);
        let script = command.map_or(0, |block| screen(&block.text).len());
        let screen = screen(&text);
        assert!(
            screen.len() <= 40,
            "{name}, {} lines:\n{text}",
            screen.len()
        );
        let last = screen[screen.len().saturating_sub(24)..].join("\n");
        let flat = |text: &str| text.replace(['▌', '\n', ' '], "");
        // A long headline is on two lines.
        assert!(
            flat(&last).contains(&flat(&report.headline())),
            "{name}:\n{text}"
        );
        let Some(row) = report.main_hypothesis() else {
            continue;
        };
        let reason = flat(&visible(&row.reason()));
        assert!(flat(&last).contains(&reason), "{name}:\n{text}");
        let lines = command.iter().flat_map(|block| block.text.lines());
        for line in lines.filter(|_| script <= 17) {
            assert!(flat(&last).contains(&flat(line)), "{name}: {line}\n{text}");
        }
    }
}

/// Backticks in what a container prints are text.
#[test]
fn commands_in_the_sentences_of_a_page_are_code() {
    let mut report = recorded("directory-push-252");
    let mut rows = report.hypotheses.iter_mut();
    let row = rows.find(|row| row.id == "push-failed").unwrap();
    let says = row.evidence.iter_mut().find(|it| it.holds == Some(true));
    says.unwrap().says = "the container said `rm -r /` and `<b>pct push</b>`".into();
    let page = render(&report, Format::Html, LAYOUT);
    assert!(
        page.contains("<p class=\"nature\"><code>pct push</code> could not write the file,"),
        "{page}"
    );
    assert!(page.contains("embedding_server.service. <code>pct push</code> cannot copy"));
    let said = "said `rm -r &#x2f;` and `&lt;b&gt;pct push&lt;&#x2f;b&gt;`";
    assert!(page.contains(said), "{page}");
    let ticket = render(&report, Format::Jira, LAYOUT);
    assert!(ticket.contains("{{pct push}} could not write"), "{ticket}");
    assert!(ticket.contains("said &#96;rm"), "{ticket}");
}

/// Such as that of a container whose shell does not answer.
#[test]
fn commands_in_errors_of_lxcdiag_are_code() {
    let error = "no shell in the container: `/usr/sbin/pct exec 958 -- sh` timed out after 30 s";
    let mut report = late_push().report();
    report.cut_short = Some(error.into());
    report.checks[0].reason = error.into();
    report.checks[0].observed = error.into();
    let page = render(&report, Format::Html, LAYOUT);
    let code = "<code>&#x2f;usr&#x2f;sbin&#x2f;pct exec 958 -- sh</code> timed out";
    assert_eq!(page.matches(code).count(), 4, "{page}");
    let ticket = render(&report, Format::Jira, LAYOUT);
    assert!(ticket.contains("{{/usr/sbin/pct exec 958"), "{ticket}");
}

#[test]
fn a_ticket_says_that_no_evidence_is_against_the_verdict() {
    let ticket = render(&late_push().report(), Format::Jira, LAYOUT);
    assert!(ticket.contains("* *Evidence against:* none"), "{ticket}");
}

/// A check without a condition has not passed anything.
#[test]
fn a_check_without_a_condition_is_information() {
    let report = late_push().report();
    let title = "Timestamps and size of the unit file";
    let mut checks = report.checks.iter();
    assert!(checks.any(|row| row.title == title && !row.has_condition));
    for format in [Format::Markdown, Format::Html] {
        let text = render(&report, format, Layout::default());
        let row: String = text
            .split(title)
            .nth(1)
            .unwrap()
            .chars()
            .take(200)
            .collect();
        assert!(row.contains("info") && !row.contains("passed"), "{row}");
    }
    let json = render(&report, Format::Json, LAYOUT);
    assert!(!json.contains("\"info\""), "programs know four outcomes");
}

/// What the verdict explains, and what is as likely as the verdict, with the reason.
#[test]
fn rivals_say_how_they_are_related_to_the_verdict() {
    let page = |name: &str| brief(&recorded(name), LAYOUT);
    let flat = |text: &str| text.replace(['▌', '\n', ' '], "");
    let text = page("unit-failed-device-252");
    let explained =
        "Consequences: A file that it needs does not exist (likely); The program exits (likely)";
    assert!(flat(&text).contains(&flat(explained)), "{text}");
    let text = page("unit-failed-stale-257");
    let explained = "Consequences: Its user or group does not exist (confirmed); systemd could not run its program (confirmed)";
    assert!(flat(&text).contains(&flat(explained)), "{text}");
}

/// A reader who knows that it was a race does not ask which kind.
#[test]
fn another_kind_of_race_is_not_undetermined_beside_a_race() {
    let report = recorded("partial-empty-247");
    let race = report
        .hypotheses
        .iter()
        .find(|row| row.id == "race-condition");
    assert_eq!(race.unwrap().level, Level::Unknown);
    let text = brief(&report, LAYOUT);
    assert!(
        !text.contains("; Race condition") && !text.contains(" Race condition;"),
        "{text}"
    );
}

/// The commands of this remedy leave no room for the table.
#[test]
fn a_failed_check_without_room_is_named() {
    let text = brief(&recorded("starting-252"), LAYOUT);
    let named = "Checks not shown: 1 failed (Is the unit enabled)";
    assert!(text.replace('\n', " ").contains(named), "{text}");
}

#[test]
fn checks_make_way_for_the_evidence() {
    let mut report = recorded("read-only-252");
    report.read_only = true;
    report.whole_command = Some("lxcdiag history show 7001".to_owned());
    let text = brief(&report, LAYOUT);
    assert!(text.contains("Evidence for:"), "{text}");
}

#[test]
fn the_sentence_on_the_cause_is_whole() {
    let text = brief(&recorded("directory-push-252"), LAYOUT);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = "In the script, give two file names: pct push 958 SOURCE \
                    /etc/systemd/system/embedding_server.service. …";
    assert!(
        text.contains(&format!("Fix the cause: {sentence}")),
        "{text}"
    );
}

#[test]
fn a_table_with_a_critical_check_fits_the_terminal() {
    let mut report = recorded("health-failing-252");
    for row in &mut report.checks {
        row.observed = "x".repeat(200);
    }
    let text = brief(&report, LAYOUT);
    assert!(text.contains("CRITICAL") && text.contains("xxx…"), "{text}");
    assert!(text.lines().all(|line| line.width() <= 80), "{text}");
}

#[test]
fn commands_that_only_look_are_not_called_a_fix() {
    let text = brief(&recorded("unit-failed-denied-252"), LAYOUT);
    assert!(
        text.contains("Next step") && !text.contains("Fix now"),
        "{text}"
    );
    let text = brief(&recorded("late-push-252"), LAYOUT);
    assert!(text.contains("Fix now"), "{text}");
}

#[test]
fn a_race_in_brief() {
    insta::assert_snapshot!(brief(&late_push().report(), LAYOUT));
}

#[test]
fn a_healthy_container_in_brief() {
    insta::assert_snapshot!(brief(&healthy().report(), LAYOUT));
}

#[test]
fn colours_do_not_change_the_text() {
    let coloured = Layout {
        colour: true,
        ..LAYOUT
    };
    let report = late_push().report();
    let bare = regex::Regex::new("\x1b\\[[0-9;]*m").unwrap();
    let text = brief(&report, coloured);
    assert_ne!(text, brief(&report, LAYOUT));
    assert_eq!(bare.replace_all(&text, ""), brief(&report, LAYOUT));
}

#[test]
fn the_last_lines_say_what_to_do_next() {
    let flat = |text: &str| text.replace(['▌', '\n', ' '], "");
    let ends_with = |report: &Report, end: &str| {
        let text = brief(report, LAYOUT);
        assert!(flat(&text).ends_with(&flat(end)), "{text}");
    };
    ends_with(
        &recorded("late-push-252"),
        "pct exec 958 -- systemctl enable --now -- embedding_server.service )",
    );
    ends_with(
        &recorded("starting-252"),
        "Next: run the commands above (Fix now)",
    );
    let mut report = recorded("directory-push-252");
    ends_with(
        &report,
        "Next: set SOURCE to the path of the unit file on the host, and run the commands above (Fix now)",
    );
    let plain = &mut report.verdict.remedies[0].requires[0].about;
    let set = std::mem::replace(plain, "path of the unit file on the host".to_owned());
    ends_with(
        &report,
        "Next: set SOURCE (path of the unit file on the host), and run the commands above (Fix now)",
    );
    assert!(brief(&report, LAYOUT).contains("First set SOURCE (path of"));
    report.verdict.remedies[0].requires[0].about = set;
    report.fix_command = Some("lxcdiag fix --ct 958".to_owned());
    ends_with(
        &report,
        "Next: run the commands above, or let lxcdiag run them (it asks for SOURCE): \
         lxcdiag fix --ct 958",
    );
    let text = brief(&report, LAYOUT);
    assert!(text.ends_with("\n    lxcdiag fix --ct 958\n"), "{text}");

    let mut report = recorded("unit-failed-missing-247");
    report.fix_command = Some("lxcdiag fix unit-failed --ct 958".to_owned());
    ends_with(
        &report,
        "and start the unit. lxcdiag runs the commands above (it asks first): \
         lxcdiag fix unit-failed --ct 958",
    );

    // The path is known.
    let mut report = recorded("unit-failed-denied-252");
    ends_with(&report, "Next: run the commands above (they only look)");

    // It would offer nothing: the commands only look.
    let before = brief(&report, LAYOUT);
    report.fix_command = Some("lxcdiag fix unit-failed --ct 958".to_owned());
    assert_eq!(brief(&report, LAYOUT), before);
}

/// However short the page is.
#[test]
fn an_inconclusive_page_ends_with_the_command_that_looks_further() {
    for (name, mut report) in every_recorded() {
        if report.verdict.kind == VerdictKind::Inconclusive {
            report.overview_command = Some("lxcdiag 958".to_owned());
            let text = brief(&report, LAYOUT);
            assert!(
                text.ends_with("causes:\n    lxcdiag 958\n"),
                "{name}\n{text}"
            );
        }
    }
}

#[test]
fn how_to_fix_the_cause_is_said() {
    let text = brief(&recorded("starting-252"), LAYOUT);
    let cause = "Fix the cause: `pct start` does not wait for systemd.";
    assert!(text.contains(cause), "{text}");
}

/// A log may have other failures too.
#[test]
fn the_failure_is_among_the_moments() {
    let mut report = recorded("late-push-252");
    let mut failure = report.timeline.first().unwrap().clone();
    failure.what = "Failed to enable unit".to_owned();
    failure.source = EventSource::Log;
    failure.decisive = false;
    report.timeline.insert(0, failure.clone());
    let text = brief(&report, LAYOUT);
    assert!(!text.contains("Failed to enable unit"), "{text}");

    report.failed_at = Some(failure.at);
    let text = brief(&report, LAYOUT);
    assert!(text.contains("Failed to enable unit (--log)"), "{text}");
}

#[test]
fn symptoms_are_named_without_their_evidence() {
    let symptom = |unit: Option<&str>, summary: &str| Symptom {
        runbook: "health".to_owned(),
        vars: unit
            .map(|unit| ("unit".to_owned(), unit.to_owned()))
            .into_iter()
            .collect(),
        id: "any".to_owned(),
        level: Level::Confirmed,
        summary: summary.to_owned(),
    };
    let mut report = recorded("directory-push-252");
    report.settled = Some(Settled {
        symptoms: vec![
            symptom(None, "Units have failed: confirmed. failed: db.service."),
            symptom(
                Some("db.service"),
                "Out of disk space: confirmed. it logged: full.",
            ),
        ],
        ..Settled::default()
    });
    let text = brief(&report, LAYOUT);
    let expected = "Symptoms:          Units have failed; db.service: Out of disk space\n";
    assert!(text.contains(expected), "{text}");
}
