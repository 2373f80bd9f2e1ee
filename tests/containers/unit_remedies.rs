//! The remedies of `unit-failed`, `health` and `race-risk`, pasted in their own states: the unit runs afterwards, or nothing was
//! harmed.

use std::collections::BTreeSet;
use std::path::Path;

use lxcdiag::runbook::{Hypothesis, RemedyKind, read, read_runbook};

use crate::lab::Container;
use crate::lxcdiag::{JSON, run};
use crate::units::case::{self, Case};
use crate::units::set_up;

/// Gives the unit a program that runs.
const CORRECTED: &str = "sed -i 's|^ExecStart=.*|ExecStart=/bin/sleep infinity|' /etc/systemd/system/$unit; systemctl daemon-reload";

/// Units of `units/*.txt` whose verdict has commands that start them, and what only the user can do before these help; empty
/// if nothing.
const REPAIRED: &[(&str, &str)] = &[
    ("never-started", ""),
    ("signal-kill", ""),
    ("timeout-stop", ""),
    ("watchdog", ""),
    ("runtime-limit", ""),
    ("start-limit-by-hand", ""),
    ("socket-service-fails", ""),
    ("cycle", ""),
    ("started-later", ""),
    ("stale-file", ""),
    (
        "exec-missing",
        "printf '#!/bin/sh\nexec sleep infinity\n' | install -D -m 755 /dev/stdin /opt/exec-missing/server",
    ),
    ("exec-not-executable", ""),
    ("exec-carriage-return", ""),
    (
        "exec-interpreter",
        "printf '#!/bin/sh\nexec sleep infinity\n' | install -m 755 /dev/stdin /usr/bin/python9",
    ),
    ("user-missing", ""),
    ("group-missing", ""),
    ("user-late", ""),
    ("program-late", ""),
    ("chdir-missing", ""),
    ("environment-file", ""),
    ("assertion", ": >/etc/assertion.conf"),
    (
        "required-fails",
        "sed -i 's|/bin/false|/bin/sleep infinity|; /Type/d' /etc/systemd/system/required-fails-base.service; systemctl daemon-reload; systemctl start required-fails-base",
    ),
    ("relative-program", CORRECTED),
    ("configuration", CORRECTED),
    ("library", CORRECTED),
    ("host-late", CORRECTED),
    ("host-unknown", CORRECTED),
    ("inotify", CORRECTED),
    (
        "called-program",
        "printf '#!/bin/sh\nexec sleep infinity\n' | install -m 755 /dev/stdin /usr/bin/convert-all",
    ),
    ("socket-in-use", "systemctl stop other.socket"),
    ("disk-full", CORRECTED),
    ("connection-refused", CORRECTED),
    (
        "masked",
        "printf '[Service]\nExecStart=/bin/sleep infinity\n' >/usr/lib/systemd/system/masked.service",
    ),
];

/// Units whose verdict has commands that only look.
const EXAMINED: &[&str] = &[
    "device-at-once",
    "socket-without-service",
    "waits",
    "stdin-terminal",
    "sandbox-path",
    "socket-address",
    "permission",
    "read-only",
    "file-absent",
    "memory",
    "timeout-notify",
    "mount-without-helper",
    "wireguard-module",
    "absent",
    "exits-silently",
    "bound",
    // Without the value that it asks for.
    "address-family",
];

fn cases_of<'a>(cases: &'a [Case], names: impl Iterator<Item = &'a str>) -> Vec<&'a Case> {
    let case = |name| cases.iter().find(|case| case.name == name).unwrap();
    names.map(case).collect()
}

impl Container {
    /// The commands that `unit-failed` has for a unit now.
    fn remedies_of(&self, case: &Case) -> Result<String, String> {
        let mut command = self.lxcdiag("unit-failed");
        let unit = format!("unit={}", case.unit);
        let ended = run(command.args(JSON).arg("--read-only").args(["--var", &unit]));
        let verdict = ended.verdict();
        if verdict.id != case.verdict() {
            let Case { name, .. } = case;
            return Err(format!("{name}: {}: {}", verdict.id, verdict.summary));
        }
        let report = ended.report();
        let remedies = report["verdict"]["remedies"].as_array().unwrap().iter();
        let now = remedies.filter(|remedy| remedy["kind"] == "now");
        let scripts = now.map(|remedy| remedy["commands"].as_str().unwrap().to_owned() + "\n");
        Ok(scripts.collect())
    }

    fn is_active(&self, case: &Case) -> bool {
        let state = self.sh(&format!(
            "sleep 0.3; systemctl is-active {} || :",
            case.unit
        ));
        state.trim() == "active"
    }

    /// Pastes the remedies of a unit, and returns what is wrong about them.
    fn wrong_about(&self, case: &Case, user: &str) -> Option<String> {
        let script = match self.remedies_of(case) {
            Ok(script) => script,
            Err(why) => return Some(why),
        };
        let file = self.directory.path().join("source.env");
        std::fs::write(&file, "A=b\n").unwrap();
        let name = &case.name;
        // Nothing happens before the user has done what the title says, or without the value that is asked for.
        if !user.is_empty() || script.contains("SOURCE") {
            let before = self.harmable(&case.unit);
            self.paste(&script, None);
            if self.harmable(&case.unit) != before || self.is_active(case) {
                return Some(format!("{name}: changed something too early:\n{script}"));
            }
        }
        self.sh(&case.in_shell(user));
        let output = self.paste(&script, file.to_str());
        if !self.is_active(case) {
            let said = String::from_utf8_lossy(&output.stderr);
            return Some(format!("{name}: does not run after\n{script}{said}"));
        }
        // A second time does no harm.
        self.paste(&script, file.to_str());
        (!self.is_active(case)).then(|| format!("{name}: stopped by a second\n{script}"))
    }
}

#[test]
fn the_unit_runs_after_the_remedy_for_its_fault() {
    let cases = case::all();
    let chosen = cases_of(&cases, REPAIRED.iter().map(|(name, _)| *name));
    let container = Container::pristine();
    set_up(&container, &chosen);
    let each = chosen.iter().zip(REPAIRED);
    let wrong: Vec<_> = each
        .filter_map(|(case, (_, user))| container.wrong_about(case, user))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_remedy_that_only_looks_changes_nothing() {
    let cases = case::all();
    let chosen = cases_of(&cases, EXAMINED.iter().copied());
    let container = Container::pristine();
    set_up(&container, &chosen);
    let mut wrong = Vec::new();
    for case in chosen {
        match container.remedies_of(case) {
            Ok(script) => {
                let before = container.harmable(&case.unit);
                container.paste(&script, None);
                if container.harmable(&case.unit) != before {
                    wrong.push(format!(
                        "{}: something has changed after\n{script}",
                        case.name
                    ));
                }
            }
            Err(why) => wrong.push(why),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A new hypothesis in the runbook needs a unit here.
#[test]
fn every_remedy_of_unit_failed_is_tried() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/unit-failed.yaml");
    let runbook = read(&read_runbook(&path).unwrap()).unwrap();
    let has_commands = |it: &&Hypothesis| {
        let mut remedies = it.remedies.iter();
        remedies.any(|remedy| remedy.kind == RemedyKind::Now && remedy.commands.is_some())
    };
    let with_commands: BTreeSet<_> = runbook
        .hypotheses
        .iter()
        .filter(has_commands)
        .map(|it| it.id.as_str())
        .collect();
    let names = REPAIRED.iter().map(|(name, _)| *name);
    let cases = case::all();
    let tried = cases_of(&cases, names.chain(EXAMINED.iter().copied()));
    let tried: BTreeSet<_> = tried.into_iter().map(Case::verdict).collect();
    assert_eq!(with_commands, tried);
}

/// In `health` and `race-risk`, the one remedy that changes something reloads systemd.
#[test]
fn a_reload_makes_systemd_read_what_it_has_not_seen() {
    for (runbook, id) in [("race-risk", "not-looked-for"), ("health", "units-stale")] {
        let container = Container::pristine();
        container.sh(
            "printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/late.service
            systemctl daemon-reload; systemctl start late.service; sleep 1
            printf '[Service]\\nExecStart=/bin/sleep 1000\\n' >/etc/systemd/system/late.service",
        );
        let mut command = container.lxcdiag(runbook);
        let report = run(command.args(JSON).arg("--read-only")).report();
        let hypotheses = report["hypotheses"].as_array().unwrap();
        let found = hypotheses.iter().find(|it| it["id"] == id).unwrap();
        assert!(
            ["likely", "confirmed"].contains(&found["verdict"].as_str().unwrap()),
            "{found}"
        );
        let remedy = found["remedy"].as_str().unwrap();
        let lines = remedy.lines().filter_map(|line| line.strip_prefix("  "));
        let script: Vec<_> = lines.filter(|line| !line.contains("lxcdiag")).collect();
        container.paste(&(script.join("\n") + "\n"), None);
        let state = container.sh("systemctl show -p NeedDaemonReload,ActiveState late.service");
        assert_eq!(
            state.trim(),
            "ActiveState=active\nNeedDaemonReload=no",
            "{script:?}"
        );
    }
}
