//! Processes that a command leaves running are killed.

use std::time::Duration;

use lxcdiag::evidence::recording::Ending;

use crate::local::*;

crate::in_each_shell!(
    a_background_child,
    a_process_that_left_the_session,
    a_process_that_left_the_session_and_the_environment,
    a_daemon_that_forked_twice,
    a_process_without_the_pipes_but_with_the_marker,
    many_processes_at_once,
    all_of_them_after_a_timeout,
    none_that_wait_for_a_timeout,
    a_process_without_all_but_the_process_group,
);

/// Runs `text`, with `SLEEP` replaced by a unique sleep, and asserts that nothing of it disturbs the next command.
async fn leaves_nothing(shell: Shell, text: &str) {
    let mut session = open(shell).await;
    let sleep = unique_sleep();
    let text = text.replace("SLEEP", &sleep);
    let exchange = script(&mut session, &text).await;
    assert_exited(&exchange, 0, b"left\n", b"");
    assert_none_left(&sleep);
    let exchange = script(&mut session, "sleep 1.3; echo next").await;
    assert_exited(&exchange, 0, b"next\n", b"");
    assert_eq!(session.close().await, 0);
}

pub async fn a_background_child(shell: Shell) {
    leaves_nothing(
        shell,
        "(sleep 1; echo late; echo late >&2; sleep SLEEP) & echo left",
    )
    .await;
}

pub async fn a_process_that_left_the_session(shell: Shell) {
    leaves_nothing(
        shell,
        "setsid sh -c 'sleep 1; echo late; sleep SLEEP' & sleep 0.1; echo left",
    )
    .await;
}

pub async fn a_process_that_left_the_session_and_the_environment(shell: Shell) {
    let text = "env -i setsid sh -c 'sleep 1; echo late; /bin/sleep SLEEP' & sleep 0.1; echo left";
    leaves_nothing(shell, text).await;
}

pub async fn a_daemon_that_forked_twice(shell: Shell) {
    let text = "setsid sh -c '(sleep 1; echo late; sleep SLEEP) & exit' & wait; echo left";
    leaves_nothing(shell, text).await;
}

pub async fn a_process_without_the_pipes_but_with_the_marker(shell: Shell) {
    leaves_nothing(
        shell,
        "setsid sleep SLEEP >/dev/null 2>&1 & sleep 0.1; echo left",
    )
    .await;
}

pub async fn a_process_without_all_but_the_process_group(shell: Shell) {
    leaves_nothing(
        shell,
        "env -i sleep SLEEP >/dev/null 2>&1 & sleep 0.1; echo left",
    )
    .await;
}

pub async fn many_processes_at_once(shell: Shell) {
    // Five that go on forking, but not forever: a failing test must not fill this machine.
    let text = "for i in 1 2 3 4 5; do
            setsid sh -c 'for j in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do sleep SLEEP & sleep 0.03; done' &
        done
        sleep 0.2; echo left";
    leaves_nothing(shell, text).await;
}

pub async fn all_of_them_after_a_timeout(shell: Shell) {
    let mut session = open(shell).await;
    let sleep = unique_sleep();
    let text = format!(
        "trap '' TERM; sleep {sleep} & setsid sleep {sleep} & env -i setsid sleep {sleep} &
        setsid sh -c 'trap \"\" TERM; sleep {sleep}; echo late' & wait"
    );
    let exchange = session
        .run(&words(&["sh", "-c", &text]), Duration::from_secs(1))
        .await;
    assert_eq!(exchange.ending, Ending::TimedOut);
    assert_none_left(&sleep);
    assert_exited(
        &run(&mut session, &["echo", "next"]).await,
        0,
        b"next\n",
        b"",
    );
    assert_eq!(session.close().await, 0);
}

/// What enforces the timeouts must not pile up: with a timeout of a day it would stay for a day.
pub async fn none_that_wait_for_a_timeout(shell: Shell) {
    let mut session = open(shell).await;
    let shell = runner_pid(&mut session).await;
    let idle = children_of(&shell);
    let day = Duration::from_secs(24 * 60 * 60);
    for argv in [&["true"][..], &["sleep", "0.1"], &["sleep", "1.5"]] {
        for _ in 0..3 {
            let exchange = session.run(&words(argv), day).await;
            assert_eq!(exchange.ending, Ending::Exited(0));
        }
        assert_eq!(children_of(&shell), idle);
        // The shell that runs the commands, and the second that is counted.
        let all = children_of(&parent_of(&shell));
        assert!(all.len() <= 2, "{all:?}");
    }
    session.close().await;
}
