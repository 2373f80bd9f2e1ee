use super::*;
use crate::fixture::ct;
use crate::judge::results::MetricValue;
use crate::judge::results::Outcome;
use crate::sweep::fixture;
use crate::sweep::problem::{Problem, ProblemId};
use crate::sweep::state::ChangeKind;

const LOOK: Layout = Layout {
    width: 80,
    colour: false,
};

fn problem(check: &str, status: Status, says: &str) -> Problem {
    Problem {
        says: says.to_owned(),
        ..fixture::problem(check, status)
    }
}

fn row(id: u32, name: &str, problems: Vec<Problem>) -> Row {
    let mut row = fixture::row(id, &["disk"], problems);
    row.name = Some(name.to_owned());
    let disk = &mut fixture::found(&mut row).checks[0];
    disk.observed = "50 %".to_owned();
    disk.duration_ms = Some(250.0);
    disk.metric = Some(MetricValue {
        value: 50.0,
        unit: "%".to_owned(),
    });
    row
}

/// A healthy container, one with two problems and a waived one, and one that was skipped.
fn sweep() -> Sweep {
    let waived = Problem {
        silent: Some("waived until 2026-12-24: known".to_owned()),
        ..problem("clock", Status::Critical, "the clock is off")
    };
    let mut skipped = row(103, "old", vec![]);
    skipped.result = VisitResult::Skipped(SkipReason::Stopped);
    Sweep {
        schema: SCHEMA,
        lxcdiag: "0.1.0",
        command_line: vec!["lxcdiag".to_owned()],
        runbook: "health".to_owned(),
        title: "Is all well?".to_owned(),
        started_at: "2026-11-23T05:00:00.000000Z".to_owned(),
        finished_at: 1_795_000_000.5,
        duration_s: 1.5,
        cut_short: None,
        checks: vec![CheckTitle {
            id: "disk".to_owned(),
            title: "Room".to_owned(),
        }],
        containers: vec![
            row(101, "web", vec![]),
            row(
                102,
                "d\"b|\x1b[31m",
                vec![
                    problem("load", Status::Warning, "load 9 | of 8"),
                    problem("disk", Status::Critical, "/ is full\nNAGIOS OK"),
                    waived,
                ],
            ),
            skipped,
        ],
        changes: None,
    }
}

#[test]
fn the_table_lists_problems_and_counts() {
    assert_eq!(
        render(&sweep(), Format::Table, LOOK),
        r#"health: Is all well?

CT   Node  Name          Status    Problem
────────────────────────────────────────────────────────────────────────────────
102  pve1  d"b|\x1b[31m  warning   load 9 | of 8
102  pve1  d"b|\x1b[31m  critical  / is full NAGIOS OK
102  pve1  d"b|\x1b[31m  -         the clock is off (waived until 2026-12-24:
                                   known)

skipped 103: stopped
3 containers: 1 critical, 1 ok, 1 skipped; took 1.50 s
"#
    );
}

#[test]
fn with_on_change_the_table_lists_changes_and_is_empty_without_any() {
    let mut sweep = sweep();
    sweep.changes = Some(Vec::new());
    assert_eq!(render(&sweep, Format::Table, LOOK), "");
    sweep.changes = Some(vec![ProblemChange {
        ct: ct(101),
        id: ProblemId::Check(CheckKey::new("disk")),
        affected: None,
        kind: ChangeKind::Resolved,
        status: Status::Critical,
        says: "/ was full".to_owned(),
    }]);
    let text = render(&sweep, Format::Table, LOOK);
    assert!(
        text.contains("resolved  101  pve1  web   -       / was full"),
        "{text}"
    );
    assert!(!text.contains("102  pve1"), "{text}");
}

/// Monitoring Plugins Development Guidelines: text, a bar, and `label=value[unit];warn;crit;min`.
#[test]
fn a_plugin_prints_a_status_line_with_one_bar_then_long_output() {
    assert_eq!(
        render(&sweep(), Format::Nagios, LOOK),
        "HEALTH CRITICAL: 1 critical, 1 ok, 1 skipped; 102 / is full NAGIOS OK; 102 load 9 ¦ of 8 | \
         ok=1;;;0 warning=0;;;0 critical=1;;;0 unknown=0;;;0 skipped=1;;;0 duration=1.500s;;;0\n\
         CRITICAL 102 d\"b¦\\x1b[31m: / is full NAGIOS OK\n\
         WARNING 102 d\"b¦\\x1b[31m: load 9 ¦ of 8\n"
    );
}

#[test]
fn metrics_have_help_type_and_escaped_labels() {
    let text = render(&sweep(), Format::Prometheus, LOOK);
    for line in [
        "# TYPE lxcdiag_sweep_last_run_timestamp_seconds gauge",
        "lxcdiag_sweep_last_run_timestamp_seconds{runbook=\"health\"} 1795000000.5",
        "lxcdiag_sweep_duration_seconds{runbook=\"health\"} 1.5",
        "lxcdiag_sweep_containers{runbook=\"health\",status=\"critical\"} 1",
        "lxcdiag_sweep_containers{runbook=\"health\",status=\"skipped\"} 1",
        "lxcdiag_container_status{runbook=\"health\",ct=\"101\",node=\"pve1\",name=\"web\"} 0",
        "lxcdiag_problem{runbook=\"health\",ct=\"102\",node=\"pve1\",name=\"d\\\"b|\\\\x1b[31m\",id=\"disk\",status=\"critical\"} 1",
        "lxcdiag_check_duration_seconds{runbook=\"health\",ct=\"101\",node=\"pve1\",name=\"web\",check=\"disk\"} 0.25",
        "lxcdiag_check_ratio{runbook=\"health\",ct=\"101\",node=\"pve1\",name=\"web\",check=\"disk\"} 0.5",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
    assert!(!text.contains("clock"), "a waived problem does not count");
    let names: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .collect();
    let mut once = names.clone();
    once.dedup();
    assert_eq!(names, once, "each metric's samples stand together");
}

/// Each test case with its result and its messages.
fn cases(sweep: &Sweep) -> Vec<String> {
    let text = render(sweep, Format::Junit, LOOK);
    let document = roxmltree::Document::parse(&text).unwrap();
    let cases = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    let told = |case: roxmltree::Node<'_, '_>| {
        let mut words = vec![case.attribute("name").unwrap().to_owned()];
        for ending in case.children().filter(roxmltree::Node::is_element) {
            words.push(ending.tag_name().name().to_owned());
            words.extend(ending.attribute("message").map(str::to_owned));
            words.extend(ending.text().map(str::to_owned));
        }
        words.join(" | ")
    };
    cases.map(told).collect()
}

#[test]
fn a_test_case_fails_if_a_problem_counts() {
    let mut sweep = sweep();
    assert_eq!(
        cases(&sweep),
        [
            "verdict",
            "disk: Room",
            // Neither is a problem of one of these checks; the worst that counts comes first.
            "verdict | failure | load: load 9 | of 8 | \
             load: load 9 | of 8\nclock: the clock is off (waived until 2026-12-24: known)",
            "disk: Room | failure | / is full NAGIOS OK",
            "verdict | skipped | stopped",
        ]
    );
    fixture::found(&mut sweep.containers[1]).problems.clear();
    // A check that failed without exceeding a limit is evidence, not a problem.
    for (outcome, case) in [
        (
            Outcome::Failed,
            "disk: Room | system-out | failed, not a problem by itself: 50 %",
        ),
        (Outcome::Skipped, "disk: Room | skipped | 50 %"),
        (Outcome::Errored, "disk: Room | skipped | 50 %"),
    ] {
        fixture::found(&mut sweep.containers[1]).checks[0].outcome = outcome;
        assert_eq!(cases(&sweep)[2..4], ["verdict", case]);
    }
}

#[test]
fn the_status_is_the_worst_and_unknown_without_containers() {
    let mut sweep = sweep();
    assert_eq!(sweep.status(), Status::Critical);
    sweep.containers.truncate(1);
    assert_eq!(sweep.status(), Status::Ok);
    sweep.cut_short = Some("interrupted by SIGTERM".to_owned());
    assert_eq!(sweep.status(), Status::Unknown);
    sweep.containers.clear();
    sweep.cut_short = None;
    assert_eq!(sweep.status(), Status::Unknown);
}
