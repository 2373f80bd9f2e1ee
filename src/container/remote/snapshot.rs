//! A snapshot of another node: copies of the files that host probes read, in a temporary directory.

use std::fs::File;
use std::io::Write as _;
use std::path::{Component, Path};
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::without_comments;
use crate::evidence::time::{Interval, SECOND, seconds};
use crate::host::{Host, Questions};

/// The fixed script that prints the files. Its arguments are the container's ID and the node's name.
const SCRIPT: &str = include_str!("snapshot.sh");

/// The unit of `/proc/uptime`, in nanoseconds. Its value is rounded down.
const UPTIME_STEP: i64 = SECOND / 100;

/// Another node, as it was when the snapshot was taken.
#[derive(Debug)]
pub struct NodeSnapshot {
    /// The node, for the same probes as of this host.
    pub host: Host,
    /// How far its clock is ahead of this node's, in nanoseconds.
    pub clock_offset: Interval,
    /// Holds the copies.
    _directory: TempDir,
}

/// What the script printed.
#[derive(Debug, PartialEq, Eq)]
struct Files {
    clock: Clock,
    directories: Vec<String>,
    files: Vec<Copied>,
}

/// The clocks of the node: the time of day before and after the uptime was read, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clock {
    before: i64,
    uptime: i64,
    after: i64,
}

#[derive(Debug, PartialEq, Eq)]
struct Copied {
    path: String,
    /// Its modification time, in nanoseconds since the Unix epoch.
    modified: i64,
    bytes: Vec<u8>,
}

/// The script that is sent.
pub(super) fn script() -> String {
    without_comments(SCRIPT)
}

impl NodeSnapshot {
    /// Writes what the script printed on `node` to a new directory below `directory`. The script was started after `sent`,
    /// and its first line was read before `received`, both in nanoseconds since the Unix epoch. `questions` reads what was
    /// not copied.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(
        directory: &Path,
        node: &str,
        printed: &[u8],
        sent: i64,
        received: i64,
        questions: Box<dyn Questions>,
    ) -> Result<Self, String> {
        let files = parse(printed)?;
        let directory = TempDir::new_in(directory).map_err(|error| error.to_string())?;
        write(&files, node, directory.path())
            .map_err(|error| format!("cannot copy its files: {error}"))?;
        Ok(Self {
            host: Host::copied(directory.path(), node, files.clock.boot(), questions, "/"),
            clock_offset: files.clock.ahead(sent, received),
            _directory: directory,
        })
    }
}

impl NodeSnapshot {
    /// The warning that the clocks of `node` and of this node differ, if they do.
    pub fn clock_warning(&self, node: &str) -> Option<String> {
        let Interval { start, end } = self.clock_offset;
        let (least, most, way) = match (start, end) {
            (1.., _) => (start, end, "ahead of"),
            (_, ..0) => (end.saturating_neg(), start.saturating_neg(), "behind"),
            _ => return None,
        };
        Some(format!(
            "the clock of node {node} is {:.3} to {:.3} s {way} the clock of this node; times of its containers are by \
             its own clock",
            seconds(least),
            seconds(most)
        ))
    }
}

impl Clock {
    fn boot(self) -> Interval {
        Interval::new(
            self.before
                .saturating_sub(self.uptime.saturating_add(UPTIME_STEP)),
            self.after.saturating_sub(self.uptime),
        )
    }

    /// How far the clock is ahead of this node's, if it was read after `sent` and before `received` by this node's clock.
    fn ahead(self, sent: i64, received: i64) -> Interval {
        Interval::new(
            self.after.saturating_sub(received),
            self.before.saturating_sub(sent),
        )
    }
}

fn write(files: &Files, node: &str, root: &Path) -> std::io::Result<()> {
    let nodes = root.join("etc/pve/nodes");
    std::fs::create_dir_all(nodes.join(node).join("lxc"))?;
    std::os::unix::fs::symlink(Path::new("nodes").join(node), root.join("etc/pve/local"))?;
    for directory in &files.directories {
        std::fs::create_dir_all(root.join(directory))?;
    }
    for copied in &files.files {
        let path = root.join(&copied.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut file = File::create(path)?;
        file.write_all(&copied.bytes)?;
        let modified = u64::try_from(copied.modified).unwrap_or_default();
        file.set_modified(UNIX_EPOCH + Duration::from_nanos(modified))?;
    }
    Ok(())
}

/// Whether a line is the first one of the script. The login shell of root may print something before it.
pub(super) fn is_first(line: &[u8]) -> bool {
    line.starts_with(b"clock ")
}

/// Reads what the script printed.
fn parse(printed: &[u8]) -> Result<Files, String> {
    let unexpected = |line: &str| format!("unexpected output: {line:?}");
    let text = std::str::from_utf8(printed).map_err(|_| unexpected("not UTF-8"))?;
    let mut lines = text.lines();
    let clock = lines.next().unwrap_or_default();
    let clock = parse_clock(clock).ok_or_else(|| unexpected(clock))?;
    let (mut directories, mut files) = (Vec::new(), Vec::new());
    while let Some(line) = lines.next() {
        match line.split_once(' ') {
            None if line == "end" => {
                return Ok(Files {
                    clock,
                    directories,
                    files,
                });
            }
            Some(("directory", path)) if is_inside(path) => {
                directories.push(path.to_owned());
            }
            Some(("file", path)) if is_inside(path) => {
                let mut base64 = String::new();
                let modified = loop {
                    let line = lines.next().ok_or_else(ends_early)?;
                    // Base64 has no dot.
                    match line.strip_prefix('.') {
                        Some("") => break Some(0),
                        Some(modified) => break nanoseconds(modified.trim_start()),
                        None => base64.push_str(line),
                    }
                };
                let bytes = STANDARD.decode(base64).map_err(|_| unexpected(line))?;
                files.push(Copied {
                    path: path.to_owned(),
                    modified: modified.ok_or_else(|| unexpected(line))?,
                    bytes,
                });
            }
            _ => return Err(unexpected(line)),
        }
    }
    Err(ends_early())
}

fn ends_early() -> String {
    "the output is incomplete".to_owned()
}

fn parse_clock(line: &str) -> Option<Clock> {
    let mut words = line.strip_prefix("clock ")?.split(' ');
    let mut next = || nanoseconds(words.next()?);
    let clock = Clock {
        before: next()?,
        uptime: next()?,
        after: next()?,
    };
    words.next().is_none().then_some(clock)
}

/// Seconds with up to nine decimals, in nanoseconds.
fn nanoseconds(seconds: &str) -> Option<i64> {
    let (whole, decimals) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 9 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let decimals: i64 = format!("{decimals:0<9}").parse().ok()?;
    whole.checked_mul(SECOND)?.checked_add(decimals)
}

/// Whether a path stays below the directory that it is joined to.
fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && Path::new(path)
            .components()
            .all(|component| matches!(component, Component::Normal(_)))
}

#[cfg(test)]
mod tests;
