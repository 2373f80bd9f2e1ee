//! Reports with any text in every field that holds text. The fuzz target `render` uses this file too.

use std::sync::LazyLock;

use lxcdiag::engine::demo::Incident;
use lxcdiag::evidence::check_key::CheckKey;
use lxcdiag::evidence::recording::Recording;
use lxcdiag::judge::results::EventSource;
use lxcdiag::judge::{Remedy, judge};
use lxcdiag::report::{Redaction, Report};
use lxcdiag::runbook::{RemedyKind, Runbook, Source, read};

/// Texts with a meaning to a terminal, Markdown, GitHub, GitLab, XML or HTML.
pub const PIECES: &[&str] = &[
    "\u{1b}[2J\u{1b}]52;c;eA==\u{7}",
    "\u{9b}31m",
    "\u{202e}desrever\u{2066}",
    "a\u{200b}b\u{feff}",
    "\0",
    "\r\n",
    "\n\n",
    "\t",
    "\u{7f}",
    "\u{fffe}\u{ffff}",
    "\u{fffd}",
    "|",
    "\\|",
    "\\\\|",
    "||",
    "`",
    "``",
    "```\n",
    "~~~~\n",
    "\\`",
    "</details>",
    "<details>",
    "<script>alert(1)</script>",
    "<b onclick=x>",
    "<!-- -->",
    "-->",
    "<![CDATA[",
    "]]>",
    "&lt;",
    "&#64;",
    "&amp",
    "![x](http://a.b/c)",
    "[x](javascript:y)",
    "[x]: http://a.b",
    "http://a.b/c",
    "https://a.b",
    "www.a.b",
    "a@b.cd",
    "mailto:a@b.cd",
    "@root",
    "@org/team",
    "#123",
    "GH-1",
    "a/b#1",
    "!12",
    "$3",
    "%4",
    "~bug",
    "&5",
    ":tada:",
    "[^1]",
    "[ ] x",
    "6f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a",
    "deadbeef",
    "{{ x }}",
    "{% y %}",
    "{+ z +}",
    "$x$",
    "$$",
    "# head",
    "## head",
    "- item",
    "* item",
    "+ item",
    "1. item",
    "1) item",
    "> quote",
    "    code",
    "---",
    "===",
    "***",
    "**b**",
    "_i_",
    "*i*",
    "~~s~~",
    "\\",
    "\\\\",
    "a  b",
    " ",
    "  ",
    "plain words, and 2.5 more.",
    "日本語",
    "é",
    "😀",
];

/// The demonstration of a race.
pub fn demonstration() -> (Runbook, Recording) {
    let recording = Incident::named("late-push").unwrap().recording().unwrap();
    let source = Source {
        name: "race-condition".to_owned(),
        text: recording.runbook.text.clone(),
        built_in: false,
        parts: Vec::new(),
    };
    (read(&source).unwrap(), recording)
}

static REPORT: LazyLock<Report> = LazyLock::new(|| {
    let (runbook, recording) = demonstration();
    let diagnosis = judge(&runbook, &recording);
    Report::new(&runbook, &recording.runbook.sha256, &recording, &diagnosis)
});

/// The report on it, with these texts in its fields in turn; without texts, the unchanged report.
pub fn report(texts: &[String]) -> Report {
    let mut report = REPORT.clone();
    if !texts.is_empty() {
        let mut texts = texts.iter().cycle().cloned();
        fill(&mut report, &mut || texts.next().unwrap());
    }
    report
}

fn fill(report: &mut Report, next: &mut dyn FnMut() -> String) {
    report.lxcdiag = next();
    report.command_line = vec![next(), next()];
    report.demonstration = Some(next());
    report.runbook.title = next();
    report.target.node = next();
    report.target.via = next();
    for text in [
        &mut report.target.os,
        &mut report.target.systemd,
        &mut report.target.kernel,
        &mut report.target.pve,
        &mut report.cut_short,
        &mut report.failed_at,
    ] {
        *text = Some(next());
    }
    report.vars = [(next(), next()), (next(), next())].into();
    report.var_order = report.vars.keys().cloned().collect();
    report.defaulted = vec![next()];
    report.changed = vec![next()];
    for row in &mut report.checks {
        row.key = CheckKey::of_item(&next(), &next());
        (row.title, row.reason) = (next(), next());
        row.step = Some(next());
        row.observed = next();
        for word in &mut row.argv {
            *word = next();
        }
        (row.stdout, row.stderr) = (next(), next());
        row.facts = serde_json::json!({ next(): next() });
    }
    for event in &mut report.timeline {
        (event.what, event.source) = (next(), EventSource::Check(next()));
    }
    for row in &mut report.hypotheses {
        (row.title, row.about, row.remedy) = (next(), next(), next());
        row.overturned_by = Some(next());
        row.missing = vec![next().into()];
        for evidence in &mut row.evidence {
            evidence.says = next();
            evidence.holds = Some(true);
        }
    }
    report.verdict.summary = next();
    report.verdict.remedy = format!("{}\n  {}\n{}", next(), next(), next());
    report.verdict.remedies = vec![Remedy {
        kind: RemedyKind::Now,
        title: next(),
        commands: next(),
        changes: next(),
        only_if: String::new(),
        requires: Vec::new(),
    }];
    report.redacted = Some(vec![Redaction {
        class: next(),
        place: next(),
        count: 2,
    }]);
}
