//! The messages of `systemctl`, `pct` and Ansible about a failure, in the wordings of systemd 247 to 262.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use super::FailureKind;
use crate::constant_pattern::constant_pattern;

static FAILURES: LazyLock<[(FailureKind, Regex); 3]> = LazyLock::new(|| {
    [
        (
            FailureKind::NotReady,
            r"(Failed to [^:]*: )?(Failed to connect to (system scope )?bus\b.*|System has not been booted with systemd.*|Transport endpoint is not connected.*)",
        ),
        (
            FailureKind::Unit,
            r#"(?x)
              Failed\ to\ (enable|reenable|preset|start|restart|look\ up|get\ unit\ file\ state)\b.*
            | Unit\ (file\ )?\S+\ (does\ not\ exist|is\ masked|could\ not\ be\ found|not\ found)\b.*
            | File\ \S+:\ (Bad\ message|Invalid\ argument)\b.*
            | (File\ \S+\ )?already\ exists\ and\ is\ a\ symlink\b.*
            | Refusing\ to\ operate\ on\b.*
            | (File\ |Unit\ )?\S*:\ Too\ many\ levels\ of\ symbolic\ links\b.*
            | update-rc\.d:\ error:.*
            | Could\ not\ find\ the\ requested\ service\ .*"#,
        ),
        (
            FailureKind::Push,
            r"(failed to create file: .*|failed to open \S+ for (reading|writing).*|can only push files to a running CT.*|can't lock file '.*)",
        ),
    ]
    .map(|(kind, pattern)| (kind, constant_pattern(pattern)))
});

/// A user's own systemd, which provisioning as root has none of.
static USER_BUS: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(
        r"connect to (\w+ scope )?bus\b.*No medium found|user scope bus|\$DBUS_SESSION_BUS_ADDRESS",
    )
});

/// Each failure contains one of these words, so other lines can be skipped quickly.
#[allow(clippy::unwrap_used, reason = "constant words, compiled by every test")]
static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::new([
        "Failed to ",
        "System has not",
        "Transport endpoint",
        "Unit ",
        "File ",
        "already exists",
        "Refusing to",
        "Too many levels",
        "update-rc.d: error",
        "Could not find",
        "failed to ",
        "can only push",
        "can't lock",
    ])
    .unwrap()
});

/// A message about a failure.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) kind: FailureKind,
    /// Without what precedes it and follows it in its line.
    pub(super) text: String,
    /// Whether another program reports the same failure in the next lines: `systemctl` after `update-rc.d`.
    pub(super) is_first_part: bool,
}

impl Message {
    /// The message in a line.
    pub(super) fn in_line(line: &str) -> Option<Self> {
        WORDS.find(line)?;
        if USER_BUS.is_match(line) {
            return None;
        }
        let (kind, found) = FAILURES
            .iter()
            .find_map(|(kind, pattern)| Some((*kind, pattern.find(line)?)))?;
        let text = text_of(line.get(..found.start())?, found.as_str());
        Some(Self {
            kind,
            is_first_part: text.starts_with("update-rc.d"),
            text,
        })
    }
}

/// A message without the end of the string and the colours that it is written in. Its lines become one.
fn text_of(before: &str, message: &str) -> String {
    let message = message.split('\x1b').next().unwrap_or(message);
    let is_quoted = unescaped_quotes(before).count() % 2 == 1;
    let end = unescaped_quotes(message).next().filter(|_| is_quoted);
    let Some(quoted) = end.and_then(|end| message.get(..end)) else {
        return message.trim_end().to_owned();
    };
    let text = serde_json::from_str(&format!("\"{quoted}\"")).unwrap_or_else(|_| quoted.to_owned());
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// The places of double quotes without a backslash before them.
fn unescaped_quotes(text: &str) -> impl Iterator<Item = usize> {
    let mut escaped = false;
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        let is_quote = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_quote.then_some(at)
    })
}
