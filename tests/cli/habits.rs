//! What users expect of any command line: completions, a manual, short options, and help with a wrong word.

use crate::environment::{Environment, LXCDIAG};

/// Sources the script in bash, and completes each line of words; `=` is a word of its own in bash.
fn completed(environment: &Environment, lines: &[&str]) -> Vec<String> {
    let script = r#"
eval "$(lxcdiag completions bash)"
while read -ra COMP_WORDS; do
  [[ ${COMP_WORDS[-1]} != _ ]] || COMP_WORDS[-1]=
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) word=${COMP_WORDS[-1]}
  _lxcdiag lxcdiag "${word#=}" ''
  echo "${COMPREPLY[*]}"
done <<<"$LINES_OF_WORDS"
"#;
    let mut bash = environment.command_of("bash", &["-c", script]);
    let directory = std::path::Path::new(LXCDIAG).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", directory.display());
    bash.env("PATH", path)
        .env("LINES_OF_WORDS", lines.join("\n"));
    let finished = environment.finished(bash);
    assert_eq!(finished.stderr, "", "{finished}");
    finished.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_containers_runbooks_and_vars() {
    let environment = Environment::new();
    environment.write("work/mine/disk-full.yaml", "runbook: disk-full\ntitle: x\n");
    environment.write(
        "host/sys/fs/cgroup/lxc/958/ns/init.scope/cgroup.procs",
        "4242\n",
    );
    environment.write("host/proc/4242/status", "NSpid:\t4242\t1\n");
    environment.write("host/proc/4242/root/etc/systemd/system/web.service", "");
    environment.write("host/proc/4242/root/usr/lib/systemd/system/db.socket", "");
    let cases = [
        ("lxcdiag 958 --unit we", "web.service"),
        (
            "lxcdiag run unit-failed --ct embed --unit _",
            "db.socket web.service",
        ),
        ("lxcdiag run --runbooks mine dis", "disk-full"),
        ("lxcdiag 9", "958"),
        ("lxcdiag emb", "embed"),
        ("lxcdiag 958 --fo", "--format"),
        ("lxcdiag run unit-f", "unit-failed"),
        ("lxcdiag run race-condition _ --v", "--var --verbose --via"),
        ("lxcdiag run race-condition --ct _", "958"),
        ("lxcdiag run race-condition --var un", "unit="),
        (
            "lxcdiag run race-condition --var unit =",
            "embedding_server.service",
        ),
        ("lxcdiag run race-condition --format = js", "json"),
        ("lxcdiag sweep health --ct 100,9", "100,958"),
        ("lxcdiag sweep health --node _", "pve1"),
        ("lxcdiag completions z", "zsh"),
        ("lxcdiag history show 9", "958"),
    ];
    let lines: Vec<_> = cases.iter().map(|(line, _)| *line).collect();
    let expected: Vec<_> = cases.iter().map(|(_, found)| *found).collect();
    assert_eq!(completed(&environment, &lines), expected);
    assert_eq!(environment.pct_calls(), [""; 0]);
}

/// What a container is called reaches the shell of root.
#[test]
fn no_escape_sequence_reaches_the_shell() {
    let environment = Environment::new();
    environment.write(
        "host/etc/pve/nodes/pve1/lxc/958.conf",
        "hostname: a\u{1b}]0;x\u{7}b\n",
    );
    let mut fish = environment.command_of(LXCDIAG, &["--", "lxcdiag", "9"]);
    fish.env("LXCDIAG_COMPLETE", "fish");
    let answer = environment.finished(fish);
    assert!(answer.stdout.starts_with("958\t"), "{answer}");
    assert!(!answer.stdout.contains(['\u{1b}', '\u{7}']), "{answer}");
}

#[test]
fn every_shell_has_a_script() {
    let environment = Environment::new();
    for (shell, begins) in [
        ("bash", "_lxcdiag() {"),
        ("zsh", "#compdef lxcdiag\n"),
        ("fish", "complete "),
    ] {
        let script = environment.lxcdiag(&["completions", shell]);
        assert_eq!(script.status, Some(0), "{script}");
        assert!(script.stdout.starts_with(begins), "{script}");
    }
}

#[test]
fn every_command_has_a_manual_page_with_its_exit_status() {
    let environment = Environment::new();
    environment.write("work/man/.keep", "");
    let written = environment.lxcdiag(&["man", "man"]);
    assert_eq!(written.status, Some(0), "{written}");
    let pages = ["lxcdiag", "lxcdiag-run", "lxcdiag-audit", "lxcdiag-man"];
    for page in pages {
        let text = environment.read(&format!("work/man/{page}.1"));
        assert!(text.contains(&format!(".TH {page} 1")), "{text}");
        let (_, statuses) = text.split_once(".SH \"EXIT STATUS\"\n").unwrap();
        assert!(statuses.contains("\\fB64\\fR\n"), "{text}");
    }
    let printed = environment.lxcdiag(&["man"]);
    assert_eq!(printed.stdout, environment.read("work/man/lxcdiag.1"));
    let nowhere = environment.lxcdiag(&["man", "missing"]);
    assert_eq!(nowhere.status, Some(73), "{nowhere}");
}

#[test]
fn a_wrong_word_is_answered_with_the_nearest_right_one() {
    let environment = Environment::new();
    let cases: [(&[&str], &str); 5] = [
        (&["rum"], "did you mean `run`?"),
        (
            &["run", "health", "958", "--formats=json"],
            "did you mean `--format`?",
        ),
        (
            &["run", "health", "958", "-f", "jsn"],
            "did you mean `json`?",
        ),
        (&["958", "--readonly"], "did you mean `--read-only`?"),
        (
            &["sweep", "health", "--all", "--read-only"],
            "other commands have it: `lxcdiag run --read-only`",
        ),
    ];
    for (arguments, hint) in cases {
        let refused = environment.lxcdiag(arguments);
        assert_eq!(refused.status, Some(64), "{refused}");
        assert!(
            refused.stderr.contains(&format!("hint: {hint}")),
            "{refused}"
        );
        assert!(!refused.stderr.contains("tip:"), "{refused}");
    }
}

/// clap would advise to write `-- --zzz`.
#[test]
fn a_word_that_resembles_nothing_gets_no_advice() {
    let refused = Environment::new().lxcdiag(&["run", "health", "958", "--zzz"]);
    assert_eq!(refused.status, Some(64), "{refused}");
    assert!(!refused.stderr.contains("-- "), "{refused}");
    assert!(!refused.stderr.contains("tip:"), "{refused}");
}

#[test]
fn fix_takes_the_container_without_its_option() {
    let environment = Environment::new();
    for arguments in [&["fix", "959"][..], &["fix", "unit-failed", "959"]] {
        let arguments = [arguments, &["--yes"]].concat();
        let refused = environment.as_root(&arguments);
        assert_eq!(refused.status, Some(69), "{refused}");
        assert!(refused.stderr.contains("container 959"), "{refused}");
    }
    let refused = environment.lxcdiag(&["fix"]);
    assert_eq!(refused.status, Some(64), "{refused}");
    assert!(
        refused.stderr.contains("no container is given"),
        "{refused}"
    );
}
