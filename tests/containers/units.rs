//! Units that fail in many ways, on every systemd: many units in one container, and `unit-failed` for each of them.
//!
//! The cases are in `units/*.txt`: what is expected, the unit, and how it gets into its state. `tests/run` plays every
//! second case on one systemd, `tests/run --long` (`LXCDIAG_TEST_UNITS=all`) all of them on each.
//! `LXCDIAG_TEST_UNITS_ONLY=mount` plays only the cases with that in their name.

pub mod case;

use std::fmt::Write as _;

use crate::lab::{self, Container, lab, succeed};
use crate::lxcdiag::{JSON, run};
use case::Case;

/// The systems of the privileged containers, and the name of the unprivileged one in `on:`.
pub const SUITES: [&str; 3] = ["bullseye", "bookworm", "trixie"];
pub const UNPRIVILEGED: &str = "unprivileged";

/// A script is one argument of a shell, which the kernel limits to 128 KiB.
const ARGUMENT: usize = 100_000;
const QUIET: &str = "exec </dev/null >/dev/null 2>&1\n";

/// Boots a container of each, in this order.
pub fn up() -> Vec<u32> {
    let ids = lab::ids(lab::UNITS);
    for (suite, id) in SUITES.iter().zip(&ids) {
        succeed(lab().args(["up", "--suite", suite, "--ct", &id.to_string()]));
    }
    let unprivileged = ids.last().unwrap().to_string();
    let arguments = ["up", "--suite", "bookworm", "--unprivileged-ct"];
    succeed(lab().args(arguments).arg(unprivileged));
    ids
}

#[test]
fn every_unit_has_its_cause() {
    let ids = up();
    let cases = case::all();
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

/// The cases to play on one systemd.
fn chosen<'a>(cases: &'a [Case], suite: &str) -> Vec<&'a Case> {
    let all = std::env::var("LXCDIAG_TEST_UNITS").is_ok_and(|which| which == "all");
    let only = std::env::var("LXCDIAG_TEST_UNITS_ONLY").unwrap_or_default();
    cases
        .iter()
        .enumerate()
        .filter(|(_, case)| case.name.contains(&only))
        .filter(|(number, case)| {
            let on = case.on(&SUITES);
            on.contains(&suite) && (all || number % 2 == 0 && on[number / 2 % on.len()] == suite)
        })
        .map(|(_, case)| case)
        .collect()
}

/// Puts all units into their states, and returns what is wrong about the verdicts.
fn play(id: u32, suite: &str, cases: &[&Case]) -> Vec<String> {
    if cases.is_empty() {
        return Vec::new();
    }
    let container = Container::free_one_of(&[id]);
    container.reset();
    set_up(&container, cases);
    cases
        .iter()
        .filter_map(|case| difference(&container, suite, case))
        .collect()
}

/// Puts units into their states: their files, their starts, what happens to them afterwards.
pub fn set_up(container: &Container, cases: &[&Case]) {
    let mut scripts = vec![QUIET.to_owned()];
    let mut phase = |text: String| match scripts.last_mut() {
        Some(script) if script.len() + text.len() < ARGUMENT => script.push_str(&text),
        _ => scripts.push(format!("{QUIET}{text}")),
    };
    for case in cases {
        phase(case.files());
    }
    // A unit file may be made here as well.
    for case in cases {
        phase(case.in_shell(case.before.as_deref().unwrap_or_default()));
    }
    phase("systemctl daemon-reload\n".to_owned());
    for case in cases {
        let start = "systemctl start --no-block \"$unit\"";
        phase(case.in_shell(case.start.as_deref().unwrap_or(start)));
    }
    for case in cases {
        let settled =
            "case $(systemctl is-active \"$unit\") in activating|deactivating) false ;; esac";
        let until = case.until.as_deref().unwrap_or(settled);
        phase(case.in_shell(&format!(
            "for i in $(seq 300); do {until} && break; sleep 0.1; done"
        )));
    }
    for case in cases {
        phase(case.in_shell(case.after.as_deref().unwrap_or_default()));
    }
    // journald writes messages some time after they were sent.
    phase("journalctl --sync; sleep 0.5\n".to_owned());
    for script in scripts {
        container.sh(&script);
    }
}

fn difference(container: &Container, suite: &str, case: &Case) -> Option<String> {
    let mut command = container.lxcdiag("unit-failed");
    let ended = run(command
        .args(JSON)
        .args(["--var", &format!("unit={}", case.unit)]));
    if ended.stdout.is_empty() {
        return Some(format!(
            "{suite} {}: no report: {}",
            case.name, ended.stderr
        ));
    }
    let report = ended.report();
    let verdict = ended.verdict();
    let got = match &verdict.level {
        Some(level) => format!("{} {level}", verdict.id),
        None => verdict.id.clone(),
    };
    let mut evidence = verdict.summary.clone();
    for hypothesis in report["hypotheses"].as_array().unwrap() {
        for piece in hypothesis["evidence"].as_array().unwrap() {
            if hypothesis["id"] == verdict.id.as_str() && piece["holds"] == true {
                let _ = write!(evidence, "\n    {}", piece["says"].as_str().unwrap());
            }
        }
    }
    let right =
        case.expected.contains(&got) && evidence.contains(case.says.as_deref().unwrap_or_default());
    (!right).then(|| {
        format!(
            "{suite} {}: expected {} with {:?}\n  got {got}: {evidence}",
            case.name,
            case.expected.join(" or "),
            case.says.as_deref().unwrap_or_default()
        )
    })
}

#[test]
fn cases_are_read() {
    let cases = case::all();
    let case = cases
        .iter()
        .find(|case| case.name == "required-fails")
        .unwrap();
    assert_eq!(case.unit, "required-fails.service");
    assert_eq!(case.expected, ["dependency-failed confirmed"]);
    assert_eq!(case.says.as_deref(), Some("required-fails-base.service"));
    let files = case.files();
    assert!(
        files.contains("/etc/systemd/system/required-fails.service"),
        "{files}"
    );
    assert!(
        files.contains("Type=oneshot\nExecStart=/bin/false"),
        "{files}"
    );
    assert!(cases.len() > 150);
    // Of two with one name, the later unit would overwrite the other.
    let mut names: Vec<_> = cases.iter().map(|case| &case.name).collect();
    names.sort();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
