//! Follows a document from top to end in one directory, as a reader would.
//!
//! The line "Put this into `NAME`:" before a block names the file that it goes into. A block of `text` below commands is the
//! output of the last of them.

use std::process::{Command, Output, Stdio};

use super::markdown::{Document, pictures};

/// Where a document is followed: a directory, with `lxcdiag` and `pct` on the PATH.
pub trait Place {
    /// Writes a file, as an editor does: its directory must exist.
    fn edit(&self, path: &str, text: &str);
    /// Runs a shell command to its end, as root.
    fn sh(&self, line: &str) -> Output;
}

/// Lines that begin like this are not run, with the reason.
const NOT_RUN: &[(&str, &str)] = &[
    ("cargo build", "the binary under test was built by cargo"),
    (
        "packaging/build",
        "builds for minutes; tests/package runs it",
    ),
    ("sha256sum --check", "needs the package"),
    ("apt-get install ./lxcdiag_", "changes this machine"),
    ("systemctl enable", "changes this machine"),
    (
        "eval \"$(sh /usr/share/doc/",
        "needs the package; tests/package runs it",
    ),
    (
        "install -m 0755 target/release/lxcdiag /usr/local/sbin/",
        "changes this machine",
    ),
    ("install -d /etc/", "changes this machine"),
    ("lxcdiag completions bash >/etc/", "changes this machine"),
    ("lxcdiag man /usr/", "changes this machine"),
    ("cargo test", "runs this test"),
    (
        "lxcdiag trace --repeat 100 ",
        "takes minutes; tests/containers/trace.rs runs the probe",
    ),
    ("LXCDIAG_HISTORIES=", "plays histories for minutes"),
    ("LXCDIAG_EVENTS=", "needs cargo, and enumerates for minutes"),
    (
        "LXCDIAG_SEED=",
        "would wait for the build that runs this test",
    ),
    (
        "cargo clippy",
        "would wait for the build that runs this test",
    ),
    ("tests/run", "runs this test"),
    (
        "lxcdiag fix",
        "asks on a terminal, and changes the container; tests/cli/fix.rs runs it",
    ),
    ("benches/start", "needs a build with optimizations"),
    ("benches/figures", "measures for minutes, in the lab"),
    ("benches/sweep", "measures for minutes, in the lab"),
    (
        "benches/script",
        "makes a release build, and measures for a minute",
    ),
    (
        "tests/lab/lab",
        "needs LXC; the tests in real containers run it",
    ),
    (
        "export LXCDIAG_HOST_ROOT=",
        "needs the lab; the tests in real containers set the same",
    ),
];

/// The binary's other names.
const NAMES: &[&str] = &["cargo run --release --", "target/release/lxcdiag"];

/// The content of `provisioning.log`, which documents refer to.
const PROVISIONING_LOG: &str = "\
2026-01-02T03:04:05.412Z pushing units
2026-01-02T03:04:05.678Z Failed to enable unit: Unit file embedding_server.service does not exist.
";

/// The content of `provision.sh`, which documents refer to.
const PROVISION_SCRIPT: &str = "\
#!/bin/bash
set -e
pct push 958 units/ /etc/systemd/system/
pct exec 958 -- systemctl daemon-reload
pct exec 958 -- systemctl enable embedding_server.service
";

/// Follows a document to its end.
pub fn follow(place: &impl Place, name: &str, text: &str) {
    place.edit("provisioning.log", PROVISIONING_LOG);
    place.edit("provision.sh", PROVISION_SCRIPT);
    let mut printed: Option<String> = None;
    for block in &Document::read(text).blocks {
        let at = format!("{name}:{}", block.line);
        match block.language.as_str() {
            "sh" => {
                for line in split(&block.text) {
                    printed = run(place, &line, &at).or(printed);
                }
            }
            "yaml" => {
                if let Some(file) = &block.file {
                    place.edit(file, &block.text);
                }
                validate(place, &block.text, &at);
            }
            "text" => {
                // A block that follows no command is a drawing.
                if let Some(printed) = &printed {
                    assert!(
                        pictures(&block.text, printed),
                        "{at}: the document shows another output than this:\n{printed}"
                    );
                }
            }
            // An example of a rule: the tests of the audit read the same text.
            "bash" => {}
            other => panic!(
                "{at}: a block of {other:?}: make it `sh`, `yaml` or `text`, so that it is tested"
            ),
        }
    }
}

/// Validates a runbook, or a part of one after adding what is missing.
fn validate(place: &impl Place, text: &str, at: &str) {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    if has("tests:") || has("- { container:") || has("via:") {
        // A command below it runs it.
        return;
    }
    let mut whole = String::new();
    if !has("runbook:") {
        whole.push_str("runbook: part\ntitle: A part of one\n");
    }
    whole.push_str(text);
    if !has("checks:") {
        whole
            .push_str("checks:\n  - { id: look, title: Look, run: [\"true\"], pass: exit == 0 }\n");
    }
    place.edit("part-of-a-document.yaml", &whole);
    let output = place.sh("lxcdiag validate part-of-a-document.yaml");
    assert!(
        output.status.success(),
        "{at}: {}\n{whole}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The commands of a block; one may have several lines.
fn split(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut open = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        open.push_str(line);
        open.push('\n');
        if is_whole(&open) {
            commands.push(open.trim_end().to_owned());
            open.clear();
        }
    }
    assert!(open.is_empty(), "not a shell command: {open}");
    commands
}

/// Whether it is a complete shell command.
pub fn is_whole(text: &str) -> bool {
    Command::new("sh")
        .args(["-n", "-c", text])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

/// Runs a command and returns its output; `None` if it is in [`NOT_RUN`].
fn run(place: &impl Place, line: &str, at: &str) -> Option<String> {
    if NOT_RUN.iter().any(|(begin, _)| line.starts_with(begin)) {
        return None;
    }
    let named = NAMES
        .iter()
        .fold(line.to_owned(), |line, name| line.replace(name, "lxcdiag"));
    let output = place.sh(&named);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let outcome = format!(
        "{at}: {line}\n{}\n{stdout}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let diagnoses = [
        "lxcdiag run ",
        "lxcdiag judge ",
        "lxcdiag diff ",
        "lxcdiag history diff ",
        "lxcdiag audit ",
        "lxcdiag 958",
    ]
    .iter()
    .any(|begin| named.starts_with(begin));
    let status = output.status.code().unwrap();
    if named == "lxcdiag validate ./mistake.yaml" {
        assert_eq!(status, 65, "{outcome}");
        return Some(String::from_utf8(output.stderr).unwrap());
    }
    if named.starts_with("lxcdiag trace ") {
        // It ends as the traced command ends. Standard output is that of the command, except with --show.
        assert!(outcome.contains("\nTrace of "), "{outcome}");
    } else if named.starts_with("lxcdiag sweep ") {
        // With --quiet or --on-change there may be no output.
        assert!((0..=3).contains(&status), "{outcome}");
    } else if diagnoses && !named.contains("--dry-run") {
        assert!((0..=3).contains(&status), "{outcome}");
        let begins = [
            "{\n",
            "# ",
            "A: ",
            "DEMONSTRATION: ",
            "race-condition: ",
            "nginx-up: ",
            "unit-failed: ",
            "health: ",
            "network: ",
            "dns: ",
            "limits: ",
            "storage: ",
            "locked: ",
            "slow: ",
            "docker: ",
            "nesting: ",
            "idmap: ",
            "device: ",
            "race-risk: ",
            "start-failed: ",
            "race-probe: ",
            "disk-usage: ",
            "postgresql-up: ",
            "nginx-serves: ",
            "service-reachable: ",
            "dump-age: ",
            "provision.sh:",
            "push-directory: ",
            "--- a/provision.sh",
        ];
        assert!(
            begins.iter().any(|begin| stdout.starts_with(begin)),
            "no report: {outcome}"
        );
    } else {
        assert_eq!(status, 0, "{outcome}");
    }
    Some(stdout)
}
