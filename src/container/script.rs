//! The text that is sent to the shell in the container. Pure.

use std::sync::LazyLock;
use std::time::Duration;

/// The longest timeout; longer ones are reduced to it.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// The functions of `prologue.sh`, with the secrets of this session.
///
/// Comments are removed, because bash reads its standard input byte by byte.
pub(super) fn prologue(nonce: &str, marker: &str) -> String {
    static FUNCTIONS: LazyLock<String> = LazyLock::new(|| {
        include_str!("prologue.sh")
            .split_inclusive('\n')
            .filter(|line| !matches!(line.trim_start().chars().next(), None | Some('#')))
            .collect()
    });
    format!("nonce={nonce} marker={marker}\n{}", *FUNCTIONS)
}

/// One command. If lxcdiag is killed while it writes, the missing closing brace is a syntax error that
/// keeps the shell from running a part of the command.
pub(super) fn call(number: u64, timeout: Duration, argv: &[String]) -> String {
    let timeout = timeout.clamp(Duration::from_millis(1), LONGEST_TIMEOUT);
    let whole = timeout.as_secs() + u64::from(timeout.subsec_nanos() > 0);
    // POSIX sleep takes whole seconds only.
    let limit = match timeout.subsec_millis() {
        0 => whole.to_string(),
        millis => format!("{}.{millis:03}", timeout.as_secs()),
    };
    let mut line = format!("{{ call {number} {limit} {whole}");
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
    use super::*;

    #[test]
    fn a_call_is_one_closed_group() {
        let argv = ["printf".to_owned(), "it's\n".to_owned()];
        assert_eq!(
            call(3, Duration::from_millis(1500), &argv),
            "{ call 3 1.500 2 'printf' 'it'\\''s\n'; }\n"
        );
        assert_eq!(
            call(4, Duration::from_secs(10), &["true".to_owned()]),
            "{ call 4 10 10 'true'; }\n"
        );
        assert_eq!(
            call(5, Duration::MAX, &["true".to_owned()]),
            "{ call 5 86400 86400 'true'; }\n"
        );
    }

    #[test]
    fn the_prologue_has_no_comments() {
        let script = prologue("N", "M");
        assert!(script.starts_with("nonce=N marker=M\nexport PATH="));
        assert!(
            script
                .lines()
                .all(|line| !line.trim_start().starts_with('#'))
        );
    }
}
