//! Remedies, pasted from a report: they repair the fault and harm nothing else.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use lxcdiag::runbook::{Hypothesis, RemedyKind, read, read_runbook};

use crate::lab::{Container, pct, quiet};
use crate::lxcdiag::Ended;

pub const SOURCE: &str = "/var/lib/lxcdiag-lab/src/embedding_server.service";
/// More than a page.
const LONG_SOURCE: &str = "/var/lib/lxcdiag-lab/src/disk-full-cut/embedding_server.service";
pub const UNIT: &str = "embedding_server.service";
const PATH: &str = "/etc/systemd/system/embedding_server.service";

/// The remedies that repair a container; `every_remedy_is_tried` compares the list with the runbook.
const TRIED: &[&str] = &[
    "race-condition",
    "partial-write",
    "systemd-not-ready",
    "push-failed",
    "read-only-or-full",
    "file-misplaced",
    "broken-link",
    "unit-masked",
    "file-unreadable",
    "file-incomplete",
    "unit-malformed",
    "unit-not-enableable",
    "repaired-later",
    "file-missing",
];

/// The remedies of states that the lab cannot make; `harmless` pastes them in the states that it can make.
const UNTRIED: &[&str] = &[
    "late-mount",
    "alias-of-another-unit",
    "alias-taken",
    "init-script-in-the-way",
    "linked-unit-file",
    "mount-name-unescaped",
    "target-not-reached",
];

/// The commands of the verdict's remedies of a kind, if the verdict is the expected one.
#[track_caller]
fn remedies_of(ended: &Ended, id: &str, kind: &str) -> Vec<String> {
    assert!(TRIED.contains(&id), "{id} is not in the list");
    let verdict = ended.verdict();
    assert_eq!(verdict.id, id, "{}", verdict.summary);
    let report = ended.report();
    let remedies = report["verdict"]["remedies"].as_array().unwrap().iter();
    let scripts: Vec<_> = remedies
        .filter(|remedy| remedy["kind"] == kind && remedy["commands"] != "")
        .map(|remedy| remedy["commands"].as_str().unwrap().to_owned())
        .collect();
    assert!(!scripts.is_empty(), "no commands in {}", report["verdict"]);
    scripts
}

/// The commands that repair this container.
#[track_caller]
fn remedy_of(ended: &Ended, id: &str) -> String {
    remedies_of(ended, id, "now").join("\n")
}

impl Container {
    /// Types what was copied from a report into an interactive shell of the host, where `source` is what SOURCE was set
    /// to before.
    pub fn paste(&self, script: &str, source: Option<&str>) -> Output {
        let bin = self.directory.path().join("bin");
        if !bin.exists() {
            std::fs::create_dir(&bin).unwrap();
            symlink(pct(), bin.join("pct")).unwrap();
        }
        let typed = self.directory.path().join("typed");
        std::fs::write(&typed, script).unwrap();
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", bin.display());
        // A new session: an interactive shell would take over the terminal of the user who runs the tests.
        quiet(
            Command::new("setsid")
                .args(["--wait", "sh", "-c"])
                .arg("exec bash --noprofile --norc -i <\"$0\"")
                .arg(&typed)
                .env("PATH", path)
                .envs(source.map(|path| ("SOURCE", path)))
                .current_dir(self.directory.path()),
        )
    }

    /// Everything in the directory of the unit.
    fn unit_directory(&self) -> String {
        self.sh("cd /etc/systemd/system && find . ! -type d -printf '%p %y %m %U:%G %s %T@ %l\\n' -o -printf '%p %m\\n' | sort; cat *.service 2>&1; true")
    }

    /// The unit's file and what systemd has loaded of it.
    fn unit(&self, unit: &str) -> String {
        self.sh(&format!(
            "cd /etc/systemd/system && stat -c '%a %u:%g %s %.9Y %.9Z' {unit} && sha256sum {unit}
            systemctl show -p LoadState,ActiveState,UnitFileState,FragmentPath,NeedDaemonReload,MainPID -- {unit}"
        ))
    }

    fn unit_is_enabled(&self, unit: &str) -> bool {
        let state = self.sh(&format!("systemctl is-enabled {unit} 2>&1 || true"));
        state.trim() == "enabled"
    }

    fn unit_runs(&self, unit: &str) -> bool {
        let state = self.sh(&format!("systemctl is-active {unit} 2>&1 || true"));
        state.trim() == "active"
    }

    /// Asserts that the commands repair it: the right content, enabled, running.
    #[track_caller]
    fn assert_cured_by(&self, script: &str, source: Option<&str>) {
        let output = self.paste(script, source);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success() && self.unit_is_enabled(UNIT) && self.unit_runs(UNIT),
            "{script}\nended with {}: {said}",
            output.status
        );
        assert_eq!(
            self.sh(&format!("cat {PATH}")),
            std::fs::read_to_string(SOURCE).unwrap()
        );
    }

    /// Asserts that the remedy for a scenario changes nothing until SOURCE is set, then repairs it, and
    /// does no harm when it is repeated.
    #[track_caller]
    fn assert_cured(&self, scenario: &str, delay: &str, id: &str) {
        let injected = self.inject(scenario, &["--delay", delay]);
        let mut all = vec!["--read-only"];
        if let Some(failed_at) = &injected.failed_at {
            all.extend(["--failed-at", failed_at]);
        }
        let script = remedy_of(&self.diagnose(&all), id);
        if script.contains("SOURCE") {
            let before = self.unit_directory();
            self.paste(&script, None);
            assert_eq!(self.unit_directory(), before, "{script}");
        }
        self.assert_cured_by(&script, Some(SOURCE));
        let repaired = self.unit(UNIT);
        self.paste(&script, Some(SOURCE));
        let process = |unit: &str| {
            let line = unit.lines().find(|line| line.starts_with("MainPID="));
            line.map(str::to_owned)
        };
        assert_eq!(process(&self.unit(UNIT)), process(&repaired), "{script}");
    }
}

/// A test for each, so that they run in parallel and each failure has its name.
macro_rules! remedies {
    ($($name:ident: $scenario:literal => $id:literal;)*) => {
        $(
            #[test]
            fn $name() {
                Container::privileged().assert_cured($scenario, "0.3", $id);
            }
        )*
    };
}

remedies! {
    late_push: "late-push" => "race-condition";
    partial_write: "partial-write" => "partial-write";
    partial_empty: "partial-empty" => "partial-write";
    starting: "starting" => "systemd-not-ready";
    directory_push: "directory-push" => "push-failed";
    nested: "nested" => "file-misplaced";
    typo: "typo" => "file-misplaced";
    in_wants: "in-wants" => "file-misplaced";
    dangling: "dangling" => "broken-link";
    directory: "directory" => "broken-link";
    masked: "masked" => "unit-masked";
    empty: "empty" => "file-incomplete";
    cut_section: "cut-section" => "file-incomplete";
    push_dir_to_file: "push-dir-to-file" => "file-incomplete";
    binary: "binary" => "unit-malformed";
    cut_install: "cut-install" => "unit-not-enableable";
    absent: "absent" => "file-missing";
    drop_in_only: "drop-in-only" => "file-missing";
}

#[test]
fn unmapped_owner() {
    Container::unprivileged().assert_cured("unmapped-owner", "0.3", "file-unreadable");
}

#[test]
fn repaired_later() {
    Container::privileged().assert_cured("pushed-later", "3", "repaired-later");
}

/// As if Ctrl-C had ended the copy: what is there stays as it is.
#[test]
fn a_copy_that_is_cut_off_changes_nothing() {
    let container = Container::privileged();
    for (scenario, id) in [
        ("absent", "file-missing"),
        ("dangling", "broken-link"),
        ("empty", "file-incomplete"),
        ("masked", "unit-masked"),
    ] {
        container.inject(scenario, &[]);
        let var = format!("unit={UNIT}");
        let script = remedy_of(&container.diagnose(&["--read-only", "--var", &var]), id);
        let cut_off = script.replace("cat -- \"$source\"", "head -c 20 -- \"$source\"");
        assert_ne!(cut_off, script);
        let before = container.unit_directory();
        let output = container.paste(&cut_off, Some(SOURCE));
        assert!(!output.status.success(), "{cut_off}");
        assert_eq!(container.unit_directory(), before, "{cut_off}");
    }
}

/// The commands contain the real path if it is known, quoted if necessary.
#[test]
fn a_source_that_is_known() {
    let container = Container::privileged();
    let directory = container.directory.path().join("it's here");
    std::fs::create_dir(&directory).unwrap();
    let source = directory.join("a unit.service");
    std::fs::copy(SOURCE, &source).unwrap();
    container.inject("absent", &[]);
    let var = format!("source={}", source.display());
    let unit = "unit=embedding_server.service";
    let ended = container.diagnose(&["--read-only", "--var", &var, "--var", unit]);
    let script = remedy_of(&ended, "file-missing");
    container.assert_cured_by(&script, None);
}

/// In the script itself, before the file has arrived.
#[test]
fn waiting_for_a_push_that_is_late() {
    let container = Container::privileged();
    let failed_at = container
        .inject("late-push", &["--delay", "0.3"])
        .failed_at
        .unwrap();
    let ended = container.diagnose(&["--read-only", "--failed-at", &failed_at]);
    let script = remedies_of(&ended, "race-condition", "cause").join("\n");
    container.reset();
    let id = container.id;
    let late = format!("(sleep 1; pct push {id} {SOURCE} {PATH}) &\n");
    container.assert_cured_by(&(late + &script), Some(SOURCE));

    // It gives up, and the commands after it do not run.
    container.reset();
    let hasty = script.replace("timeout 10", "timeout 1");
    assert_ne!(hasty, script);
    let output = container.paste(&hasty, Some(SOURCE));
    assert_eq!(output.status.code(), Some(124));
    assert!(!container.unit_is_enabled(UNIT));
}

#[test]
fn waiting_for_a_systemd_that_starts() {
    let container = Container::privileged();
    let failed_at = container.inject("starting", &[]).failed_at.unwrap();
    let ended = container.diagnose(&["--read-only", "--failed-at", &failed_at]);
    let script = remedy_of(&ended, "systemd-not-ready");
    container.pct("stop");
    container.pct("start");
    container.assert_cured_by(&script, None);
}

/// Only the operator knows what can be deleted. Until then the commands fail and do no harm.
#[test]
fn a_full_disk() {
    for (scenario, source) in [("disk-full", SOURCE), ("disk-full-cut", LONG_SOURCE)] {
        let container = Container::privileged();
        container.inject(scenario, &[]);
        let ended = container.diagnose(&["--read-only"]);
        let script = remedy_of(&ended, "read-only-or-full");
        if scenario == "disk-full" {
            let output = container.paste(&script, Some(source));
            assert!(!output.status.success());
            assert!(!container.unit_is_enabled(UNIT));
        }
        container.sh("rm /etc/systemd/system/.other-data");
        let output = container.paste(&script, Some(source));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{script}\n{said}");
        assert!(container.unit_is_enabled(UNIT));
    }
}

/// Whatever SOURCE is, the file stays as it is, and the service runs.
#[test]
fn a_unit_without_install_is_started() {
    let container = Container::privileged();
    container.inject("no-install", &[]);
    let ended = container.diagnose(&["--read-only"]);
    let script = remedy_of(&ended, "unit-not-enableable");
    let own = container.directory.path().join("own.service");
    let unit = std::fs::read_to_string(SOURCE).unwrap();
    std::fs::write(&own, unit.split("\n[Install]").next().unwrap()).unwrap();
    let other = container.directory.path().join("other.service");
    std::fs::write(&other, "[Service]\nExecStart=/bin/true\n[Install]\n").unwrap();
    let before = container.unit_directory();
    for source in [None, Some(&own), Some(&other)] {
        let output = container.paste(&script, source.map(|path| path.to_str().unwrap()));
        assert!(!output.status.success(), "{script}\n{output:?}");
        assert_eq!(container.unit_directory(), before, "{script}\n{output:?}");
        assert!(container.unit_runs(UNIT), "{script}\n{output:?}");
    }
    let names = std::fs::read_dir(container.directory.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!names.into_iter().any(|name| name.contains("SOURCE")));
}

/// The name on the command line is wrong: there is nothing to repair in the container.
#[test]
fn a_mistyped_name_of_a_running_unit_needs_no_command() {
    let container = Container::privileged();
    container.inject("healthy", &[]);
    let ended = container.diagnose(&["--read-only", "--var", "unit=embeding_server.service"]);
    assert_eq!(ended.verdict().id, "wrong-unit-name");
    let report = ended.report();
    let remedy = report["verdict"]["remedy"].as_str().unwrap();
    assert!(remedy.contains(&format!("--var unit={UNIT}")), "{remedy}");
    for remedy in report["verdict"]["remedies"].as_array().unwrap() {
        assert_eq!(remedy["commands"], "");
    }
}

/// A new hypothesis in the runbook needs a test of its remedy.
#[test]
fn every_remedy_is_tried() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/race-condition.yaml");
    let runbook = read(&read_runbook(&path).unwrap()).unwrap();
    let repairs = |hypothesis: &&Hypothesis| {
        let mut remedies = hypothesis.remedies.iter();
        remedies.any(|remedy| remedy.kind == RemedyKind::Now && remedy.commands.is_some())
    };
    let with_commands: BTreeSet<_> = runbook
        .hypotheses
        .iter()
        .filter(repairs)
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(
        with_commands,
        TRIED.iter().chain(UNTRIED).copied().collect()
    );
}
