//! What is shipped for monitoring, checked by the programs that read it.

use std::path::Path;

use super::output;

/// A copy of the shipped files, in a directory of its own.
fn shipped() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in [
        "packaging/alerts.yml",
        "packaging/lxcdiag-sweep@.service",
        "packaging/lxcdiag-sweep@.timer",
        "tests/tools/alerts.test.yml",
    ] {
        let file = root.join(file);
        std::fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    copy
}

#[test]
fn the_alerts_fire_when_they_should() {
    let directory = shipped();
    for arguments in [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
    ] {
        let checked = output(directory.path(), "promtool", &arguments);
        assert!(checked.status.success(), "{checked:?}");
    }
}

#[test]
fn systemd_accepts_the_units() {
    let directory = shipped();
    let service = directory.path().join("lxcdiag-sweep@.service");
    let text = std::fs::read_to_string(&service).unwrap();
    // It looks the program up, and lxcdiag is not installed.
    let text = text.replace(
        "ExecStart=lxcdiag ",
        concat!("ExecStart=", env!("CARGO_BIN_EXE_lxcdiag"), " "),
    );
    std::fs::write(&service, text).unwrap();
    let arguments = [
        "--man=no",
        "verify",
        "./lxcdiag-sweep@health.service",
        "./lxcdiag-sweep@health.timer",
    ];
    let verified = output(directory.path(), "systemd-analyze", &arguments);
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && said.is_empty(), "{said}");
}
