//! What is looked at of another node: copies of its files in a directory that goes with it.

use std::fs::File;
use std::io::Write as _;
use std::path::{Component, Path};
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::evidence::time::{Interval, SECOND, seconds};
use crate::host::Host;

/// The fixed script that prints the files; the container's ID and the node's name are its arguments.
const SCRIPT: &str = include_str!("look.sh");

/// The unit of `/proc/uptime`, in nanoseconds; it is cut, not rounded.
const UPTIME_STEP: i64 = SECOND / 100;

/// Another node, as it was when it was looked at.
#[derive(Debug)]
pub struct Look {
    /// It, to be looked at like this host.
    pub host: Host,
    /// How far its clock is ahead of this one's, in nanoseconds.
    pub clock_offset: Interval,
    /// Where the copies are.
    _directory: TempDir,
}

/// The files of a node as they came.
#[derive(Debug, PartialEq, Eq)]
struct Files {
    clock: Clock,
    directories: Vec<String>,
    files: Vec<Copied>,
}

/// The node's clocks: its time of day before and after its uptime was read, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clock {
    before: i64,
    uptime: i64,
    after: i64,
}

#[derive(Debug, PartialEq, Eq)]
struct Copied {
    path: String,
    /// When it was last written to, in nanoseconds since the Unix epoch.
    modified: i64,
    bytes: Vec<u8>,
}

/// The script without its comments.
pub(super) fn script() -> String {
    let lines = SCRIPT
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

impl Look {
    /// Writes down below `directory` what the script printed of `node`: its first line came before
    /// `received`, and it was started after `sent`, both in nanoseconds since the epoch.
    ///
    /// # Errors
    /// A word on what is wrong with it.
    pub(super) fn new(
        directory: &Path,
        node: &str,
        printed: &[u8],
        sent: i64,
        received: i64,
    ) -> Result<Self, String> {
        let files = parse(printed)?;
        let directory = TempDir::new_in(directory).map_err(|error| error.to_string())?;
        write(&files, node, directory.path())
            .map_err(|error| format!("its files cannot be copied: {error}"))?;
        Ok(Self {
            host: Host::copied(directory.path(), node, files.clock.boot()),
            clock_offset: files.clock.ahead(sent, received),
            _directory: directory,
        })
    }
}

impl Look {
    /// That the clocks of `node` and of this one differ, where they do.
    pub fn of_clock(&self, node: &str) -> Option<String> {
        let Interval { start, end } = self.clock_offset;
        let (least, most, way) = match (start, end) {
            (1.., _) => (start, end, "ahead of"),
            (_, ..0) => (end.saturating_neg(), start.saturating_neg(), "behind"),
            _ => return None,
        };
        Some(format!(
            "the clock of node {node} is {:.3} to {:.3} s {way} this node's; all times of its containers are by its \
             own clock",
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

    /// Read after `sent` and before `received` by this node's clock, so no further ahead of it than at the one or the
    /// other.
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

/// Whether a line is the first that the script prints. Root's shell may say something before.
pub(super) fn is_first(line: &[u8]) -> bool {
    line.starts_with(b"clock ")
}

/// Reads what the script printed.
fn parse(printed: &[u8]) -> Result<Files, String> {
    let unread = |line: &str| format!("it printed what was not asked for: {line:?}");
    let text = std::str::from_utf8(printed).map_err(|_| unread("bytes that are no text"))?;
    let mut lines = text.lines();
    let clock = lines.next().unwrap_or_default();
    let clock = parse_clock(clock).ok_or_else(|| unread(clock))?;
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
                    let line = lines.next().ok_or_else(cut_short)?;
                    // No character of base64.
                    match line.strip_prefix('.') {
                        Some("") => break Some(0),
                        Some(modified) => break nanoseconds(modified.trim_start()),
                        None => base64.push_str(line),
                    }
                };
                let bytes = STANDARD.decode(base64).map_err(|_| unread(line))?;
                files.push(Copied {
                    path: path.to_owned(),
                    modified: modified.ok_or_else(|| unread(line))?,
                    bytes,
                });
            }
            _ => return Err(unread(line)),
        }
    }
    Err(cut_short())
}

fn cut_short() -> String {
    "it ended before all was read".to_owned()
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

/// Whether a path leads nowhere but below where it is joined to.
fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && Path::new(path)
            .components()
            .all(|component| matches!(component, Component::Normal(_)))
}

#[cfg(test)]
mod tests;
