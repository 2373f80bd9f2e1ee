//! What a report says to do, pasted: it cures what it was said of.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use crate::lab::{Container, pct, quiet};
use crate::lxcdiag::Ended;

const SOURCE: &str = "/var/lib/lxcdiag-lab/src/embedding_server.service";
const UNIT: &str = "embedding_server.service";
const PATH: &str = "/etc/systemd/system/embedding_server.service";

/// The remedies that have commands; `every_remedy_is_tried` holds the list to the runbook.
const WITH_COMMANDS: &[&str] = &[
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

/// The lines of a remedy that are commands: those that are set in.
fn commands(remedy: &str) -> String {
    let lines = remedy.lines().filter_map(|line| line.strip_prefix("  "));
    lines.collect::<Vec<_>>().join("\n")
}

/// The remedy's commands, after it was seen that the verdict is the one meant.
#[track_caller]
fn remedy_of(ended: &Ended, id: &str) -> String {
    assert!(WITH_COMMANDS.contains(&id), "{id} is not in the list");
    let verdict = ended.verdict();
    assert_eq!(verdict.id, id, "{}", verdict.summary);
    let report = ended.report();
    let script = commands(report["verdict"]["remedy"].as_str().unwrap());
    assert!(
        !script.is_empty(),
        "no commands in {}",
        report["verdict"]["remedy"]
    );
    script
}

impl Container {
    /// Runs what was copied from a report in a shell of the host's.
    fn paste(&self, script: &str) -> Output {
        let bin = self.directory.path().join("bin");
        if !bin.exists() {
            std::fs::create_dir(&bin).unwrap();
            symlink(pct(), bin.join("pct")).unwrap();
        }
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", bin.display());
        quiet(
            Command::new("bash")
                .args(["-c", script])
                .env("PATH", path)
                .current_dir(self.directory.path()),
        )
    }

    fn unit_is_enabled(&self, unit: &str) -> bool {
        let state = self.sh(&format!("systemctl is-enabled {unit} 2>&1 || true"));
        state.trim() == "enabled"
    }

    /// That the commands do away with it: the right content, enabled.
    #[track_caller]
    fn assert_cured_by(&self, script: &str) {
        let output = self.paste(script);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success() && self.unit_is_enabled(UNIT),
            "{script}\nended with {}: {said}",
            output.status
        );
        assert_eq!(
            self.sh(&format!("cat {PATH}")),
            std::fs::read_to_string(SOURCE).unwrap()
        );
    }

    /// That what the report says of a scenario, pasted with the source filled in, cures it.
    #[track_caller]
    fn assert_cured(&self, scenario: &str, options: &[&str], id: &str) {
        let injected = self.inject(scenario, &["--delay", "0.3"]);
        let mut all = vec!["--read-only"];
        all.extend(options);
        if let Some(failed_at) = &injected.failed_at {
            all.extend(["--failed-at", failed_at]);
        }
        let script = remedy_of(&self.diagnose(&all), id);
        self.assert_cured_by(&script.replace("SOURCE", SOURCE));
    }
}

/// A test for each, so that they run side by side and each failure has its name.
macro_rules! remedies {
    ($($name:ident: $scenario:literal => $id:literal;)*) => {
        $(
            #[test]
            fn $name() {
                Container::privileged().assert_cured($scenario, &[], $id);
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
    Container::unprivileged().assert_cured("unmapped-owner", &[], "file-unreadable");
}

#[test]
fn repaired_later() {
    let container = Container::privileged();
    container.assert_cured("late-push", &["--var", "window=100ms"], "repaired-later");
}

/// Commands come with the real path where it is known, and it may need quotes.
#[test]
fn a_source_that_is_known() {
    let container = Container::privileged();
    let directory = container.directory.path().join("it's here");
    std::fs::create_dir(&directory).unwrap();
    let source = directory.join("a unit.service");
    std::fs::copy(SOURCE, &source).unwrap();
    container.inject("absent", &[]);
    let var = format!("source={}", source.display());
    let ended = container.diagnose(&["--read-only", "--var", &var]);
    let script = remedy_of(&ended, "file-missing");
    assert!(!script.contains("SOURCE"), "{script}");
    container.assert_cured_by(&script);
}

/// In the script itself, where the file is still to come.
#[test]
fn waiting_for_a_push_that_is_late() {
    let container = Container::privileged();
    let failed_at = container
        .inject("late-push", &["--delay", "0.3"])
        .failed_at
        .unwrap();
    let ended = container.diagnose(&["--read-only", "--failed-at", &failed_at]);
    let script = remedy_of(&ended, "race-condition").replace("SOURCE", SOURCE);
    container.reset();
    let id = container.id;
    let late = format!("(sleep 1; pct push {id} {SOURCE} {PATH}) &\n");
    container.assert_cured_by(&(late + &script));

    // It gives up, and nothing that comes after it is done.
    container.reset();
    let hasty = script.replace("timeout 10", "timeout 1");
    assert_ne!(hasty, script);
    assert_eq!(container.paste(&hasty).status.code(), Some(124));
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
    container.assert_cured_by(&script);
}

/// To make room is for who knows what may go; until then the commands do no harm, and say so.
#[test]
fn a_full_disk() {
    for scenario in ["disk-full", "disk-full-cut"] {
        let container = Container::privileged();
        container.inject(scenario, &[]);
        let ended = container.diagnose(&["--read-only"]);
        let script =
            remedy_of(&ended, "read-only-or-full").replace("SOURCE", &long_source(&container));
        if scenario == "disk-full" {
            assert!(!container.paste(&script).status.success());
            assert!(!container.unit_is_enabled(UNIT));
        }
        container.sh("rm /etc/systemd/system/.other-data");
        let output = container.paste(&script);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{script}\n{said}");
        assert!(container.unit_is_enabled(UNIT));
    }
}

/// More than a page, as `disk-full-cut` pushes it.
fn long_source(container: &Container) -> String {
    let path = container.directory.path().join("long.service");
    let unit = std::fs::read_to_string(SOURCE).unwrap();
    std::fs::write(&path, "# A line of a long unit.\n".repeat(250) + &unit).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The source itself lacks the section: it is added, once.
#[test]
fn a_source_without_install() {
    let container = Container::privileged();
    container.inject("no-install", &[]);
    let source = container.directory.path().join("own.service");
    let unit = std::fs::read_to_string(SOURCE).unwrap();
    std::fs::write(&source, unit.split("\n[Install]").next().unwrap()).unwrap();
    let ended = container.diagnose(&["--read-only"]);
    let script =
        remedy_of(&ended, "unit-not-enableable").replace("SOURCE", source.to_str().unwrap());
    for _ in 0..2 {
        let output = container.paste(&script);
        assert!(output.status.success(), "{script}\n{output:?}");
        assert!(container.unit_is_enabled(UNIT));
        let sections = std::fs::read_to_string(&source).unwrap();
        assert_eq!(sections.matches("[Install]").count(), 1, "{sections}");
    }
}

/// A hypothesis added to the runbook wants its remedy tried.
#[test]
fn every_remedy_is_tried() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/race-condition.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, hypotheses) = text.split_once("\nhypotheses:\n").unwrap();
    let (hypotheses, _) = hypotheses.split_once("\nhealthy:\n").unwrap();
    let with_commands: Vec<_> = hypotheses
        .split("\n  - id: ")
        .map(|part| part.trim_start_matches("  - id: "))
        .filter(|part| part.contains("\n        pct "))
        .map(|part| part.lines().next().unwrap())
        .collect();
    assert_eq!(with_commands, WITH_COMMANDS);
}
