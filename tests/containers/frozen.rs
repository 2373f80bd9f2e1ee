//! Containers that stand still: by `pct suspend`, by a snapshot or a backup.

use std::time::Duration;

use rustix::process::Signal;

use crate::lab::Container;
use crate::lxcdiag::{JSON, Running, check, start};

/// A container that is thawed whatever becomes of the test.
struct Frozen<'a>(&'a Container);

impl<'a> Frozen<'a> {
    fn new(container: &'a Container) -> Self {
        container.pct("suspend");
        Self(container)
    }

    fn thaw(self) {
        drop(self);
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        self.0.pct("resume");
    }
}

/// How long an answer is waited for that does not come: 10 s between two commands, a command's time-out and 6 s in one;
/// and 2 s for the shell to stop.
const GIVEN_UP: Duration = Duration::from_secs(10 + 2 + 3);

#[test]
fn told_before_anything_is_sent() {
    let container = Container::privileged();
    container.inject("frozen", &["--delay", "0"]);
    let frozen = Frozen(&container);
    let calls = container.pct_calls();
    let ended = container.diagnose(&[]);
    let id = container.id;
    assert_eq!(
        ended.stderr,
        format!(
            "lxcdiag: container {id} is frozen (a backup, a snapshot, or `pct suspend`): wait for that, or thaw it \
             with `pct resume {id}`; nothing was sent to it\n"
        )
    );
    assert_eq!(ended.status, 69);
    assert_eq!(ended.stdout, "");
    assert!(ended.taken < Duration::from_secs(2), "{:?}", ended.taken);
    assert_eq!(container.pct_calls(), calls);
    frozen.thaw();
    assert!(!container.has("/etc/systemd/system/multi-user.target.wants/embedding_server.service"));
}

/// A check that takes a while, then one that leaves a trace.
fn start_a_run(container: &Container) -> Running {
    let checks = [
        check("first", "5s", "echo first"),
        check("under_way", "3s", "echo half; sleep 0.7; sleep 31415.9"),
        check("stale", "5s", "touch /stale"),
        check("stale_too", "5s", "touch /stale"),
    ];
    let mut command = container.lxcdiag(&container.runbook(&checks.concat()));
    let running = start(command.args(JSON));
    container.wait_for("sleep 0.7");
    running
}

#[track_caller]
fn assert_nothing_stale(container: &Container) {
    container.assert_nothing_left_within(Duration::from_secs(8));
    assert!(!container.has("/stale"), "a stale command has run");
}

#[test]
fn frozen_in_the_middle() {
    let container = Container::pristine();
    let running = start_a_run(&container);
    let frozen = Frozen::new(&container);
    let ended = running.ended();
    assert!(ended.taken < GIVEN_UP, "it took {:?}", ended.taken);
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    ended.assert_printed("first", "first\n");
    let row = ended.row("under_way");
    assert_eq!(row["outcome"], "errored");
    assert_eq!(row["stdout"], "half\n");
    assert_eq!(
        row["reason"],
        "the container gave no answer for 9.0 s, past the time-out; it may be frozen (a snapshot, a backup, \
         `pct suspend`) or the host overloaded"
    );
    for id in ["stale", "stale_too"] {
        assert_eq!(ended.outcome(id), "errored");
        assert!(
            ended.reason(id).starts_with("not run: "),
            "{}",
            ended.reason(id)
        );
    }
    frozen.thaw();
    assert_nothing_stale(&container);
}

#[test]
fn killed_while_it_is_frozen() {
    let container = Container::pristine();
    let mut running = start_a_run(&container);
    let frozen = Frozen::new(&container);
    std::thread::sleep(Duration::from_millis(500));
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    frozen.thaw();
    assert_nothing_stale(&container);
}

#[test]
fn interrupted_while_it_is_frozen() {
    let container = Container::pristine();
    let running = start_a_run(&container);
    let frozen = Frozen::new(&container);
    running.signal(Signal::INT);
    let ended = running.ended();
    assert_eq!(ended.status, 130, "{}", ended.stderr);
    assert!(ended.taken < GIVEN_UP, "it took {:?}", ended.taken);
    ended.assert_printed("first", "first\n");
    frozen.thaw();
    assert_nothing_stale(&container);
}

/// A run that is about to send a command when its container stands still already.
fn start_and_freeze_before_a_command(container: &Container) -> (Running, Frozen<'_>) {
    let checks = [
        check("first", "5s", "echo first; sleep 0.7"),
        check("stale", "5s", "touch /stale"),
        check("stale_too", "5s", "touch /stale"),
    ];
    let mut command = container.lxcdiag(&container.runbook(&checks.concat()));
    let running = start(command.args(JSON));
    container.wait_for("sleep 0.7");
    running.signal(Signal::STOP);
    // Only the idle shell is left.
    while container.strays().len() > 1 {}
    let frozen = Frozen::new(container);
    running.signal(Signal::CONT);
    (running, frozen)
}

#[test]
fn frozen_when_a_command_is_sent() {
    let container = Container::pristine();
    let (running, frozen) = start_and_freeze_before_a_command(&container);
    let ended = running.ended();
    assert!(ended.taken < GIVEN_UP, "it took {:?}", ended.taken);
    ended.assert_printed("first", "first\n");
    assert_eq!(ended.outcome("stale"), "errored");
    assert_eq!(
        ended.reason("stale"),
        "the container gave no answer for 10 s, to a command being sent; it may be frozen (a snapshot, a backup, \
         `pct suspend`) or the host overloaded"
    );
    frozen.thaw();
    assert_nothing_stale(&container);
}

#[test]
fn killed_when_a_command_was_sent() {
    let container = Container::pristine();
    let (mut running, frozen) = start_and_freeze_before_a_command(&container);
    std::thread::sleep(Duration::from_millis(500));
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    frozen.thaw();
    assert_nothing_stale(&container);
}

/// At no matter which moment between and in commands it stands still, and lxcdiag is killed: after the thaw no more
/// runs than the one command that had been told to start.
#[test]
fn frozen_between_many_commands() {
    let container = Container::pristine();
    let checks: String = (0..60)
        .map(|number| {
            check(
                &format!("touch_{number}"),
                "5s",
                &format!("touch /trace-{number}"),
            )
        })
        .collect();
    let runbook = container.runbook(&checks);
    let traces = || {
        (0..60)
            .filter(|number| container.has(&format!("/trace-{number}")))
            .count()
    };
    let mut in_the_middle = 0;
    for millis in [150, 170, 190, 210, 230, 250, 270, 290] {
        container.sh("rm -f /trace-*");
        let mut running = start(container.lxcdiag(&runbook).args(JSON));
        std::thread::sleep(Duration::from_millis(millis));
        let frozen = Frozen::new(&container);
        let before = traces();
        in_the_middle += usize::from(before > 0 && before < 60);
        std::thread::sleep(Duration::from_millis(200));
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        frozen.thaw();
        container.assert_nothing_left_within(Duration::from_secs(8));
        let after = traces();
        assert!(
            after <= before + 1,
            "{before} commands had run when it was frozen after {millis} ms, {after} at the end"
        );
    }
    assert!(
        in_the_middle >= 3,
        "only {in_the_middle} of 8 runs were met in the middle"
    );
}

/// The client waits for a container that stands still: the run does not.
#[test]
fn frozen_unnoticed_before_the_start() {
    let container = Container::pristine();
    let checks = [check("stale", "5s", "touch /stale")];
    let runbook = container.runbook(&checks.concat());
    let frozen = Frozen::new(&container);
    // A host without cgroups to look at: nothing tells that it is frozen.
    let host = tempfile::tempdir().unwrap();
    let running = start(
        container
            .lxcdiag(&runbook)
            .args(JSON)
            .args(["--timeout", "2s"])
            .env("LXCDIAG_HOST_ROOT", host.path()),
    );
    let ended = running.ended();
    assert!(
        ended.taken < Duration::from_secs(6),
        "it took {:?}",
        ended.taken
    );
    assert_eq!(ended.report()["cut_short"], "the run's time of 2 s was up");
    frozen.thaw();
    assert_nothing_stale(&container);
}
