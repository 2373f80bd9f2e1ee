//! Shells that die, never start, or are told to stop; and lxcdiag itself killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lxcdiag::container::transport::Transport;
use lxcdiag::container::{Session, SessionError};
use lxcdiag::evidence::container_id::ContainerId;
use lxcdiag::evidence::recording::Ending;
use rustix::process::{Pid, Signal, kill_process};

use crate::local::*;

crate::in_each_shell!(
    a_command_that_kills_the_shell,
    a_command_that_kills_the_shell_and_ends,
    a_command_that_kills_the_supervisor,
    a_command_that_kills_its_process_group,
    a_command_that_stops_its_process_group,
    abort_keeps_what_was_collected,
    abort_ends_what_ignores_term,
    abort_between_commands,
    a_dropped_session_leaves_nothing,
    an_abandoned_command_ends_the_session,
    a_killed_driver_leaves_nothing,
    a_killed_driver_leaves_no_flood,
    a_thawed_shell_runs_nothing_stale,
);

pub async fn a_command_that_kills_the_shell(shell: Shell) {
    let mut session = open(shell).await;
    let sleep = unique_sleep();
    // The background child holds the pipes open after the shell has died.
    let text = format!("echo out; sleep {sleep} & kill -9 $PPID; sleep {sleep}");
    let exchange = session
        .run(&words(&["sh", "-c", &text]), Duration::from_secs(1))
        .await;
    assert!(
        reason(&exchange).starts_with("the shell in the container ended during this command")
            && reason(&exchange).contains("exit status 137"),
        "{exchange:?}"
    );
    assert!(!exchange.session_lost, "{exchange:?}");
    assert_eq!(exchange.stdout.text(), "out\n");
    let exchange = run(&mut session, &["echo", "later"]).await;
    assert!(
        reason(&exchange).starts_with("not run: the shell in the container has ended"),
        "{exchange:?}"
    );
    assert!(exchange.session_lost, "{exchange:?}");
    assert_eq!(exchange.started_at, None);
    session.close().await;
    // The other shell ends it.
    assert_none_left(&sleep);
}

/// How the command ended is unknown then.
pub async fn a_command_that_kills_the_shell_and_ends(shell: Shell) {
    let mut session = open(shell).await;
    let exchange = script(&mut session, "kill -9 $PPID").await;
    assert!(
        reason(&exchange).contains("exit status 137"),
        "{exchange:?}"
    );
    assert!(run(&mut session, &["true"]).await.session_lost);
    session.close().await;
}

/// The kernel signals the shell that runs the commands, because setpriv(1) is installed here.
pub async fn a_command_that_kills_the_supervisor(shell: Shell) {
    let mut session = open(shell).await;
    let sleep = unique_sleep();
    let text = format!(
        "read -r line </proc/$PPID/stat; set -- ${{line##*) }}; echo out; sleep {sleep} & kill -9 $2; sleep {sleep}"
    );
    let exchange = session
        .run(&words(&["sh", "-c", &text]), Duration::from_secs(60))
        .await;
    assert!(
        reason(&exchange).starts_with("the shell in the container ended during this command"),
        "{exchange:?}"
    );
    assert_eq!(exchange.stdout.text(), "out\n");
    session.close().await;
    assert_none_left(&sleep);
}

/// The shell that runs the commands is in that group, and is replaced.
pub async fn a_command_that_kills_its_process_group(shell: Shell) {
    let mut session = open(shell).await;
    let sleep = unique_sleep();
    let text = format!("echo out; setsid sleep {sleep} & sleep 0.1; kill -KILL 0");
    for _ in 0..2 {
        assert_exited(&script(&mut session, &text).await, 137, b"out\n", b"");
        assert_none_left(&sleep);
        let exchange = script(&mut session, "echo next; kill -TERM 0").await;
        assert_exited(&exchange, 143, b"next\n", b"");
    }
    assert_eq!(session.close().await, 0);
}

pub async fn a_command_that_stops_its_process_group(shell: Shell) {
    let mut session = open(shell).await;
    let argv = words(&["sh", "-c", "kill -STOP 0"]);
    let exchange = session.run(&argv, Duration::from_secs(1)).await;
    assert_eq!(exchange.ending, Ending::TimedOut);
    assert_exited(&run(&mut session, &["echo", "on"]).await, 0, b"on\n", b"");
    session.close().await;
}

pub async fn abort_keeps_what_was_collected(shell: Shell) {
    let mut session = open(shell).await;
    let sleep = unique_sleep();
    let text = format!(
        "echo half; echo err >&2; setsid sleep {sleep} & env -i setsid sleep {sleep} & sleep {sleep}"
    );
    run_until_asleep(&mut session, &text, &sleep, 3).await;
    let exchange = session.abort("interrupted").await.unwrap();
    assert_eq!(exchange.ending, Ending::Errored("interrupted".to_owned()));
    assert_eq!(exchange.stdout.text(), "half\n");
    assert_eq!(exchange.stderr.text(), "err\n");
    assert!(exchange.started_at.is_some() && exchange.duration.unwrap() > 0);
    assert_none_left(&sleep);
    let exchange = run(&mut session, &["echo", "later"]).await;
    assert_eq!(reason(&exchange), "not run: interrupted");
    session.close().await;
}

pub async fn abort_ends_what_ignores_term(shell: Shell) {
    let mut session = open(shell).await;
    let sleep = unique_sleep();
    let text = format!("trap '' TERM; sleep {sleep}; sleep {sleep}");
    run_until_asleep(&mut session, &text, &sleep, 1).await;
    let exchange = session.abort("interrupted").await.unwrap();
    assert_eq!(exchange.ending, Ending::Errored("interrupted".to_owned()));
    assert_none_left(&sleep);
    session.close().await;
}

pub async fn abort_between_commands(shell: Shell) {
    let mut session = open(shell).await;
    run(&mut session, &["true"]).await;
    assert_eq!(session.abort("out of time").await, None);
    assert_eq!(
        reason(&run(&mut session, &["true"]).await),
        "not run: out of time"
    );
    assert_eq!(session.close().await, 0);
}

pub async fn a_dropped_session_leaves_nothing(shell: Shell) {
    let mut session = open(shell).await;
    let sleep = unique_sleep();
    let pid = runner_pid(&mut session).await;
    let supervisor = parent_of(&pid);
    let text = format!("setsid sleep {sleep} & sleep {sleep}");
    run_until_asleep(&mut session, &text, &sleep, 2).await;
    drop(session);
    assert_none_left(&sleep);
    assert_gone(&pid);
    assert_gone(&supervisor);
}

pub async fn an_abandoned_command_ends_the_session(shell: Shell) {
    let mut session = open(shell).await;
    let sleep = unique_sleep();
    run_until_asleep(&mut session, &format!("sleep {sleep}"), &sleep, 1).await;
    assert!(reason(&run(&mut session, &["true"]).await).contains("abandoned"));
    assert_none_left(&sleep);
    session.close().await;
}

fn is_running(pid: &str) -> bool {
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

#[track_caller]
fn assert_gone(pid: &str) {
    wait_until("the shell is gone", || !is_running(pid));
}

/// Starts another process that runs `text` with a timeout of 5 s.
pub fn start_driver(shell: Shell, text: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["losses::driver", "--exact", "--ignored", "--nocapture"])
        .env("EXECUTOR_TEST_SHELL", shell.join(" "))
        .env("EXECUTOR_TEST_TEXT", text)
        .stdout(Stdio::piped())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Calls `act` with such a process that is about to run `text`, and its shell's ID.
fn with_driver(shell: Shell, text: &str, act: impl FnOnce(&mut Child, Pid)) {
    let mut driver = start_driver(shell, text);
    let shell: i32 = BufReader::new(driver.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find_map(|line| {
            line.split_once("shell ")
                .and_then(|(_, pid)| pid.parse().ok())
        })
        .unwrap();
    let supervisor = parent_of(&shell.to_string());
    act(&mut driver, Pid::from_raw(shell).unwrap());
    driver.wait().unwrap();
    assert_gone(&shell.to_string());
    assert_gone(&supervisor);
}

/// The process that [`start_driver`] starts.
#[tokio::test]
#[ignore = "started by other tests"]
async fn driver() {
    let Ok(text) = std::env::var("EXECUTOR_TEST_TEXT") else {
        return;
    };
    let shell = words_of(std::env::var("EXECUTOR_TEST_SHELL").unwrap());
    let mut session = open(shell).await;
    println!("shell {}", runner_pid(&mut session).await);
    if text.contains("STALE") {
        // Wait until the test has stopped the shell.
        std::io::stdin().lines().next();
    }
    session
        .run(&words(&["sh", "-c", &text]), Duration::from_secs(5))
        .await;
}

pub async fn a_killed_driver_leaves_nothing(shell: Shell) {
    let sleep = unique_sleep();
    let text =
        format!("trap '' TERM; setsid sleep {sleep} & env -i setsid sleep {sleep} & sleep {sleep}");
    with_driver(shell, &text, |driver, _| {
        wait_until("three sleep", || asleep(&sleep, 3));
        driver.kill().unwrap();
    });
    assert_none_left(&sleep);
}

pub async fn a_killed_driver_leaves_no_flood(shell: Shell) {
    let sleep = unique_sleep();
    // It does not die of a broken pipe.
    let text = format!("trap '' PIPE TERM; while :; do echo flood {sleep}; done 2>/dev/null");
    with_driver(shell, &text, |driver, _| {
        wait_until("it runs", || !processes_with(&sleep).is_empty());
        std::thread::sleep(Duration::from_millis(300));
        driver.kill().unwrap();
    });
    assert_none_left(&sleep);
}

/// A container is frozen while lxcdiag sends a command, and thaws after lxcdiag has ended.
pub async fn a_thawed_shell_runs_nothing_stale(shell: Shell) {
    let directory = tempfile::tempdir().unwrap();
    let witness = directory.path().join("STALE");
    with_driver(
        shell,
        &format!("touch {}", witness.display()),
        |driver, shell| {
            kill_process(shell, Signal::STOP).unwrap();
            drop(driver.stdin.take());
            std::thread::sleep(Duration::from_millis(300));
            driver.kill().unwrap();
            std::thread::sleep(Duration::from_millis(100));
            kill_process(shell, Signal::CONT).unwrap();
        },
    );
    assert!(!witness.exists());
}

/// A client that starts no shell, or late.
struct Client(&'static [&'static str]);

impl Transport for Client {
    fn name(&self) -> &str {
        "client"
    }
    fn argv(&self, _: ContainerId) -> Vec<String> {
        words(self.0)
    }
}

#[tokio::test]
async fn the_message_of_a_client_that_fails_is_kept() {
    let client = Client(&[
        "setsid",
        "sh",
        "-c",
        "echo \"container '958' not running!\" >&2; exit 255",
    ]);
    match open_by(&client, AMPLE).await.unwrap_err() {
        SessionError::Refused {
            status, message, ..
        } => {
            assert_eq!(status, Some(255));
            assert_eq!(message, "container '958' not running!");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_that_does_not_exist() {
    let client = Client(&["setsid", "/no/such/pct", "exec", "958", "--", "sh"]);
    let error = open_by(&client, AMPLE).await.unwrap_err().to_string();
    assert!(
        error.ends_with(
            "`/no/such/pct exec 958 -- sh` ended with exit status 127 before it opened a shell in the container"
        ),
        "{error}"
    );
    let client = Client(&["/no/such/setsid", "pct"]);
    let error = open_by(&client, AMPLE).await.unwrap_err();
    assert!(
        matches!(error, SessionError::NotStarted { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_client_that_never_answers() {
    let client = Client(&[
        "setsid",
        "sh",
        "-c",
        "echo waiting for the lock >&2; exec sleep 93.7",
    ]);
    let error = open_by(&client, Duration::from_secs(2))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("timed out after 2 s: waiting for the lock; the container may be frozen"),
        "{error}"
    );
    assert_none_left("sleep 93.7");
}

#[tokio::test]
async fn a_client_that_is_abandoned_before_it_answers() {
    let client = Client(&["setsid", "sh", "-c", "sleep 93.8; exec sh"]);
    let mut session = Session::start(&client, 958.try_into().unwrap()).unwrap();
    let ready = session.wait_until_ready(AMPLE);
    let waited = tokio::time::timeout(Duration::from_millis(100), ready).await;
    assert!(waited.is_err());
    assert_eq!(session.abort("interrupted").await, None);
    assert_none_left("sleep 93.8");
}

#[tokio::test]
async fn output_of_the_client_before_the_shell_is_stray() {
    let client = Client(&[
        "setsid",
        "sh",
        "-c",
        "echo warning; echo locale >&2; exec sh",
    ]);
    let mut session = open_by(&client, AMPLE).await.unwrap();
    assert_exited(&run(&mut session, &["echo", "hi"]).await, 0, b"hi\n", b"");
    assert_eq!(session.close().await, 15);
}
