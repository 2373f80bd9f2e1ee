//! The text that is sent to the shell in the container. Pure.

use std::sync::LazyLock;
use std::time::Duration;

/// The longest timeout; longer ones are reduced to it.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// What the shell that the client starts needs, with the secrets of this session.
pub(super) fn supervisor(nonce: &str, marker: &str) -> String {
    static SCRIPT: LazyLock<String> =
        LazyLock::new(|| compact(include_str!("shell/supervisor.sh")));
    with_secrets(nonce, marker, &SCRIPT)
}

/// What the shell that runs the commands needs. The supervisor must have started it: a shell may read more of its input
/// than it has run.
pub(super) fn runner(nonce: &str, marker: &str) -> String {
    static SCRIPT: LazyLock<String> = LazyLock::new(|| compact(include_str!("shell/runner.sh")));
    with_secrets(nonce, marker, &SCRIPT)
}

fn with_secrets(nonce: &str, marker: &str, script: &str) -> String {
    static SHARED: LazyLock<String> = LazyLock::new(|| compact(include_str!("shell/shared.sh")));
    format!("nonce={nonce} marker={marker}\n{}{script}", *SHARED)
}

/// Without comments, because bash reads its standard input byte by byte.
fn compact(script: &str) -> String {
    script
        .split_inclusive('\n')
        .filter(|line| !matches!(line.trim_start().chars().next(), None | Some('#')))
        .collect()
}

/// One command. If lxcdiag is killed while it writes, the missing closing brace is a syntax error that
/// keeps the shell from running a part of the command.
pub(super) fn call(number: u64, timeout: Duration, argv: &[String]) -> String {
    let timeout = timeout.clamp(Duration::from_millis(1), LONGEST_TIMEOUT);
    let seconds = timeout.as_secs() + u64::from(timeout.subsec_nanos() > 0);
    let mut line = format!("{{ call {number} {seconds}");
    for word in argv {
        line.push(' ');
        line.push_str(&quote(word));
    }
    line.push_str("; }\n");
    line
}

/// Quotes a word for a POSIX shell.
fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, Read, Write, pipe};
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc;

    use rustix::fs::{OFlags, fcntl_setfl};

    use super::*;

    #[test]
    fn a_call_is_one_closed_group() {
        let argv = ["printf".to_owned(), "it's\n".to_owned()];
        assert_eq!(
            call(3, Duration::from_millis(1500), &argv),
            "{ call 3 2 'printf' 'it'\\''s\n'; }\n"
        );
        assert_eq!(
            call(4, Duration::from_secs(10), &["true".to_owned()]),
            "{ call 4 10 'true'; }\n"
        );
        assert_eq!(
            call(5, Duration::MAX, &["true".to_owned()]),
            "{ call 5 86400 'true'; }\n"
        );
    }

    #[test]
    fn the_scripts_have_no_comments() {
        for script in [supervisor("N", "M"), runner("N", "M")] {
            assert!(script.starts_with("nonce=N marker=M\nexec 3>&2"));
            assert!(
                script
                    .lines()
                    .all(|line| !line.trim_start().starts_with('#'))
            );
        }
    }

    /// A shell that runs `script` and cannot write to its standard output.
    fn shell_with_full_stdout(script: &str) -> (Child, PipeReader) {
        let (full, mut end) = pipe().unwrap();
        fcntl_setfl(&end, OFlags::NONBLOCK).unwrap();
        while end.write(&[b'x'; 4096]).is_ok() {}
        fcntl_setfl(&end, OFlags::empty()).unwrap();
        let mut shell = Command::new("sh")
            .stdin(Stdio::piped())
            .stdout(end)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = shell.stdin.as_mut().unwrap();
        input.write_all(script.as_bytes()).unwrap();
        (shell, full)
    }

    #[test]
    fn what_lxcdiag_answers_is_on_both_streams() {
        let (mut shell, full) = shell_with_full_stdout(&supervisor("N", "M"));
        let mut stderr = shell.stderr.take().unwrap();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut mark = [0; 17];
            let read = stderr.read_exact(&mut mark);
            drop(sender.send(read.map(|()| mark)));
        });
        let mark = receiver.recv_timeout(Duration::from_secs(60));
        drop((shell.stdin.take(), full));
        shell.wait().unwrap();
        assert_eq!(&mark.unwrap().unwrap(), b"\x1elxcdiag N hello\x1e");
    }
}
