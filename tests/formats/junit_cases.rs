//! Reports in JUnit XML as a CI system sees them.

use lxcdiag::judge::judge;
use lxcdiag::report::{Format, Layout, Report, render};
use lxcdiag::runbook::{Source, read};

use crate::hostile;

fn junit(report: &Report) -> String {
    render(report, Format::Junit, Layout::default())
}

#[test]
fn a_race() {
    insta::assert_snapshot!(junit(&hostile::report(&[])));
}

fn recorded(name: &str) -> Report {
    let path = format!(
        "{}/runbooks/tests/recordings/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let recording: lxcdiag::evidence::recording::Recording =
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let text = recording.runbook.text.clone();
    let runbook = read(&Source {
        name: "recorded".to_owned(),
        text,
        built_in: false,
        parts: Vec::new(),
    })
    .unwrap();
    Report::new(
        &runbook,
        &recording.runbook.sha256,
        &recording,
        &judge(&runbook, &recording),
    )
}

/// The element below the test case of the verdict, and its attributes `message` and `type`.
fn verdict(report: &Report) -> Option<(String, String, String)> {
    crate::junit::holds(report);
    let text = junit(report);
    let document = roxmltree::Document::parse(&text).unwrap();
    let case = document
        .descendants()
        .find(|node| node.attribute("name") == Some("verdict"))
        .unwrap();
    let status = case.children().find(roxmltree::Node::is_element)?;
    let attribute = |name: &str| status.attribute(name).unwrap().to_owned();
    Some((
        status.tag_name().name().to_owned(),
        attribute("message"),
        attribute("type"),
    ))
}

#[test]
fn the_verdict_passes_only_for_a_healthy_container() {
    assert_eq!(verdict(&recorded("healthy-252")), None);
    let told = |name: &str| {
        let (element, message, kind) = verdict(&recorded(name)).unwrap();
        format!("{element} {kind}: {message}")
    };
    assert_eq!(
        told("late-push-252"),
        "failure likely: LIKELY: Race condition (race-condition)"
    );
    assert_eq!(
        told("directory-push-252"),
        "failure confirmed: CONFIRMED: The push failed (push-failed)"
    );
    // Not passed, as a skipped one would be, and not a fault.
    assert_eq!(told("no-sh-252"), "error inconclusive: INCONCLUSIVE");
}

#[test]
fn an_exceeded_limit_fails_the_check_and_the_verdict() {
    let mut report = recorded("healthy-252");
    report.checks[0].severity = Some(lxcdiag::judge::results::Severity::Critical);
    report.verdict.severity = report.checks[0].severity;
    report.verdict.kind = lxcdiag::judge::VerdictKind::Inconclusive;
    let (element, _, kind) = verdict(&report).unwrap();
    assert_eq!((element.as_str(), kind.as_str()), ("failure", "critical"));
    assert!(junit(&report).contains("type=\"critical\""));
}
