//! A bundle, unpacked with tar and checked with sha256sum.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use lxcdiag::evidence::recording::{Attempt, Recording};
use lxcdiag::evidence::time::rfc3339;
use lxcdiag::judge::judge;
use lxcdiag::report::Report;
use lxcdiag::report::bundle::pack;

use crate::hostile;

fn packed(name: &str, recording: &Recording) -> Vec<u8> {
    let (runbook, _) = hostile::demonstration();
    let diagnosis = judge(&runbook, recording);
    let report = Report::new(&runbook, &recording.runbook.sha256, recording, &diagnosis);
    pack(name, &report, recording).unwrap()
}

/// Unpacks it with the system's tar.
fn unpacked(bytes: &[u8]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let mut tar = Command::new("tar")
        .args(["-xz", "--same-permissions", "-C"])
        .arg(directory.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    tar.stdin.take().unwrap().write_all(bytes).unwrap();
    assert!(tar.wait().unwrap().success());
    directory
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn it_is_complete_and_the_checksums_match() {
    let (_, recording) = hostile::demonstration();
    let directory = unpacked(&packed("ticket-958", &recording));
    assert_eq!(names(directory.path()), ["ticket-958"]);
    let top = directory.path().join("ticket-958");
    let found = names(&top);
    for name in [
        "manifest.json",
        "raw",
        "recording.json",
        "report.json",
        "report.md",
        "report.txt",
        "report.xml",
    ] {
        assert!(found.contains(&name.to_owned()), "{name}: {found:?}");
    }
    let bytes = std::fs::read(top.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(manifest["schema"], "lxcdiag.bundle/1");
    assert_eq!(manifest["lxcdiag"], "0.1.0");
    let finished_at = rfc3339(recording.finished_at);
    assert_eq!(manifest["finished_at"], finished_at);
    let mut sums = String::new();
    let mut listed = vec!["manifest.json".to_owned()];
    for file in manifest["files"].as_array().unwrap() {
        let path = file["path"].as_str().unwrap();
        let metadata = std::fs::metadata(top.join(path)).unwrap();
        assert_eq!(metadata.len(), file["size"].as_u64().unwrap(), "{path}");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{path}");
        sums.push_str(&format!("{}  {path}\n", file["sha256"].as_str().unwrap()));
        listed.push(path.to_owned());
    }
    let mut there = names(&top);
    there.retain(|name| name != "raw");
    there.extend(
        names(&top.join("raw"))
            .iter()
            .map(|name| format!("raw/{name}")),
    );
    listed.sort();
    there.sort();
    assert_eq!(listed, there);
    let mut check = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet"])
        .current_dir(&top)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    check
        .stdin
        .take()
        .unwrap()
        .write_all(sums.as_bytes())
        .unwrap();
    assert!(check.wait().unwrap().success());
    let raw = std::fs::read_to_string(top.join("raw/is_enabled.stdout")).unwrap();
    assert_eq!(raw, "disabled\n");
}

#[test]
fn its_recording_gets_the_same_verdict() {
    let (runbook, recording) = hostile::demonstration();
    let directory = unpacked(&packed("a", &recording));
    let bytes = std::fs::read(directory.path().join("a/recording.json")).unwrap();
    let again: Recording = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(again, recording);
    assert_eq!(judge(&runbook, &again), judge(&runbook, &recording));
}

#[test]
fn the_same_recording_makes_the_same_bundle() {
    let (_, recording) = hostile::demonstration();
    assert_eq!(packed("a", &recording), packed("a", &recording));
}

/// For any name of a check or an item, the output is below `raw/`, and no output is lost.
#[test]
fn no_name_leads_out_of_the_directory() {
    let (_, mut recording) = hostile::demonstration();
    let like = recording.attempts[2].clone();
    let named = |check: &str, item: Option<&str>| Attempt {
        check: check.to_owned(),
        item: item.map(str::to_owned),
        ..like.clone()
    };
    let long = "x".repeat(1 << 16);
    recording.attempts = vec![
        named("unit", Some("../../../etc/passwd")),
        named("unit", Some("..|..|..|etc|passwd")),
        named("../../x", None),
        named("-rf", None),
        named(".", None),
        named("", None),
        named("a\n\u{1b}[2Jb", None),
        named(&long, None),
    ];
    let directory = unpacked(&packed("..", &recording));
    assert_eq!(names(directory.path()), ["_.."]);
    let raw: Vec<_> = names(&directory.path().join("_../raw"));
    let mut stdout: Vec<_> = raw
        .iter()
        .filter_map(|name| name.strip_suffix(".stdout"))
        .collect();
    stdout.sort_unstable();
    let expected = [
        "_",
        "_-rf",
        "_.",
        "_.._.._x",
        "a___2Jb",
        "unit_.._.._.._etc_passwd_",
        "unit_.._.._.._etc_passwd_~2",
    ];
    assert_eq!(stdout[..7], expected);
    assert_eq!(stdout[7], "x".repeat(80));
    assert_eq!(raw.len(), 16);
}
