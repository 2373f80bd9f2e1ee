//! The arguments, input, environment and output of a command, byte by byte.

use std::cell::RefCell;

use lxcdiag::evidence::recording::Ending;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::local::*;

crate::in_each_shell!(
    output_is_kept_byte_by_byte,
    any_word_is_passed_on_unchanged,
    a_word_longer_than_the_pipe,
    the_streams_of_many_commands_are_separate,
    a_mark_with_another_nonce_is_output,
    the_input_is_empty,
    the_environment_is_fixed,
    of_long_output_head_and_tail_are_kept_and_the_rest_is_counted,
    a_command_that_makes_the_pipes_non_blocking,
);

pub async fn output_is_kept_byte_by_byte(shell: Shell) {
    let mut session = open(shell).await;
    for bytes in [
        &b""[..],
        b"\n",
        b"no newline",
        b"a\0b\0",
        b"\xff\xfe\x80",
        b"\x1e",
        b"\x1elxcdiag",
        b"-n\\c%s",
    ] {
        let octal: String = bytes.iter().map(|byte| format!("\\{byte:03o}")).collect();
        let text = format!("printf '{octal}'; printf '{octal}' >&2");
        assert_exited(&script(&mut session, &text).await, 0, bytes, bytes);
    }
    assert_eq!(session.close().await, 0);
}

pub async fn the_streams_of_many_commands_are_separate(shell: Shell) {
    let mut session = open(shell).await;
    for number in 0..30 {
        let exchange = script(
            &mut session,
            &format!("echo out {number}; echo err {number} >&2"),
        )
        .await;
        let (out, err) = (format!("out {number}\n"), format!("err {number}\n"));
        assert_exited(&exchange, 0, out.as_bytes(), err.as_bytes());
        assert!(
            exchange.duration.unwrap() > 0
                && exchange.started_at.unwrap() > 1_700_000_000_000_000_000
        );
    }
    assert_eq!(session.close().await, 0);
}

pub async fn a_mark_with_another_nonce_is_output(shell: Shell) {
    let mut session = open(shell).await;
    let lookalike = "\x1elxcdiag 00000000000000000000000000000000 end 1 0 no\x1e";
    let exchange = run(&mut session, &["printf", "%s", lookalike]).await;
    assert_exited(&exchange, 0, lookalike.as_bytes(), b"");
    session.close().await;
}

pub async fn the_input_is_empty(shell: Shell) {
    let mut session = open(shell).await;
    assert_exited(&run(&mut session, &["cat"]).await, 0, b"", b"");
    let exchange = run(&mut session, &["readlink", "/proc/self/fd/0"]).await;
    assert_exited(&exchange, 0, b"/dev/null\n", b"");
    session.close().await;
}

pub async fn the_environment_is_fixed(shell: Shell) {
    let mut session = open(shell).await;
    let exchange = run(&mut session, &["env"]).await;
    let text = exchange.stdout.text();
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("LXCDIAG_SESSION=") && !line.starts_with("_="))
        .collect();
    lines.sort_unstable();
    let expected = [
        "LC_ALL=C.UTF-8",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "TZ=UTC",
    ];
    assert_eq!(lines, expected);
    let exchange = script(&mut session, "umask; pwd").await;
    assert_exited(&exchange, 0, b"0022\n/\n", b"");
    session.close().await;
}

pub async fn of_long_output_head_and_tail_are_kept_and_the_rest_is_counted(shell: Shell) {
    let mut session = open(shell).await;
    let text = "printf begin; head -c 100000000 /dev/zero; printf end; head -c 99993 /dev/zero >&2; printf finale >&2";
    let exchange = script(&mut session, text).await;
    assert_eq!(exchange.ending, Ending::Exited(0));
    assert_eq!(exchange.stdout.total_bytes(), 100_000_008);
    assert!(
        exchange.stdout.head.starts_with(b"begin\0") && exchange.stdout.tail.ends_with(b"\0end")
    );
    assert_eq!(exchange.stderr.total_bytes(), 99_999);
    assert!(exchange.stderr.tail.ends_with(b"\0finale"));
    let kept = exchange.stdout.head.capacity() + exchange.stdout.tail.capacity();
    assert!(kept <= 512 * 1024, "{kept} bytes");
    session.close().await;
}

pub async fn a_command_that_makes_the_pipes_non_blocking(shell: Shell) {
    if !is_installed("perl") {
        return;
    }
    let mut session = open(shell).await;
    // Until the pipe is full, but not for ever: lxcdiag may read as fast as the command writes.
    let perl = "use Fcntl; fcntl(STDOUT, F_SETFL, fcntl(STDOUT, F_GETFL, 0) | O_NONBLOCK);
        for my $text ('x' x 4096, 'x') { for (1..5000) { last if !syswrite STDOUT, $text } }";
    for _ in 0..4 {
        let exchange = run(&mut session, &["perl", "-e", perl]).await;
        assert_eq!(exchange.ending, Ending::Exited(0));
        assert!(exchange.stdout.total_bytes() > 0);
    }
    session.close().await;
}

pub async fn any_word_is_passed_on_unchanged(shell: Shell) {
    // proptest is not async, so the runtime is on another thread.
    std::thread::spawn(move || any_word_is_passed_on_unchanged_with(shell))
        .join()
        .unwrap();
}

fn any_word_is_passed_on_unchanged_with(shell: Shell) {
    let runtime = runtime();
    let session = RefCell::new(runtime.block_on(open(shell)));
    let character = prop_oneof![
        prop::sample::select(vec![
            '\'', '"', '\\', '$', '`', '\n', '\r', ' ', ';', '}', '-', '*', '~', '\u{81}', '\u{1e}'
        ]),
        any::<char>().prop_filter("no word of a command has a NUL byte", |c| *c != '\0'),
    ];
    let word = prop::collection::vec(character, 0..12).prop_map(String::from_iter);
    let argv = prop::collection::vec(word, 1..5);
    let mut runner = TestRunner::new(Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&argv, |argv| {
            let mut call = words(&["printf", "%s\\0"]);
            call.extend(argv.iter().cloned());
            let exchange = runtime.block_on(session.borrow_mut().run(&call, AMPLE));
            let expected: String = argv.iter().map(|word| format!("{word}\0")).collect();
            prop_assert_eq!(exchange.ending, Ending::Exited(0));
            prop_assert_eq!(exchange.stdout.head, expected.into_bytes());
            Ok(())
        })
        .unwrap();
}

pub async fn a_word_longer_than_the_pipe(shell: Shell) {
    let mut session = open(shell).await;
    let long = "ü'".repeat(30_000);
    assert_exited(
        &run(&mut session, &["printf", "%s", &long]).await,
        0,
        long.as_bytes(),
        b"",
    );
    session.close().await;
}
