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
