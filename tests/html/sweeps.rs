//! Sweeps over recorded containers, one of each kind.

use std::path::Path;

use lxcdiag::evidence::check_key::CheckKey;
use lxcdiag::evidence::container_id::ContainerId;
use lxcdiag::evidence::recording::Recording;
use lxcdiag::judge::judge;
use lxcdiag::report::Report;
use lxcdiag::runbook::{self, Library};
use lxcdiag::sweep::problem::{ProblemId, Status};
use lxcdiag::sweep::report::{CheckTitle, SCHEMA, Sweep};
use lxcdiag::sweep::row::{Row, VisitResult};
use lxcdiag::sweep::selection::{Selected, SkipReason, Visit};
use lxcdiag::sweep::state::{ChangeKind, ProblemChange};

/// The containers of a sweep with `health`, with the names of their recordings.
const HEALTH: &[(u32, &str, &str)] = &[
    (101, "web", "health-healthy-257"),
    (102, "db", "health-full-252"),
    (103, "mail", "health-failing-252"),
    (104, "cache", "health-memory-252"),
    (
        110,
        "a-very-long-name-of-a-container.example.org",
        "health-certificates-252",
    ),
    (111, "ci-runner", "health-boots-257"),
    (958, "embed", "health-healthy-u"),
    (959, "embed-2", "health-no-systemd-252"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn ct(id: u32) -> ContainerId {
    id.try_into().unwrap()
}

fn selected(id: u32, node: &str, name: &str) -> Selected {
    Selected {
        stale_lock: None,
        ct: ct(id),
        node: node.to_owned(),
        name: Some(name.to_owned()),
        visit: Visit::Yes,
    }
}

/// A sweep with `health` over containers of two nodes, and the reports on those that were reached.
pub fn health() -> (Sweep, Vec<Report>) {
    let source = Library::standard(None).find("health").unwrap();
    let runbook = runbook::read(&source).unwrap();
    let report = |id: u32, name: &str| {
        let path = root().join(format!("runbooks/tests/recordings/{name}.json"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut recording: Recording = serde_json::from_str(&text).unwrap();
        recording.target.ct = ct(id);
        let diagnosis = judge(&runbook, &recording);
        Report::new(&runbook, &source.sha256(), &recording, &diagnosis)
    };
    let reports: Vec<_> = HEALTH
        .iter()
        .map(|(ct, _, recorded)| report(*ct, recorded))
        .collect();
    let mut containers: Vec<_> = HEALTH
        .iter()
        .zip(&reports)
        .map(|((ct, name, _), report)| Row::diagnosed(&selected(*ct, "pve1", name), report))
        .collect();
    // Of the one that was rebooted too often, that is known and waived.
    if let VisitResult::Visited(found) = &mut containers[5].result {
        for problem in &mut found.problems {
            problem.silent = Some("waived until 2026-12-24: kernel upgrades".to_owned());
        }
    }
    let far = selected(201, "pve2", "far");
    containers.push(Row::unreachable(
        &far,
        "cannot reach node pve2: no route to host",
    ));
    let template = selected(900, "pve1", "base");
    containers.push(Row::skipped(&template, SkipReason::Template));
    let changes = vec![
        ProblemChange {
            ct: ct(102),
            id: ProblemId::Check(CheckKey::new("space")),
            affected: None,
            kind: ChangeKind::Worse,
            status: Status::Critical,
            says: "Disk space: / 97 %".to_owned(),
        },
        ProblemChange {
            ct: ct(101),
            id: ProblemId::Check(CheckKey::new("boots")),
            affected: None,
            kind: ChangeKind::Resolved,
            status: Status::Warning,
            says: "Container starts in a day: 4".to_owned(),
        },
    ];
    let sweep = Sweep {
        schema: SCHEMA,
        lxcdiag: "0.1.0",
        command_line: [
            "lxcdiag",
            "sweep",
            "health",
            "--all",
            "--output",
            "page.html",
        ]
        .map(str::to_owned)
        .to_vec(),
        runbook: runbook.id.clone(),
        title: runbook.title.clone(),
        started_at: "2026-11-23T06:30:00.000000Z".to_owned(),
        finished_at: 1_795_415_403.5,
        duration_s: 3.5,
        cut_short: None,
        checks: runbook
            .in_order()
            .iter()
            .map(|check| CheckTitle {
                id: check.id.clone(),
                title: check.title.clone(),
            })
            .collect(),
        containers,
        changes: Some(changes),
    };
    (sweep, reports)
}

/// Replaces every string in a sweep that is not lxcdiag's own by the next of `words`. References within the sweep
/// stay valid.
pub fn poison(sweep: &mut Sweep, mut words: impl FnMut() -> String) {
    let mut word = |text: &mut String| *text = words();
    sweep.command_line.iter_mut().for_each(&mut word);
    word(&mut sweep.runbook);
    word(&mut sweep.title);
    word(&mut sweep.started_at);
    sweep.cut_short = Some(String::new());
    sweep.cut_short.iter_mut().for_each(&mut word);
    for check in &mut sweep.checks {
        word(&mut check.title);
    }
    for row in &mut sweep.containers {
        word(&mut row.node);
        row.name.iter_mut().for_each(&mut word);
        match &mut row.result {
            VisitResult::Skipped(reason) => {
                let mut lock = String::new();
                word(&mut lock);
                *reason = SkipReason::Locked(lock);
            }
            VisitResult::Visited(found) => {
                for problem in &mut found.problems {
                    word(&mut problem.says);
                    problem.silent.iter_mut().for_each(&mut word);
                }
                for check in &mut found.checks {
                    word(&mut check.observed);
                }
            }
        }
    }
    for change in sweep.changes.iter_mut().flatten() {
        word(&mut change.says);
    }
}
