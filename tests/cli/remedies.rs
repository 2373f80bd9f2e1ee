//! What a report says to do is pasted into a root shell: without the values that it asks for, it changes nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::environment::{Environment, as_nobody};

/// One for each state; those of other versions of systemd give the same remedies.
fn recordings() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/tests/recordings");
    let entries = std::fs::read_dir(directory).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| {
            let name = path.to_str().unwrap();
            let of_252 = name.replace("-247.", "-252.").replace("-257.", "-252.");
            name == of_252 || !Path::new(&of_252).exists()
        })
        .collect();
    paths.sort();
    paths
}

/// The commands of a report's remedies. In a remedy that is one text, they are indented.
fn commands(report: &serde_json::Value) -> String {
    let verdict = &report["verdict"];
    let parts = verdict["remedies"].as_array().unwrap().iter();
    let parts: String = parts
        .flat_map(|remedy| [remedy["commands"].as_str().unwrap(), "\n"])
        .collect();
    if !parts.is_empty() {
        return parts;
    }
    let remedy = verdict["remedy"].as_str().unwrap_or_default();
    let lines = remedy.lines().filter_map(|line| line.strip_prefix("  "));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Types the commands into an interactive shell in `work`, in which every program that a remedy may start on the host
/// only notes that it was called, and ends with `status`. It is the shell of an ordinary user, as a remedy may also write files
/// of the host. Returns the notes.
fn paste(environment: &Environment, script: &str, status: u8) -> String {
    let programs = [
        "pct", "lxcdiag", "pvenode", "pvesh", "dmesg", "lxc-info", "nsenter", "sysctl",
    ];
    for name in programs {
        let path = environment.path(&format!("paste/{name}"));
        environment.write(
            &format!("paste/{name}"),
            &format!("#!/bin/sh\necho \"{name} $*\" >>\"${{0%/*}}/calls\"\nexit {status}\n"),
        );
        crate::environment::make_executable(&path);
    }
    environment.write("paste/calls", "");
    let open = |path: &str, mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(environment.path(path), mode).unwrap();
    };
    open("paste/calls", 0o666);
    open("work", 0o777);
    environment.write("paste/script", script);
    // In a new session: an interactive shell would take over the terminal that the tests run in.
    let shell = ["setsid", "--wait", "bash", "--noprofile", "--norc", "-i"];
    let words = [as_nobody(), &shell].concat();
    let output = Command::new(words[0])
        .args(&words[1..])
        .env_clear()
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", environment.path("paste").display()),
        )
        .current_dir(environment.path("work"))
        .stdin(std::fs::File::open(environment.path("paste/script")).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    output.unwrap();
    environment.read("paste/calls")
}

/// Commands that replace, move or delete files, or stop the container.
const CHANGES: [&str; 4] = ["pct push", "pct stop", " -- rm ", " -- mv "];
/// Commands that change the configuration, which a remedy that asks for no value may do.
const SETTINGS: [&str; 2] = ["pct set", "pct reboot"];

/// Whether a word is a placeholder that the user must fill in.
fn is_placeholder(word: &str) -> bool {
    word.len() > 2 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

#[test]
fn a_remedy_changes_nothing_without_the_values_that_it_asks_for() {
    let environment = Environment::new();
    let recordings = recordings();
    let files = recordings.iter().map(|path| path.to_str().unwrap());
    let arguments: Vec<_> = ["judge", "--format", "json"]
        .into_iter()
        .chain(files)
        .collect();
    let judged = environment.lxcdiag(&arguments).stdout;
    let reports = serde_json::Deserializer::from_str(&judged).into_iter::<serde_json::Value>();
    let reports: Vec<_> = reports.map(Result::unwrap).collect();
    assert_eq!(reports.len(), recordings.len());
    for (report, recording) in reports.iter().zip(&recordings) {
        let script = commands(report);
        let shown = format!("{}:\n{script}", recording.display());
        for status in [0, 1] {
            let calls = paste(&environment, &script, status);
            assert!(
                !calls.split_whitespace().any(is_placeholder),
                "{shown}called\n{calls}"
            );
            let settings = SETTINGS.iter().filter(|_| script.contains(":?"));
            for change in CHANGES.iter().chain(settings) {
                assert!(!calls.contains(change), "{shown}called\n{calls}");
            }
        }
        let left = std::fs::read_dir(environment.path("work")).unwrap().count();
        assert_eq!(left, 0, "{shown}");
    }
    let with_commands = reports.iter().filter(|it| !commands(it).is_empty());
    assert!(with_commands.count() > 50);
}

#[test]
fn the_path_that_was_denied_is_filled_in_if_the_message_names_it() {
    let environment = Environment::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("runbooks/tests/recordings/unit-failed-denied-252.json");
    let recording = std::fs::read_to_string(path).unwrap();
    let messages = [
        (
            "/bin/cat: /etc/app.conf: Permission denied",
            "/etc/app.conf",
        ),
        (
            "open() '/var/log/app/error.log' failed (13: Permission denied)",
            "/var/log/app/error.log",
        ),
        (
            "PermissionError: [Errno 13] Permission denied: '/srv/data'",
            "/srv/data",
        ),
        ("the server may not start: Permission denied", "${DENIED:?"),
        ("cannot open /x;id: Permission denied.", "'/x;id'"),
    ];
    for (message, expected) in messages {
        let changed = recording.replace("/bin/cat: /etc/app.conf: Permission denied", message);
        environment.write("changed.json", &changed);
        let file = environment.path("changed.json");
        let judged = environment.lxcdiag(&["judge", "--format", "json", file.to_str().unwrap()]);
        let script = commands(&serde_json::from_str(&judged.stdout).unwrap());
        assert!(
            script.contains(&format!("denied={expected}")),
            "{message}:\n{script}"
        );
    }
}
