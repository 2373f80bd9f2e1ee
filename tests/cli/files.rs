//! Files of reports: which formats, how they are written, and what else a path can be.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::environment::Environment;

fn repository(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

fn late_push() -> String {
    repository("runbooks/tests/recordings/late-push-252.json")
}

/// `judge` of a race, with more arguments.
fn judge(environment: &Environment, more: &[&str]) -> crate::environment::Finished {
    let recording = late_push();
    let arguments = [&["judge", recording.as_str()], more].concat();
    environment.lxcdiag(&arguments)
}

fn names(environment: &Environment) -> Vec<String> {
    let entries = std::fs::read_dir(environment.path("work")).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn one_run_writes_every_format() {
    let environment = Environment::new();
    let outputs = ["a.md", "b.json", "c.xml", "d.txt", "e.md"];
    let mut arguments = vec![
        "run",
        "race-condition",
        "--ct",
        "958",
        "--demo",
        "--format",
        "junit",
    ];
    arguments.extend(outputs.iter().flat_map(|file| ["--output", file]));
    let finished = environment.lxcdiag(&arguments);
    assert_eq!(finished.status, Some(1), "{finished}");
    assert!(finished.stdout.starts_with("<?xml "), "{finished}");
    assert_eq!(names(&environment), outputs);
    let begins = [
        "# LIKELY: ",
        "{\n",
        "<?xml ",
        "DEMONSTRATION: ",
        "# LIKELY: ",
    ];
    for (file, begin) in outputs.iter().zip(begins) {
        let path = format!("work/{file}");
        assert!(environment.read(&path).starts_with(begin), "{file}");
        let mode = std::fs::metadata(environment.path(&path))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(environment.read("work/a.md"), environment.read("work/e.md"));
}

#[test]
fn a_bundle_of_a_run_and_of_a_recording() {
    let environment = Environment::new();
    let run = [
        "run",
        "race-condition",
        "--ct",
        "958",
        "--demo",
        "--bundle",
        "run.tar.gz",
    ];
    assert_eq!(environment.lxcdiag(&run).status, Some(1));
    assert_eq!(
        judge(&environment, &["--bundle", "judged.tar.gz"]).status,
        Some(1)
    );
    for name in ["run", "judged"] {
        let archive = environment.path(&format!("work/{name}.tar.gz"));
        let mode = std::fs::metadata(&archive).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let tar = Command::new("tar")
            .args(["-xzf", archive.to_str().unwrap()])
            .current_dir(environment.path("work"))
            .status();
        assert!(tar.unwrap().success());
        let recording = format!("{name}/recording.json");
        let again = environment.lxcdiag(&["judge", &recording]);
        assert_eq!(again.status, Some(1), "{again}");
        let inside = environment.read(&format!("work/{name}/report.txt"));
        let verdict = "▌ LIKELY: Race condition (race-condition)";
        let last = inside.lines().last().unwrap();
        assert!(last.starts_with(verdict), "{inside}");
        assert!(again.stdout.contains(verdict), "{again}");
    }
}

#[test]
fn a_bad_bundle_name_and_a_file_for_two_reports_are_refused() {
    let environment = Environment::new();
    for name in ["ticket.zip", ".tar.gz", "ticket", "a/"] {
        let finished = judge(&environment, &["--bundle", name]);
        assert_eq!(finished.status, Some(64), "{name}: {finished}");
        assert!(
            finished.stderr.contains("does not end in .tar.gz"),
            "{finished}"
        );
    }
    let second = late_push();
    assert_snapshot!(judge(&environment, &[&second, "--bundle", "ticket.tar.gz"]));
    assert_eq!(names(&environment), [""; 0]);
}

#[test]
fn the_target_of_a_symlink_is_replaced_and_the_link_stays() {
    let environment = Environment::new();
    environment.write("elsewhere/old.md", "old");
    symlink("../elsewhere/old.md", environment.path("work/link.md")).unwrap();
    symlink("../elsewhere/new.md", environment.path("work/dangling.md")).unwrap();
    symlink("link.md", environment.path("work/twice.md")).unwrap();
    for name in ["link", "dangling", "twice"] {
        let finished = judge(&environment, &["--output", &format!("{name}.md")]);
        assert_eq!(finished.status, Some(1), "{finished}");
        assert!(environment.path(&format!("work/{name}.md")).is_symlink());
    }
    for name in ["old", "new"] {
        assert!(
            environment
                .read(&format!("elsewhere/{name}.md"))
                .starts_with("# LIKELY")
        );
    }
}

/// Like a device. The test uses its own pipe, because a bug would replace /dev/null when run as root.
#[test]
fn a_pipe_is_written_into() {
    let environment = Environment::new();
    let pipe = environment.path("work/pipe.md");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    symlink("pipe.md", environment.path("work/link.md")).unwrap();
    for name in ["pipe.md", "link.md"] {
        let path = pipe.clone();
        let reader = std::thread::spawn(move || std::fs::read_to_string(path).unwrap());
        let finished = judge(&environment, &["--output", name]);
        assert_eq!(finished.status, Some(1), "{finished}");
        assert!(reader.join().unwrap().starts_with("# LIKELY"));
        let kind = std::fs::metadata(&pipe).unwrap().file_type();
        assert!(kind.is_fifo(), "{name}");
    }
}

/// `--record /dev/stdout >file`: the report, then the recording, neither in place of the other.
#[test]
fn the_file_that_stdout_goes_to_is_added_to() {
    let environment = Environment::new();
    environment.write(
        "work/up.yaml",
        "runbook: up\ntitle: x\nchecks:\n  - { id: up, title: Is it up, run: ['true'], pass: exit == 0 }\n",
    );
    let arguments = [
        "run",
        "./up.yaml",
        "--ct",
        "958",
        "--format",
        "json",
        "--output",
        "both.json",
    ];
    let mut command = environment.command_as_root(&arguments);
    let both = environment.path("work/both.json");
    command.stdout(Stdio::from(std::fs::File::create(&both).unwrap()));
    assert_eq!(command.status().unwrap().code(), Some(0));
    let text = environment.read("work/both.json");
    assert_eq!(text.matches("lxcdiag.report/1").count(), 2, "{text}");
}

/// A file system that takes no more leaves the old file as it was, and no other beside it.
#[test]
fn a_file_is_written_completely_or_not_at_all() {
    let environment = Environment::new();
    environment.write("work/report.md", "as it was");
    let lxcdiag = env!("CARGO_BIN_EXE_lxcdiag");
    let script = format!(
        "trap '' XFSZ; ulimit -f 4; exec {lxcdiag} judge {} --output report.md",
        late_push()
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(environment.path("work"))
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(73), "{stderr}");
    assert!(
        stderr.contains("cannot write report.md: File too large"),
        "{stderr}"
    );
    assert_eq!(environment.read("work/report.md"), "as it was");
    assert_eq!(names(&environment), ["report.md"]);
}

/// `cat` of a recording, or of a report in JSON, does nothing to a terminal.
#[test]
fn json_is_safe_to_print() {
    let environment = Environment::new();
    environment.write(
        "work/evil.yaml",
        "runbook: evil
title: x
checks:
  - { id: evil, title: x, run: [printf, '\\033[2J\\177\\302\\2331m\\342\\200\\256x'], changes: true, pass: exit == 0 }
",
    );
    let arguments = [
        "run",
        "./evil.yaml",
        "--ct",
        "958",
        "--allow-changes",
        "--format",
        "json",
        "--record",
        "r.json",
    ];
    let finished = environment.as_root(&arguments);
    let kept = std::fs::read_dir(environment.path("state/lxcdiag/runs/958")).unwrap();
    let kept = std::fs::read_to_string(kept.last().unwrap().unwrap().path()).unwrap();
    for text in [finished.stdout, environment.read("work/r.json"), kept] {
        let shown = r"\u001b[2J\u007f\u009b1m\u202ex";
        assert!(text.contains(shown), "{text}");
        assert!(
            text.bytes()
                .all(|byte| byte == b'\n' || (b' '..0x7f).contains(&byte))
        );
    }
}
