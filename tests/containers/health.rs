//! Containers that are broken on purpose, one by one, and what `health` says about each.
//!
//! The cases are in `health/*.txt`: what is expected, and a script on the host that breaks the container with the
//! functions of `tests/lab/faults.sh`. `LXCDIAG_TEST_HEALTH_ONLY=route` plays only the cases with that in their name,
//! `LXCDIAG_TEST_UNITS=all` (`tests/run --long`) plays each on all systems, not only on one of them.

use std::process::Command;

use crate::lab::{self, Container, quiet};
use crate::lxcdiag::{JSON, run};
use crate::units::{SUITES, UNPRIVILEGED, up};

#[derive(Debug, Default)]
struct Case {
    name: String,
    /// A verdict with its level: `network-down confirmed`.
    expected: String,
    /// Other hypotheses with their levels.
    also: Vec<String>,
    /// Text in the evidence of the verdict.
    says: String,
    /// The systems to play it on, if not on all of them.
    on: Option<String>,
    /// Further arguments of lxcdiag.
    with: Vec<String>,
    script: String,
}

fn cases() -> Vec<Case> {
    [
        include_str!("health/network.txt"),
        include_str!("health/storage.txt"),
        include_str!("health/units.txt"),
    ]
    .iter()
    .flat_map(|text| text.split("\n=== ").skip(1))
    .map(parse)
    .collect()
}

fn parse(text: &str) -> Case {
    let mut lines = text.lines();
    let mut case = Case {
        name: lines.next().unwrap().to_owned(),
        ..Case::default()
    };
    for line in lines {
        match line.split_once(": ") {
            Some(("expect", value)) => value.clone_into(&mut case.expected),
            Some(("also", value)) => case.also.push(value.to_owned()),
            Some(("says", value)) => value.clone_into(&mut case.says),
            Some(("on", value)) => case.on = Some(value.to_owned()),
            Some(("with", value)) => case.with = value.split(' ').map(str::to_owned).collect(),
            _ => {
                case.script.push_str(line);
                case.script.push('\n');
            }
        }
    }
    assert!(!case.expected.is_empty(), "{} expects nothing", case.name);
    case
}

#[test]
fn every_fault_is_named() {
    let ids = up();
    let cases = cases();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let lanes: Vec<_> = SUITES
            .into_iter()
            .chain([UNPRIVILEGED])
            .zip(&ids)
            .map(|(suite, id)| {
                let chosen = chosen(&cases, suite);
                scope.spawn(move || play(*id, suite, &chosen))
            })
            .collect();
        lanes
            .into_iter()
            .flat_map(|lane| lane.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn chosen<'a>(cases: &'a [Case], suite: &str) -> Vec<&'a Case> {
    let all = std::env::var("LXCDIAG_TEST_UNITS").is_ok_and(|which| which == "all");
    let only = std::env::var("LXCDIAG_TEST_HEALTH_ONLY").unwrap_or_default();
    cases
        .iter()
        .enumerate()
        .filter(|(_, case)| case.name.contains(&only))
        .filter(|(number, case)| {
            let on: Vec<&str> = match &case.on {
                Some(on) => on.split(' ').collect(),
                None => SUITES.into_iter().chain([UNPRIVILEGED]).collect(),
            };
            on.contains(&suite) && (all || on[number % on.len()] == suite)
        })
        .map(|(_, case)| case)
        .collect()
}

/// Breaks the container in each way in turn, and returns what is wrong about the verdicts.
fn play(id: u32, suite: &str, cases: &[&Case]) -> Vec<String> {
    if cases.is_empty() {
        return Vec::new();
    }
    let container = Container::free_one_of(&[id]);
    cases
        .iter()
        .filter_map(|case| {
            container.reset();
            inflict(&container, case)
                .or_else(|| difference(&container, case))
                .map(|wrong| format!("{suite} {}: {wrong}", case.name))
        })
        .collect()
}

/// Returns why the container could not be broken, if so.
fn inflict(container: &Container, case: &Case) -> Option<String> {
    let lab = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab");
    let script = format!(". {lab}/faults.sh\n{}", case.script);
    let output = quiet(
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .env("id", container.id.to_string())
            .env("lab", format!("{lab}/lab"))
            .env("pct", lab::pct())
            .env("LXCDIAG_HOST_ROOT", lab::host_root()),
    );
    let stderr = String::from_utf8_lossy(&output.stderr);
    (!output.status.success()).then(|| format!("its script failed: {stderr}"))
}

fn difference(container: &Container, case: &Case) -> Option<String> {
    let ended = run(container.lxcdiag("health").args(JSON).args(&case.with));
    if ended.stdout.is_empty() {
        return Some(format!("no report: {}", ended.stderr));
    }
    let report = ended.report();
    let verdict = ended.verdict();
    let hypotheses = report["hypotheses"].as_array().unwrap();
    let levels: Vec<String> = hypotheses
        .iter()
        .map(|one| {
            let (id, level) = (&one["id"], &one["verdict"]);
            format!("{} {}", id.as_str().unwrap(), level.as_str().unwrap())
        })
        .collect();
    let got = match &verdict.level {
        Some(level) => format!("{} {level}", verdict.id),
        None => verdict.id.clone(),
    };
    let mut evidence = vec![verdict.summary.as_str()];
    for one in hypotheses.iter().filter(|one| one["id"] == *verdict.id) {
        let pieces = one["evidence"].as_array().unwrap().iter();
        evidence.extend(
            pieces
                .filter(|piece| piece["holds"] == true)
                .map(|piece| piece["says"].as_str().unwrap()),
        );
    }
    let evidence = evidence.join("\n    ");
    let right = got == case.expected
        && case.also.iter().all(|also| levels.contains(also))
        && evidence.contains(&case.says);
    (!right).then(|| {
        format!(
            "expected {} with {:?} and {:?}\n  got {got}: {evidence}",
            case.expected, case.says, case.also
        )
    })
}
