//! What the audit reports about the incident's script, tried in a container: the script fails, also with a delay, and its patch works.

use std::path::Path;
use std::process::{Command, Output};

use crate::lab::{Container, pct};

const UNIT: &str = "embedding_server.service";
const SOURCE: &str = "/var/lib/lxcdiag-lab/src/embedding_server.service";

/// The line of the push, as in the plan.
const LINE: usize = 38;

/// The provisioning script of the plan, with what it needs around the quoted lines.
fn script(container: u32, units: &Path) -> String {
    let mut lines = vec![
        "#!/bin/bash".to_owned(),
        "set -euo pipefail".to_owned(),
        format!("LXC_ID={container}"),
        "log_info() {".to_owned(),
        "    echo \"[INFO] $1\"".to_owned(),
        "}".to_owned(),
        "log_info \"Copying the units...\"".to_owned(),
    ];
    lines.resize(LINE - 1, "#".to_owned());
    lines.push(format!(
        "pct push {container} {}/ /etc/systemd/system/",
        units.display()
    ));
    let rest = "
# Create requirements.txt
pct exec $LXC_ID -- bash -c \"cat <<EOT > /opt/requirements.txt
fastapi
uvicorn
EOT\"

log_info \"Reloading systemd...\"
pct exec $LXC_ID -- systemctl daemon-reload
pct exec $LXC_ID -- systemctl enable embedding_server.service
pct exec $LXC_ID -- systemctl start embedding_server.service
";
    format!("{}\n{rest}", lines.join("\n"))
}

/// Runs the script in the directory, with the lab's `pct`.
fn provision(directory: &Path) -> Output {
    let path = std::env::var("PATH").unwrap();
    Command::new("bash")
        .arg("provision.sh")
        .current_dir(directory)
        .env(
            "PATH",
            format!("{}:{path}", directory.join("bin").display()),
        )
        .output()
        .unwrap()
}

fn audit(directory: &Path, options: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_lxcdiag"))
        .arg("audit")
        .args(options)
        .arg("provision.sh")
        .current_dir(directory)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_patch_of_the_incident_provisions_the_container_and_a_delay_does_not() {
    let container = Container::pristine();
    let directory = container.directory.path();
    let units = directory.join("systemd");
    std::fs::create_dir_all(&units).unwrap();
    std::fs::create_dir_all(directory.join("bin")).unwrap();
    std::fs::copy(SOURCE, units.join(UNIT)).unwrap();
    std::os::unix::fs::symlink(pct(), directory.join("bin/pct")).unwrap();
    let original = script(container.id, &units);
    let path = directory.join("provision.sh");

    let push = original.lines().nth(LINE - 1).unwrap();
    std::fs::write(&path, original.replace(push, &format!("{push}\nsleep 2"))).unwrap();
    let delayed = provision(directory);
    assert_eq!(delayed.status.code(), Some(1), "{delayed:?}");
    let printed = String::from_utf8_lossy(&delayed.stderr).into_owned();
    assert!(printed.contains("Is a directory"), "{printed}");
    assert!(printed.contains("Failed to enable unit"), "{printed}");

    std::fs::write(&path, &original).unwrap();
    let report: serde_json::Value =
        serde_json::from_str(&audit(directory, &["--format", "json"])).unwrap();
    let first = &report["files"][0]["findings"][0];
    assert_eq!(first["rule"], "push-directory");
    assert_eq!(first["line"], LINE);

    let patch = directory.join("provision.patch");
    std::fs::write(&patch, audit(directory, &["--patch"])).unwrap();
    let applied = Command::new("git")
        .args(["apply", "provision.patch"])
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(applied.status.success(), "{applied:?}");
    let repaired = provision(directory);
    assert!(repaired.status.success(), "{repaired:?}");
    let state = container.sh(&format!(
        "systemctl is-enabled {UNIT}; systemctl is-active {UNIT}"
    ));
    assert_eq!(state, "enabled\nactive\n");
}
