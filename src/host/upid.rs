//! The IDs of Proxmox VE's tasks (UPIDs), and the lines of its task lists. Pure.

/// Most bytes to keep of a task's status.
const MAX_STATUS: usize = 16 * 1024;

/// The ID of a task: `UPID:node:pid:ticks:start:type:id:user:`, with hexadecimal numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upid {
    /// The whole ID.
    pub(super) text: String,
    pub(super) pid: u32,
    /// When its process started, in 1/100 s since boot.
    pub(super) ticks: i64,
    /// When it was started, in seconds since the Unix epoch.
    pub(super) start: u32,
    pub(super) kind: String,
    /// The ID of the container, for a task of a container.
    pub(super) id: String,
    pub(super) user: String,
}

/// A line of a task list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) upid: Upid,
    /// When its end was noted, in seconds since the Unix epoch.
    pub(super) end: Option<u32>,
    pub(super) status: Option<String>,
}

impl Upid {
    /// Parses a UPID by the rules of `PVE::UPID::decode`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<_> = text.splitn(10, ':').collect();
        let ["UPID", node, pid, ticks, start, kind, id, user, ""] = fields.as_slice() else {
            return None;
        };
        let named = |field: &str| !field.contains(|c: char| c == '/' || c.is_whitespace());
        let node_named = node.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        // After 497 days of uptime, the ticks have a ninth digit.
        let lengths = pid.len() == 8 && (8..=9).contains(&ticks.len()) && start.len() == 8;
        let whole = !node.is_empty() && !kind.is_empty() && !user.is_empty();
        if !(whole && node_named && lengths && named(kind) && named(id) && named(user)) {
            return None;
        }
        Some(Self {
            text: text.to_owned(),
            pid: u32::try_from(hexadecimal(pid)?).ok()?,
            ticks: hexadecimal(ticks)?,
            start: u32::try_from(hexadecimal(start)?).ok()?,
            kind: (*kind).to_owned(),
            id: (*id).to_owned(),
            user: (*user).to_owned(),
        })
    }

    /// The path of the task's output, relative to the root directory.
    pub(super) fn output_path(&self) -> String {
        format!("var/log/pve/tasks/{:X}/{}", self.start & 0xf, self.text)
    }
}

impl Entry {
    /// Parses a line of `index` (`UPID end status`) or `active` (`UPID saved [end [status]]`, where
    /// `saved` is 0 or 1). Both may end after the UPID.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (upid, mut rest) = word(line);
        let upid = Upid::parse(upid)?;
        if let ("0" | "1", after) = word(rest) {
            rest = after;
        }
        if rest.is_empty() {
            return Some(Self {
                upid,
                end: None,
                status: None,
            });
        }
        let (end, status) = word(rest);
        if end.len() != 8 {
            return None;
        }
        let end = u32::try_from(hexadecimal(end)?).ok()?;
        let status = status.trim_start();
        Some(Self {
            upid,
            end: (end != 0).then_some(end),
            status: (!status.is_empty()).then(|| shortened(status)),
        })
    }
}

/// Parses a task list. Lines that are not tasks are skipped.
pub(super) fn parse_list(bytes: &[u8]) -> Vec<Entry> {
    let lines = bytes.split(|b| *b == b'\n');
    lines
        .filter_map(|line| Entry::parse(&String::from_utf8_lossy(line)))
        .collect()
}

/// The status in the last line of a task's output, if there is one.
pub(super) fn final_status(output: &[u8]) -> Option<String> {
    let last = output.trim_ascii_end().rsplit(|b| *b == b'\n').next()?;
    let last = String::from_utf8_lossy(last);
    let status = last.strip_prefix("TASK ")?;
    if let Some(reason) = status.strip_prefix("ERROR: ") {
        return Some(shortened(reason));
    }
    (status == "OK" || is_warning(status)).then(|| status.to_owned())
}

/// Whether a status is not an error, by the rules of Proxmox VE's `status_is_error`.
pub(super) fn is_ok(status: &str) -> bool {
    status == "OK" || is_warning(status)
}

fn is_warning(status: &str) -> bool {
    status
        .strip_prefix("WARNINGS: ")
        .is_some_and(|count| !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()))
}

/// The text before and after the first blank.
fn word(text: &str) -> (&str, &str) {
    text.split_once([' ', '\t', '\r']).unwrap_or((text, ""))
}

fn hexadecimal(text: &str) -> Option<i64> {
    // `from_str_radix` would also accept a sign.
    let digits = text.bytes().all(|b| b.is_ascii_hexdigit());
    digits.then(|| i64::from_str_radix(text, 16).ok()).flatten()
}

fn shortened(status: &str) -> String {
    if status.len() <= MAX_STATUS {
        return status.to_owned();
    }
    let kept: String = status
        .char_indices()
        .take_while(|(at, _)| *at < MAX_STATUS)
        .map(|(_, c)| c)
        .collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "UPID:vm:00004369:00047A96:6B03719E:push_file:958:root@pam: 6B03719E failed to create file: /etc/systemd/system/: Is a directory";

    #[test]
    fn a_line_of_the_index_is_parsed() {
        let entry = Entry::parse(FAILED).unwrap();
        assert_eq!(entry.upid.pid, 0x4369);
        assert_eq!(entry.upid.ticks, 293_526);
        assert_eq!(entry.upid.start, 1_795_387_806);
        assert_eq!(entry.upid.kind, "push_file");
        assert_eq!(entry.upid.id, "958");
        assert_eq!(entry.upid.user, "root@pam");
        assert_eq!(entry.end, Some(1_795_387_806));
        assert_eq!(
            entry.status.as_deref(),
            Some("failed to create file: /etc/systemd/system/: Is a directory")
        );
        assert_eq!(
            entry.upid.output_path(),
            "var/log/pve/tasks/E/UPID:vm:00004369:00047A96:6B03719E:push_file:958:root@pam:"
        );
    }

    #[test]
    fn lines_of_both_lists_are_parsed() {
        const UPID: &str = "UPID:pve-1:00004369:100047A96:6B03719E:vzstart:958:root@pam!ci:";
        let cases = [
            ("", None, None),
            (" 0", None, None),
            (" 1 6B0371A0 OK", Some(0x6B03_71A0), Some("OK")),
            (" 1 6B0371A0", Some(0x6B03_71A0), None),
            (
                " 6b0371a0 a  b\t\u{1b}[31m",
                Some(0x6B03_71A0),
                Some("a  b\t\u{1b}[31m"),
            ),
            (" 00000000 OK", None, Some("OK")),
        ];
        for (tail, end, status) in cases {
            let entry = Entry::parse(&format!("{UPID}{tail}")).unwrap();
            assert_eq!(
                (entry.end, entry.status.as_deref()),
                (end, status),
                "{tail:?}"
            );
            assert_eq!(entry.upid.ticks, 0x1_0004_7A96);
            assert_eq!(entry.upid.user, "root@pam!ci");
        }
    }

    #[test]
    fn lines_that_are_not_tasks_are_skipped() {
        let text = [
            FAILED,
            "",
            "UPID:vm:00004369:00047A96:6B03719E:push_file:958:root@pam",
            "UPID:vm:0000436:00047A96:6B03719E:push_file:958:root@pam:",
            "UPID:vm:0000436G:00047A96:6B03719E:push_file:958:root@pam:",
            "UPID:vm:+0004369:00047A96:6B03719E:push_file:958:root@pam:",
            "UPID:vm:00004369:00047A96:6B03719E:../../x:958:root@pam:",
            "UPID:vm:00004369:00047A96:6B03719E:push_file:958:root@pam:more:",
            "UPID::00004369:00047A96:6B03719E:push_file:958:root@pam:",
            "UPID:vm:00004369:00047A96:6B03719E:push_file:958:root@pam: soon OK",
            "UPID:vm:00004369:00047A96:6B03719E:push_file:958:root@pam: 6B03719 OK",
            "UPID:vm:00004369:00047A96:6B03719E:push_file::root@pam: 6B03719E OK",
        ];
        assert_eq!(parse_list(text.join("\n").as_bytes()).len(), 2);
    }

    #[test]
    fn the_status_is_in_the_last_line() {
        let cases: [(&[u8], Option<&str>); 6] = [
            (b"copying\nTASK OK\n", Some("OK")),
            (b"\nTASK ERROR: no \xff space", Some("no \u{fffd} space")),
            (b"TASK WARNINGS: 2\n", Some("WARNINGS: 2")),
            (b"TASK OK\nmore\n", None),
            (b"TASK OKAY\n", None),
            (b"", None),
        ];
        for (output, status) in cases {
            assert_eq!(final_status(output).as_deref(), status);
        }
        assert!(is_ok("OK") && is_ok("WARNINGS: 2"));
        assert!(!is_ok("WARNINGS: ") && !is_ok("unexpected status") && !is_ok("OK!"));
    }

    #[test]
    fn a_long_status_is_cut_between_characters() {
        let line = format!("{FAILED} {}", "é".repeat(MAX_STATUS));
        let status = Entry::parse(&line).unwrap().status.unwrap();
        assert!(status.len() <= MAX_STATUS + 4 && status.ends_with("é…"));
    }
}
