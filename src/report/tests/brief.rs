//! The report in brief, of every recorded incident.

use std::path::Path;

use unicode_width::UnicodeWidthStr as _;

use super::{healthy, late_push};
use crate::engine::conclude::conclude;
use crate::evidence::recording::Recording;
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

/// Every recording of the runbook tests, judged by the runbook of today.
fn recorded() -> impl Iterator<Item = (String, Report)> {
    let runbooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks");
    let directory = runbooks.join("tests/recordings");
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 100, "{}", paths.len());
    paths.into_iter().map(move |path| {
        let bytes = std::fs::read(&path).unwrap();
        let recording: Recording = serde_json::from_slice(&bytes).unwrap();
        let file = runbooks.join(format!("{}.yaml", recording.runbook.id));
        let source = read_runbook(&file).unwrap();
        let runbook = read(&source).unwrap();
        let sha256 = source.sha256();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let conclusion = conclude(&runbook, &sha256, recording, None, false);
        (name, conclusion.report)
    })
}

#[test]
fn an_incident_takes_one_page_and_the_last_lines_say_what_to_do() {
    for (name, report) in recorded() {
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
        let reason: String = flat(&visible(&row.reason())).chars().take(60).collect();
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
    let (_, mut report) = recorded()
        .find(|(name, _)| name == "directory-push-252")
        .unwrap();
    let mut rows = report.hypotheses.iter_mut();
    let row = rows.find(|row| row.id == "push-failed").unwrap();
    let says = row.evidence.iter_mut().find(|it| it.holds == Some(true));
    says.unwrap().says = "the container said `rm -r /` and `<b>pct push</b>`".into();
    let page = render(&report, Format::Html, LAYOUT);
    assert!(
        page.contains("<p class=\"nature\"><code>pct push</code> could not write the file."),
        "{page}"
    );
    assert!(page.contains("embedding_server.service. <code>pct push</code> cannot copy"));
    let said = "said `rm -r &#x2f;` and `&lt;b&gt;pct push&lt;&#x2f;b&gt;`";
    assert!(page.contains(said), "{page}");
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
