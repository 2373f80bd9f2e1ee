//! How commands end, and why some never start.

use std::time::{Duration, Instant};

use lxcdiag::container::transport::Transport;
use lxcdiag::evidence::container_id::ContainerId;
use lxcdiag::evidence::recording::Ending;
use lxcdiag::evidence::time::Interval;

use crate::local::*;

crate::in_each_shell!(
    the_exit_status_is_that_of_the_command,
    a_command_that_cannot_be_run_has_a_reason,
    a_command_times_out,
    a_command_that_ignores_term_times_out,
    a_command_that_stopped_itself_times_out,
    a_clean_up_runs_before_the_kill,
    a_flood_times_out,
    an_early_end_does_not_wait_for_the_timeout,
    a_start_is_by_the_clock_of_the_container,
);

pub async fn the_exit_status_is_that_of_the_command(shell: Shell) {
    let mut session = open(shell).await;
    for (text, status) in [
        ("exit 0", 0),
        ("exit 1", 1),
        ("exit 42", 42),
        ("exit 126", 126),
        ("exit 127", 127),
        ("exit 255", 255),
        ("kill -TERM $$", 143),
        ("kill -KILL $$", 137),
        ("kill -USR1 $$", 138),
        ("kill -KILL 0", 137),
        ("kill 0", 143),
    ] {
        let exchange = script(&mut session, text).await;
        assert_eq!(exchange.ending, Ending::Exited(status), "{text}");
        assert_eq!(exchange.stderr.text(), "", "{text}");
    }
    session.close().await;
}

pub async fn a_command_that_cannot_be_run_has_a_reason(shell: Shell) {
    let mut session = open(shell).await;
    // Builtins, and the functions of the shell script in the container, are not programs.
    for name in [
        "no-such-program",
        "/no/such/program",
        "ulimit",
        "call",
        "",
        "-x",
    ] {
        let exchange = run(&mut session, &[name, "argument"]).await;
        assert_eq!(
            reason(&exchange),
            format!("`{name}` is not installed in the container")
        );
        assert_eq!(exchange.started_at, None);
    }
    for name in ["/etc/passwd", "/etc"] {
        let exchange = run(&mut session, &[name]).await;
        assert!(
            reason(&exchange).contains("is not executable, or is a directory"),
            "{exchange:?}"
        );
    }
    assert!(reason(&run(&mut session, &[]).await).contains("the command is empty"));
    assert!(reason(&run(&mut session, &["echo", "a\0b"]).await).contains("NUL"));
    assert_exited(
        &run(&mut session, &["echo", "still there"]).await,
        0,
        b"still there\n",
        b"",
    );
    assert_eq!(session.close().await, 0);
}

pub async fn a_command_times_out(shell: Shell) {
    let mut session = open(shell).await;
    let sleep = unique_sleep();
    let begun = Instant::now();
    let text = format!("echo before; echo so >&2; sleep {sleep}; echo after");
    let exchange = session
        .run(&words(&["sh", "-c", &text]), Duration::from_secs(2))
        .await;
    assert_eq!(exchange.ending, Ending::TimedOut);
    assert_eq!(exchange.stdout.head, b"before\n");
    assert_eq!(exchange.stderr.head, b"so\n");
    assert!(begun.elapsed() >= Duration::from_secs(2));
    assert_none_left(&sleep);
    assert_exited(&run(&mut session, &["echo", "on"]).await, 0, b"on\n", b"");
    assert_eq!(session.close().await, 0);
}

pub async fn a_command_that_ignores_term_times_out(shell: Shell) {
    let mut session = open(shell).await;
    let sleep = unique_sleep();
    let begun = Instant::now();
    let text = format!("trap '' TERM; sleep {sleep}; echo after");
    let exchange = session
        .run(&words(&["sh", "-c", &text]), Duration::from_secs(1))
        .await;
    assert_eq!(exchange.ending, Ending::TimedOut);
    assert!(begun.elapsed() >= Duration::from_secs(2));
    assert_none_left(&sleep);
    session.close().await;
}

pub async fn a_command_that_stopped_itself_times_out(shell: Shell) {
    let mut session = open(shell).await;
    let exchange = session
        .run(
            &words(&["sh", "-c", "kill -STOP $$"]),
            Duration::from_secs(1),
        )
        .await;
    assert_eq!(exchange.ending, Ending::TimedOut);
    assert_exited(&run(&mut session, &["echo", "on"]).await, 0, b"on\n", b"");
    session.close().await;
}

pub async fn a_clean_up_runs_before_the_kill(shell: Shell) {
    let mut session = open(shell).await;
    let text = "trap 'echo cleaned up; exit 0' TERM; sleep 97 & wait";
    let exchange = session
        .run(&words(&["sh", "-c", text]), Duration::from_secs(2))
        .await;
    assert_eq!(exchange.ending, Ending::TimedOut);
    assert_eq!(exchange.stdout.text(), "cleaned up\n");
    session.close().await;
}

pub async fn a_flood_times_out(shell: Shell) {
    let mut session = open(shell).await;
    let exchange = session.run(&words(&["yes"]), Duration::from_secs(2)).await;
    assert_eq!(exchange.ending, Ending::TimedOut);
    assert!(exchange.stdout.head.starts_with(b"y\ny\n") && exchange.stdout.dropped > 1_000_000);
    assert_exited(&run(&mut session, &["echo", "on"]).await, 0, b"on\n", b"");
    assert_eq!(session.close().await, 0);
}

pub async fn an_early_end_does_not_wait_for_the_timeout(shell: Shell) {
    let mut session = open(shell).await;
    let begun = Instant::now();
    for _ in 0..50 {
        let exchange = session.run(&words(&["true"]), DEADLINE).await;
        assert_eq!(exchange.ending, Ending::Exited(0));
    }
    assert!(begun.elapsed() < DEADLINE);
    session.close().await;
}

/// A shell on this machine, as if it were on a node whose clock is an hour ahead.
struct Ahead(Local);

impl Transport for Ahead {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn argv(&self, ct: ContainerId) -> Vec<String> {
        self.0.argv(ct)
    }
    fn clock_offset(&self) -> Interval {
        Interval::at(3_600_000_000_000)
    }
}

/// The times of lxcdiag's commands and the container's timestamps are then comparable.
pub async fn a_start_is_by_the_clock_of_the_container(shell: Shell) {
    let mut session = open_by(&Ahead(Local(shell)), AMPLE).await.unwrap();
    let exchange = script(&mut session, "date +%s").await;
    session.close().await;
    let stamped: i64 = exchange.stdout.text().trim().parse().unwrap();
    let ahead = exchange.started_at.unwrap() / 1_000_000_000 - stamped;
    assert!((3_590..=3_600).contains(&ahead), "{ahead} s");
}
