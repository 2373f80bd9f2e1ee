//! Containers that are broken on purpose, one by one, and what a runbook says about each.
//!
//! A case is what is expected, and a script on the host that breaks the container with the functions of
//! `tests/lab/faults.sh`. `LXCDIAG_TEST_UNITS=all` (`tests/run --long`) plays each on all systems, not only on one of them.

use std::process::Command;

use crate::lab::{self, Container, quiet};
use crate::lxcdiag::{Ended, JSON, run};
use crate::units::{SUITES, UNPRIVILEGED, up};

#[derive(Debug, Default)]
pub struct Case {
    pub name: String,
    runbook: String,
    /// A verdict with its level: `network-down confirmed`; or several, with ` | ` between them.
    expected: String,
    /// Other hypotheses with their levels.
    also: Vec<String>,
    /// Text in the evidence of the verdict.
    says: String,
    /// The systems to play it on, if not on all of them.
    on: Option<String>,
    /// Further arguments of lxcdiag.
    with: Vec<String>,
    /// The verdict after the commands that fix it now, pasted twice.
    repaired: Option<String>,
    /// Other runbooks that may name a cause as well.
    others: Vec<String>,
    script: String,
}

/// The cases of a file, each begun by `=== NAME`, about a runbook.
pub fn cases(runbook: &str, text: &str) -> Vec<Case> {
    let texts = text.split("\n=== ").skip(1);
    texts.map(|text| parse(runbook, text)).collect()
}

fn parse(runbook: &str, text: &str) -> Case {
    let mut lines = text.lines();
    let mut case = Case {
        name: lines.next().unwrap().to_owned(),
        runbook: runbook.to_owned(),
        ..Case::default()
    };
    for line in lines {
        match line.split_once(": ") {
            Some(("expect", value)) => value.clone_into(&mut case.expected),
            Some(("also", value)) => case.also.push(value.to_owned()),
            Some(("says", value)) => value.clone_into(&mut case.says),
            Some(("repaired", value)) => case.repaired = Some(value.to_owned()),
            Some(("others", value)) => case.others = value.split(' ').map(str::to_owned).collect(),
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

/// Plays cases with `only` in their names, and returns what is wrong about them. `others` are runbooks that must not name a
/// cause in any of them.
pub fn wrong_about(cases: &[Case], only: &str, others: &[&str]) -> Vec<String> {
    let ids = up();
    std::thread::scope(|scope| {
        let lanes: Vec<_> = SUITES
            .into_iter()
            .chain([UNPRIVILEGED])
            .zip(&ids)
            .map(|(suite, id)| {
                let chosen = chosen(cases, suite, only);
                scope.spawn(move || play(*id, suite, &chosen, others))
            })
            .collect();
        lanes
            .into_iter()
            .flat_map(|lane| lane.join().unwrap())
            .collect()
    })
}

fn chosen<'a>(cases: &'a [Case], suite: &str, only: &str) -> Vec<&'a Case> {
    let all = std::env::var("LXCDIAG_TEST_UNITS").is_ok_and(|which| which == "all");
    cases
        .iter()
        .enumerate()
        .filter(|(_, case)| case.name.contains(only))
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
fn play(id: u32, suite: &str, cases: &[&Case], others: &[&str]) -> Vec<String> {
    if cases.is_empty() {
        return Vec::new();
    }
    let container = Container::free_one_of(&[id]);
    cases
        .iter()
        .filter_map(|case| {
            container.reset();
            inflict(&container, &case.script)
                .or_else(|| difference(&container, case))
                .or_else(|| claim(&container, case, others))
                .or_else(|| failed_repair(&container, case))
                .map(|wrong| format!("{suite} {}: {wrong}", case.name))
        })
        .collect()
}

/// Breaks a container with a script on the host. Returns why it could not be broken, if so.
pub fn inflict(container: &Container, script: &str) -> Option<String> {
    let lab = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab");
    let script = format!(". {lab}/faults.sh\n{script}");
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
    let ended = match diagnose(container, case) {
        Ok(ended) => ended,
        Err(why) => return Some(why),
    };
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
    let right = case.expected.split(" | ").any(|expected| got == expected)
        && case.also.iter().all(|also| levels.contains(also))
        && evidence.contains(&case.says);
    (!right).then(|| {
        format!(
            "expected {} with {:?} and {:?}\n  got {got}: {evidence}",
            case.expected, case.says, case.also
        )
    })
}

fn diagnose(container: &Container, case: &Case) -> Result<Ended, String> {
    let ended = run(container.lxcdiag(&case.runbook).args(JSON).args(&case.with));
    match ended.stdout.is_empty() {
        true => Err(format!("no report: {}", ended.stderr)),
        false => Ok(ended),
    }
}

/// Returns which other runbook names a cause.
fn claim(container: &Container, case: &Case, others: &[&str]) -> Option<String> {
    others
        .iter()
        .filter(|other| **other != case.runbook && !case.others.iter().any(|it| it == *other))
        .find_map(|other| {
            let verdict = run(container.lxcdiag(other).args(JSON)).verdict();
            verdict.level?;
            Some(format!("{other} says {}", verdict.summary))
        })
}

/// Returns why the commands that fix it now, pasted twice, have not repaired the container.
fn failed_repair(container: &Container, case: &Case) -> Option<String> {
    let expected = case.repaired.as_ref()?;
    let report = match diagnose(container, case) {
        Ok(ended) => ended.report(),
        Err(why) => return Some(why),
    };
    let remedies = report["verdict"]["remedies"].as_array().unwrap().iter();
    let now = remedies.filter(|remedy| remedy["kind"] == "now");
    let script: String = now
        .filter_map(|remedy| Some(remedy["commands"].as_str()?.to_owned() + "\n"))
        .collect();
    (0..2).find_map(|_| {
        let output = container.paste(&script, None);
        let verdict = match diagnose(container, case) {
            Ok(ended) => ended.verdict(),
            Err(why) => return Some(why),
        };
        let said = String::from_utf8_lossy(&output.stderr);
        (verdict.id != *expected).then(|| format!("{} after\n{script}{said}", verdict.summary))
    })
}
