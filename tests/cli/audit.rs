//! `lxcdiag audit`: formats, exit statuses, standard input. The rules have tests of their own.

use serde_json::Value;

use crate::environment::Environment;

const SCRIPT: &str = "\
#!/bin/bash
set -e
. ./lib.sh
pct push 958 units/ /etc/systemd/system/
eval \"$SITE_HOOK\"
";

const LIBRARY: &str = "pct push 958 a.conf /etc/a.conf || exit 1\n";

fn environment() -> Environment {
    let environment = Environment::new();
    environment.write("work/provision.sh", SCRIPT);
    environment.write("work/lib.sh", LIBRARY);
    environment.write("work/right.sh", "echo hello\n");
    environment
}

#[test]
fn the_table_shows_the_line() {
    let finished = environment().lxcdiag(&["audit", "provision.sh"]);
    insta::assert_snapshot!(finished);
}

#[test]
fn json_has_an_entry_for_each_file() {
    let finished = environment().lxcdiag(&["audit", "--format", "json", "provision.sh"]);
    assert_eq!(finished.status, Some(2), "{finished}");
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["schema"], "lxcdiag.audit/1");
    let [script, library] = report["files"].as_array().unwrap().as_slice() else {
        panic!("{finished}");
    };
    assert_eq!(script["path"], "provision.sh");
    let finding = &script["findings"][0];
    assert_eq!(finding["rule"], "push-directory");
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["line"], 4);
    assert_eq!(finding["end_line"], 4);
    assert_eq!(finding["sure"], "certain");
    assert!(
        finding["message"]
            .as_str()
            .unwrap()
            .contains("/etc/systemd/system/")
    );
    assert_eq!(script["not_followed"][0]["line"], 5);
    assert_eq!(library["path"], "lib.sh");
    assert_eq!(library["findings"][0]["rule"], "push-error-branch-dead");
}

#[test]
fn the_exit_status_is_that_of_the_worst_finding() {
    let environment = environment();
    for (script, status) in [("right.sh", 0), ("lib.sh", 1), ("provision.sh", 2)] {
        let finished = environment.lxcdiag(&["audit", script]);
        assert_eq!(finished.status, Some(status), "{finished}");
    }
    for arguments in [
        &["audit"][..],
        &["audit", "none.sh"],
        &["audit", "--explain", "push-dir"],
    ] {
        let finished = environment.lxcdiag(arguments);
        assert_eq!(finished.status, Some(64), "{finished}");
    }
}

#[test]
fn sarif_and_annotations_name_file_line_and_rule() {
    let environment = environment();
    let finished = environment.lxcdiag(&["audit", "--format", "sarif", "provision.sh"]);
    let log: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let result = &run["results"][0];
    let index = result["ruleIndex"].as_u64().unwrap();
    let rule = &run["tool"]["driver"]["rules"][index as usize];
    assert_eq!(result["ruleId"], "push-directory");
    assert_eq!(rule["id"], "push-directory");
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "provision.sh");
    assert_eq!(location["region"]["startLine"], 4);
    let finished = environment.lxcdiag(&["audit", "--format", "github", "provision.sh"]);
    let first = "::error file=provision.sh,line=4,endLine=4,title=push-directory::pct push";
    assert!(finished.stdout.starts_with(first), "{finished}");
}

#[test]
fn what_a_script_has_cannot_act_on_the_terminal() {
    let environment = Environment::new();
    let script = "pct push 958 a /etc/\u{1b}[2J/ # password=hunter2hunter2\neval \u{1b}]0;x\u{7}\n";
    environment.write("work/hostile.sh", script);
    for format in ["table", "json", "sarif", "github"] {
        let finished = environment.lxcdiag(&["audit", "--format", format, "hostile.sh"]);
        assert_eq!(finished.status, Some(2), "{finished}");
        let acts = |c: char| c.is_control() && c != '\n';
        assert!(!finished.stdout.contains(acts), "{finished}");
        assert!(!finished.stdout.contains("hunter2"), "{finished}");
    }
}

#[test]
fn a_script_on_standard_input_is_read() {
    let environment = environment();
    let command = environment.command(&["audit", "-"]);
    let finished = environment.finished(environment.redirected(&command, "<provision.sh"));
    assert_eq!(finished.status, Some(2), "{finished}");
    assert!(
        finished.stdout.starts_with("-:4: error: push-directory"),
        "{finished}"
    );
}

const INCIDENT: &str = "\
#!/bin/bash
LXC_ID=958
pct push 958 /usr/local/src/rag-api-service/systemd/ /etc/systemd/system/

# Reload.
pct exec $LXC_ID -- systemctl daemon-reload || exit 1
pct exec $LXC_ID -- systemctl enable embedding_server.service || exit 1
";

/// Copies of the scripts with faults, in a directory for each.
fn faulty_scripts(environment: &Environment) -> Vec<String> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/audit/faults");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let text = std::fs::read_to_string(format!("{directory}/{name}")).unwrap();
        // The expected findings are no part of the script.
        let lines = text.split_inclusive('\n');
        let script: String = lines.filter(|line| !line.starts_with("#= ")).collect();
        environment.write(&format!("work/{name}"), &script);
        if name.ends_with(".sh") {
            names.push(name);
        }
    }
    names.sort_unstable();
    names
}

fn run_in(directory: &std::path::Path, command: &[&str], input: &str) -> std::process::Output {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new(command[0])
        .args(&command[1..])
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", command[0]));
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn findings_above_notes(environment: &Environment, script: &str) -> Vec<String> {
    let finished = environment.lxcdiag(&["audit", "--format", "json", script]);
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    let files = report["files"].as_array().unwrap();
    let findings = files
        .iter()
        .flat_map(|file| file["findings"].as_array().unwrap());
    findings
        .filter(|finding| finding["severity"] != "note")
        .map(|finding| format!("{script}: {}", finding["rule"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_patch_leaves_no_finding_above_a_note() {
    let environment = Environment::new();
    let directory = environment.path("work");
    let mut left = Vec::new();
    for script in faulty_scripts(&environment) {
        // A script with the line ends of Windows has to be converted before it runs.
        let parse = ["sh", "-c", "tr -d '\\r' <\"$0\" | bash -n", &script];
        let was_parsed = run_in(&directory, &parse, "");
        let patch = environment.lxcdiag(&["audit", "--patch", &script]).stdout;
        let checked = run_in(&directory, &["git", "apply", "--check", "-"], &patch);
        let applied = run_in(&directory, &["patch", "-p1"], &patch);
        if !patch.is_empty() {
            assert!(checked.status.success(), "{script}: {checked:?}\n{patch}");
            assert!(applied.status.success(), "{script}: {applied:?}\n{patch}");
            let printed = String::from_utf8_lossy(&applied.stdout).into_owned();
            assert!(!printed.contains("fuzz"), "{script}: {printed}");
        }
        let parsed = run_in(&directory, &parse, "");
        if was_parsed.status.success() {
            assert!(parsed.status.success(), "{script}: {parsed:?}\n{patch}");
        }
        let adds_sleep = |line: &str| {
            let code = line.strip_prefix('+').unwrap_or_default();
            code.trim_start().starts_with("sleep")
        };
        assert!(!patch.lines().any(adds_sleep), "{script}:\n{patch}");
        left.extend(findings_above_notes(&environment, &script));
        // Files that a script sources are patched with it.
        faulty_scripts(&environment);
    }
    // What a patch would have to invent: the instance of a template, where a container is mounted, which files a
    // directory has, and the destination of `pct push 900 a.conf`. A pattern with one match has its destination already.
    assert_eq!(
        left,
        [
            "instances.sh: unit-name-mismatch",
            "names.sh: unit-name-mismatch",
            "ops-no-mount.sh: rootfs-copy",
            "ops-parallel-directory.sh: push-directory",
            "options.sh: push-arguments",
            "options.sh: push-glob",
            "xargs.sh: push-directory",
        ]
    );
}

#[test]
fn a_pushed_directory_becomes_one_push_for_each_unit() {
    let environment = Environment::new();
    environment.write("work/provision.sh", &INCIDENT.replace("/usr/local/", ""));
    environment.write(
        "work/src/rag-api-service/systemd/embedding_server.service",
        "",
    );
    environment.write("work/src/rag-api-service/systemd/README", "");
    let finished = environment.lxcdiag(&["audit", "--patch", "provision.sh"]);
    insta::assert_snapshot!(finished);
}

#[test]
fn a_directory_that_this_host_does_not_have_becomes_a_loop() {
    let environment = Environment::new();
    environment.write("work/provision.sh", INCIDENT);
    let finished = environment.lxcdiag(&["audit", "--patch", "provision.sh"]);
    insta::assert_snapshot!(finished);
}

#[test]
fn a_delay_is_refused_if_it_cannot_help() {
    let environment = Environment::new();
    environment.write("work/provision.sh", INCIDENT);
    let refused = environment.lxcdiag(&["audit", "--patch", "--style", "sleep", "provision.sh"]);
    insta::assert_snapshot!(refused);
    let script = "\
#!/bin/bash
set -e
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- systemctl daemon-reload
pct exec 958 -- systemctl enable app.service
";
    environment.write("work/provision.sh", script);
    let delayed = environment.lxcdiag(&["audit", "--patch", "--style", "sleep", "provision.sh"]);
    insta::assert_snapshot!(delayed);
}

#[test]
fn a_script_without_findings_has_an_empty_patch() {
    let finished = environment().lxcdiag(&["audit", "--patch", "right.sh"]);
    assert_eq!(
        (finished.status, finished.stdout.as_str()),
        (Some(0), ""),
        "{finished}"
    );
}
