//! A container whose own programs are hostile. At worst, lxcdiag is wrong about this container: another one that is swept
//! beside it gets its verdict, no escape sequence reaches the terminal, and memory stays bounded.

use crate::commands::peak_of;
use crate::lab::{self, Container};
use crate::lxcdiag::{JSON, bare, start};

/// How much a sweep of two containers may take, of which one is hostile.
const MOST_KIB: u64 = 64 << 10;

const CHECKS: &str = r#"
  - { id: cat, title: Users, timeout: 2s, run: [cat, /etc/passwd], pass: 'stdout is matching("^root:")' }
  - { id: stat, title: Size, timeout: 2s, run: [stat, -c, "%s", /etc/passwd], pass: 'stdout is matching("^[0-9]+\n$")' }
  - { id: systemctl, title: State, timeout: 2s, run: [systemctl, show, -p, Version], pass: 'stdout is matching("^Version=")' }
  - { id: shell, title: Shell, timeout: 2s, shell: "echo $((6 * 7))", pass: 'stdout == "42\n"' }
"#;

/// What a program does in place of what its name says. `"$0".real` is the real one.
const HOSTILE: &[(&str, &str)] = &[
    ("says nothing and exits 0", "exit 0"),
    (
        "hangs and ignores SIGTERM",
        "trap '' TERM HUP INT; while :; do sleep 271828; done",
    ),
    ("floods both streams", "yes 271828 >&2 & exec yes 271828"),
    (
        "floods with bytes that a terminal obeys",
        r"while :; do printf '\033]0;x\007\033[2J\033c\r\n\0'; done",
    ),
    ("dribbles", "while :; do printf x; sleep 0.2; done"),
    ("prints one endless line", r"exec tr '\0' x </dev/zero"),
    (
        "repeats its input",
        "printf '%s\\n' \"$@\"; cat; exec \"$0\".real \"$@\"",
    ),
    (
        "repeats the command line of its parent",
        "cat /proc/$PPID/cmdline /proc/$PPID/environ; exec \"$0\".real \"$@\"",
    ),
    (
        "writes to every open file that it can see",
        "for f in /proc/[0-9]*/fd/*; do echo 271828 >\"$f\" & done 2>/dev/null; sleep 1; exec \"$0\".real \"$@\"",
    ),
    (
        "writes to every terminal",
        "for f in /dev/tty* /dev/pts/* /dev/console; do echo 271828 >\"$f\" & done 2>/dev/null; exec \"$0\".real \"$@\"",
    ),
    (
        "kills its parents",
        "kill -9 $PPID; exec \"$0\".real \"$@\"",
    ),
    ("kills all it can", "kill -9 -1"),
    ("stops all it can", "kill -STOP -1; exec \"$0\".real \"$@\""),
    (
        "uses much memory",
        "exec perl -e '$x = q(x) x 200_000_000; sleep 1; print $x'",
    ),
    (
        "leaves processes in sessions of their own",
        "for i in 1 2 3 4 5; do env -i setsid -f sleep 271828; done; exec \"$0\".real \"$@\"",
    ),
];

/// Puts the program in the place of the real one.
fn replace(container: &Container, name: &str, script: &str) {
    let found = container.sh(&format!("readlink -f \"$(command -v {name})\""));
    let path = format!("/usr/local/sbin/{name}");
    container.sh(&format!("cp -p {} {path}.real", found.trim()));
    let text = format!("#!/bin/dash\n{script}\n");
    let outside = format!("/proc/{}/root{path}", container.init());
    std::fs::write(&outside, text).unwrap();
    std::fs::set_permissions(
        &outside,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
}

fn with_hostile(name: &str) {
    let [neighbour, container] = Container::pair();
    let runbook = container.runbook(CHECKS);
    for (what, script) in HOSTILE {
        container.reset();
        replace(&container, name, script);
        let mut command = bare();
        let both = format!("{},{}", container.id, neighbour.id);
        command
            .args([
                "sweep",
                &runbook,
                "--timeout",
                "30s",
                "--ct",
                &both,
                "--pct",
            ])
            .arg(lab::pct())
            .args(JSON)
            .env("LXCDIAG_HOST_ROOT", lab::host_root())
            .env("XDG_STATE_HOME", neighbour.directory.path());
        let mut running = start(&mut command);
        let mut peak = 0;
        while running.child.try_wait().unwrap().is_none() {
            peak = peak.max(peak_of(running.child.id()).unwrap_or_default());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let ended = running.ended();
        println!("{name:<10} {what:<44} {} {peak} KiB", ended.status);
        assert!(
            ended.status <= 3,
            "{name} {what}: {}{}",
            ended.stdout,
            ended.stderr
        );
        assert!(peak <= MOST_KIB, "{name} {what}: {peak} KiB");
        let report = ended.report();
        let rows = report["containers"].as_array().unwrap();
        let row = |id: u32| rows.iter().find(|row| row["ct"] == id).unwrap();
        assert_eq!(
            row(neighbour.id)["visited"]["verdict"],
            "healthy",
            "{name} {what}: {report:#}"
        );
        assert!(row(container.id).is_object());
        assert!(!ended.stdout.contains('\u{1b}') && !ended.stderr.contains('\u{1b}'));
        assert_eq!(neighbour.strays(), Vec::<String>::new(), "{name} {what}");
        assert_eq!(container.clients(), Vec::<String>::new(), "{name} {what}");
    }
    container.reset();
}

#[test]
fn a_shell() {
    with_hostile("sh");
}

#[test]
fn a_program_of_a_check() {
    with_hostile("cat");
}

#[test]
#[ignore = "takes minutes; `tests/run --long` plays it"]
fn the_program_that_watches_time() {
    with_hostile("sleep");
}
