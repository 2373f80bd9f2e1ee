//! The audit, checked by other programs: the patched scripts by shellcheck, and the SARIF reports by their validator. The
//! schema of runbooks, by a language server. The alert rules by promtool, and the units by systemd-analyze.
//!
//! Needs shellcheck, npm's `@microsoft/sarif-multitool` and `yaml-language-server`, promtool (Debian's prometheus), systemd, perl, crontab (cron),
//! nagios4 (nagios4-core), zabbix_agentd (zabbix-agent), bash and patch. `.ci/run` installs them; `tests/run` runs this.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "tools/language_server.rs"]
mod language_server;
#[path = "tools/monitoring.rs"]
mod monitoring;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The directories of scripts.
const DIRECTORIES: [&str; 3] = ["faults", "proven", "right"];

fn output(directory: &Path, program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory);
    let output = command.output();
    output.unwrap_or_else(|error| panic!("{program}: {error}; see the top of tests/tools.rs"))
}

fn lxcdiag(directory: &Path, arguments: &[&str]) -> String {
    let output = output(directory, env!("CARGO_BIN_EXE_lxcdiag"), arguments);
    String::from_utf8(output.stdout).unwrap()
}

/// The scripts of a directory: their names, with the files beside them in a directory for each.
fn scripts(of: &str) -> Vec<(tempfile::TempDir, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/audit")
        .join(of);
    let entries = std::fs::read_dir(directory).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let copied = || {
        let copy = tempfile::tempdir().unwrap();
        for file in &files {
            let text = std::fs::read_to_string(file).unwrap();
            // What the tests expect is no part of the script.
            let lines = text.split_inclusive('\n');
            let script: String = lines
                .filter(|line| !line.starts_with("#= ") && !line.starts_with("#? "))
                .collect();
            std::fs::write(copy.path().join(name(file)), script).unwrap();
        }
        copy
    };
    let names = files.iter().map(|file| name(file));
    names
        .filter(|name| name.ends_with(".sh"))
        .map(|name| (copied(), name))
        .collect()
}

/// The kinds of findings that shellcheck has.
fn shellcheck(directory: &Path, script: &str) -> BTreeSet<String> {
    let checked = output(directory, "shellcheck", &["-x", "-f", "json", script]);
    let findings: Vec<Value> = serde_json::from_slice(&checked.stdout).unwrap();
    let kind = |it: &Value| format!("SC{}", it["code"]);
    findings.iter().map(kind).collect()
}

fn findings_above_notes(directory: &Path, script: &str) -> Vec<String> {
    let json = lxcdiag(directory, &["audit", "--format", "json", script]);
    let report: Value = serde_json::from_str(&json).unwrap();
    let files = report["files"].as_array().unwrap();
    let findings = files
        .iter()
        .flat_map(|it| it["findings"].as_array().unwrap());
    findings
        .filter(|finding| finding["severity"] != "note")
        .map(|finding| format!("{script}: {}", finding["rule"].as_str().unwrap()))
        .collect()
}

#[test]
fn shellcheck_finds_nothing_new_in_a_patched_script() {
    let (mut wrong, mut left, mut patched) = (Vec::new(), Vec::new(), 0);
    for (copy, script) in DIRECTORIES.into_iter().flat_map(scripts) {
        let directory = copy.path();
        // bash reads no loop with CRLF line ends. Such a script is converted before it runs.
        let is_valid = |script: &str| {
            let text = std::fs::read_to_string(directory.join(script)).unwrap();
            std::fs::write(directory.join("unix.sh"), text.replace('\r', "")).unwrap();
            output(directory, "bash", &["-n", "unix.sh"])
                .status
                .success()
        };
        let (before, was_valid) = (shellcheck(directory, &script), is_valid(&script));
        let patch = lxcdiag(directory, &["audit", "--patch", &script]);
        if patch.is_empty() {
            continue;
        }
        patched += 1;
        std::fs::write(directory.join("a.patch"), &patch).unwrap();
        let applied = output(directory, "patch", &["-p1", "-i", "a.patch"]);
        assert!(applied.status.success(), "{script}: {applied:?}\n{patch}");
        let after = shellcheck(directory, &script);
        let new: Vec<_> = after.difference(&before).collect();
        if !new.is_empty() || was_valid && !is_valid(&script) {
            wrong.push(format!("{script}: {new:?}\n{patch}"));
        }
        left.extend(findings_above_notes(directory, &script));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What a patch would have to invent: the instance of a template, which files a directory has, and the destination of
    // `pct push 900 a.conf`. A pattern with one match has its destination already.
    assert_eq!(
        left,
        [
            "instances.sh: unit-name-mismatch",
            "names.sh: unit-name-mismatch",
            "options.sh: push-arguments",
            "options.sh: push-glob",
            "xargs.sh: push-directory",
            "glob-of-several.sh: push-glob"
        ]
    );
    assert!(patched > 50, "{patched}");
}

#[test]
fn the_sarif_report_is_valid() {
    for of in DIRECTORIES {
        let all = scripts(of);
        let names = all.iter().map(|(_, name)| name.as_str());
        let directory = all[0].0.path();
        let arguments: Vec<_> = ["audit", "--format", "sarif"]
            .into_iter()
            .chain(names)
            .collect();
        std::fs::write(directory.join("a.sarif"), lxcdiag(directory, &arguments)).unwrap();
        let arguments = ["validate", "a.sarif"];
        let validated = output(directory, "sarif-multitool", &arguments);
        let said = String::from_utf8_lossy(&validated.stdout).into_owned();
        assert!(validated.status.success(), "{validated:?}");
        assert!(!said.contains(": error "), "{said}");
    }
}
