//! The failures in a provisioning log: their container, time and message. Pure.
//!
//! Only the known messages of `systemctl` and `pct` are taken from a log, as systemd 247 to 257 write them,
//! and the units that the failed command names. Nothing else is kept.

mod messages;
mod names;
mod proof;
mod said;
mod select;
mod stamp;
mod structured;
mod traced;
mod zone;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::evidence::container_id::ContainerId;
use crate::evidence::time::Interval;
use messages::Message;
pub use names::units as units_in;
use names::{Command, Opening};
pub use proof::{LoggedTask, proven_zone};
pub use said::Said;
pub use select::is_template_of;
pub use select::{NoFailure, Selected, failed_command, failed_push, failed_units};
pub use traced::{call_failure, traced_failures};
pub use zone::parse_zone;

/// Bytes of a line that are read: the message is at its beginning.
const LINE: usize = 8 << 10;

/// A failure in a provisioning log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedFailure {
    /// The time, as precise as the log's timestamps; absent if none precedes it.
    pub at: Option<Interval>,
    /// What failed.
    pub kind: FailureKind,
    /// The message, without the text before it on its line.
    pub text: String,
    /// The container that failed.
    #[serde(default, skip_serializing_if = "Owner::is_this_container")]
    pub owner: Owner,
    /// How many runs of the provisioning of this container follow; absent if the log does not show where
    /// its runs begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later_runs: Option<usize>,
    /// The units that the failed command names, if the message names none or only others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// Its place in the log. Older versions did not record that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Whether a timestamp that its time comes from has no time zone and lxcdiag assumed one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub zone_assumed: bool,
    /// Whether the log names no container at all, so that it may be the log of another one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub container_assumed: bool,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The name of the file, without its directory.
    pub file: String,
    /// The number of the line; absent if only the end of the log was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The number of the call, if the log is a trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match (self.line, self.call) {
            (Some(line), _) => write!(f, ":{line}"),
            (None, Some(call)) => write!(f, ", call {call}"),
            (None, None) => Ok(()),
        }
    }
}

/// The kind of a logged failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// systemd looked for the unit, and did not find it or could not use it.
    Unit,
    /// systemd could not be reached.
    NotReady,
    /// A push failed.
    Push,
}

/// The container that failed, as far as the log shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The container that is diagnosed, as in all older recordings.
    #[default]
    ThisContainer,
    /// Another container.
    AnotherContainer,
    /// One of several containers.
    Unclear,
}

impl Owner {
    /// The owner among the containers that are named.
    fn among(named: &BTreeSet<ContainerId>, ct: ContainerId) -> Self {
        match (named.contains(&ct), named.len()) {
            (true, 1) | (false, 0) => Self::ThisContainer,
            (true, _) => Self::Unclear,
            (false, _) => Self::AnotherContainer,
        }
    }

    fn is_this_container(&self) -> bool {
        *self == Self::ThisContainer
    }
}

impl LoggedFailure {
    /// Whether a trace shows it, and with it the time of its command.
    pub fn is_traced(&self) -> bool {
        self.place
            .as_ref()
            .is_some_and(|place| place.call.is_some())
    }
}

impl FailureKind {
    /// Its name in expressions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::NotReady => "not_ready",
            Self::Push => "push",
        }
    }
}

/// A provisioning log, or the end of a long one.
#[derive(Debug, Clone, Copy)]
pub struct Log<'a> {
    /// The name of the file, without its directory.
    pub file: &'a str,
    pub text: &'a str,
    /// Whether the text begins at the beginning of the log.
    pub whole: bool,
    /// When it was last written.
    pub written: Timestamp,
    /// The zone of timestamps without one.
    pub zone: &'a TimeZone,
    /// Whether nothing shows that this is their zone.
    pub zone_is_assumed: bool,
}

impl Log<'_> {
    /// The failures, in the log's order, as seen from one container.
    ///
    /// A line without a timestamp is between the timestamps around it; after the last one, before the time
    /// when the log was last written. Timestamps without a year get the year that puts them before that time.
    pub fn failures(&self, ct: ContainerId) -> Vec<LoggedFailure> {
        let mut reader = Reader::new(ct);
        for (number, line) in lines(self.text) {
            let stamp = structured::find(line, self.written, self.zone)
                .or_else(|| stamp::find(line, self.written, self.zone));
            let rest = stamp.as_ref().and_then(|stamp| line.get(stamp.end..));
            let rest = names::without_logger(rest.unwrap_or(line).trim());
            if rest.is_empty() && stamp.is_none() {
                continue;
            }
            let at = stamp.and_then(|stamp| {
                Some(Stamped {
                    at: stamp.at?,
                    zone_assumed: self.zone_is_assumed && !stamp.states_zone,
                })
            });
            let place = Place {
                file: self.file.to_owned(),
                line: self.whole.then_some(number),
                call: None,
            };
            reader.read(line, rest, at, place);
        }
        let written = i64::try_from(self.written.as_nanosecond()).unwrap_or(i64::MAX);
        reader.finish(Interval::at(written))
    }
}

/// The lines of a log, as far as they are read, with their numbers. A progress bar returns to the beginning of its line.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.split('\n').zip(1..);
    numbered.flat_map(|(line, number)| {
        let pieces = line.split('\r');
        pieces.map(move |piece| (number, start_of(piece, LINE)))
    })
}

/// The time of a line.
#[derive(Debug, Clone, Copy)]
struct Stamped {
    at: Interval,
    zone_assumed: bool,
}

/// Reads a log line by line.
struct Reader {
    ct: ContainerId,
    /// The log's first command or heading, which begins each of its runs, once it is known.
    first: Option<Opening>,
    /// The runs, each with the containers that it names.
    runs: Vec<BTreeSet<ContainerId>>,
    /// Whether a line was seen to begin a run.
    shows_runs: bool,
    /// The command that output belongs to.
    command: Command,
    failures: Vec<Read>,
    /// Whether the last failure is the first part of a message.
    continues: bool,
    last: Option<Stamped>,
    /// The first failure after that.
    open: usize,
}

/// A failure as it was read, before the rest of the log is known.
struct Read {
    failure: LoggedFailure,
    run: usize,
    /// The containers that its line names, or its command.
    named: BTreeSet<ContainerId>,
}

impl Reader {
    fn new(ct: ContainerId) -> Self {
        Self {
            ct,
            first: None,
            runs: vec![BTreeSet::new()],
            shows_runs: false,
            command: Command::default(),
            failures: Vec::new(),
            continues: false,
            last: None,
            open: 0,
        }
    }

    /// Adds a line: the whole line, the part after its timestamp, the timestamp, and its place.
    fn read(&mut self, line: &str, rest: &str, at: Option<Stamped>, place: Place) {
        if let Some(at) = at {
            self.close(at);
            self.last = Some(at);
        }
        let message = Message::in_line(line);
        let named = names::containers(line);
        self.begin_run(rest, &named, place.line.is_some() && message.is_none());
        if let Some(run) = self.runs.last_mut() {
            run.extend(&named);
        }
        if let Some(command) = Command::of(rest, &named) {
            self.command = command;
            self.continues = false;
        }
        if let Some(unit) = names::synchronized_unit(rest) {
            self.command.units = vec![unit.to_owned()];
        }
        let Some(message) = message else { return };
        let continues = std::mem::replace(&mut self.continues, message.is_first_part);
        if let (true, Some(Read { failure, .. })) = (continues, self.failures.last_mut())
            && failure.kind == message.kind
            && failure.text.len() < LINE
        {
            failure.text.push_str("; ");
            failure.text.push_str(&message.text);
            return;
        }
        // The message about an alias that is taken names the other unit.
        let names_unit = !message.text.contains("already exists and is a symlink");
        let units = match names::units(&message.text).next().filter(|_| names_unit) {
            Some(_) => Vec::new(),
            None => match names::requested_unit(line) {
                Some(unit) => vec![unit],
                None => self.command.units.clone(),
            },
        };
        self.failures.push(Read {
            failure: LoggedFailure {
                at: self.last.map(|last| last.at),
                kind: message.kind,
                text: message.text,
                owner: Owner::default(),
                later_runs: None,
                units,
                place: Some(place),
                zone_assumed: self.last.is_some_and(|last| last.zone_assumed),
                container_assumed: false,
            },
            run: self.runs.len() - 1,
            named: match named.is_empty() {
                true => self.command.containers.clone(),
                false => named,
            },
        });
        if at.is_some() {
            self.open = self.failures.len();
        }
    }

    /// Begins a run if this line does: the log's first command again, or a command that recreates the container.
    fn begin_run(&mut self, rest: &str, named: &BTreeSet<ContainerId>, may_be_first: bool) {
        let again = match &self.first {
            Some(first) => first.is_like(rest),
            None => {
                self.first = Opening::of(rest).filter(|_| may_be_first);
                false
            }
        };
        let makes = named.contains(&self.ct) && names::makes_container(rest, self.ct);
        self.shows_runs |= again || makes;
        let began = self
            .runs
            .last()
            .is_some_and(|named| named.contains(&self.ct));
        if again || (makes && began) {
            self.runs.push(BTreeSet::new());
            self.command = Command::default();
        }
    }

    /// Failures since the last timestamp are before this one.
    fn close(&mut self, stamped: Stamped) {
        for Read { failure, .. } in self.failures.iter_mut().skip(self.open) {
            failure.at = failure.at.map(|from| Interval::spanning(from, stamped.at));
            failure.zone_assumed |= failure.at.is_some() && stamped.zone_assumed;
        }
        self.open = self.failures.len();
    }

    fn finish(mut self, written: Interval) -> Vec<LoggedFailure> {
        self.close(Stamped {
            at: written,
            zone_assumed: false,
        });
        let all: BTreeSet<ContainerId> = self.runs.iter().flatten().copied().collect();
        // If several containers are provisioned, a run that names none may belong to any of them.
        let of_run = |run: usize| match self.runs.get(run) {
            Some(named) if !named.is_empty() => named,
            _ => &all,
        };
        let is_ours = |run: &usize| Owner::among(of_run(*run), self.ct) != Owner::AnotherContainer;
        let ours: Vec<usize> = (0..self.runs.len()).filter(is_ours).collect();
        let shows_runs = self.shows_runs;
        let whole = |Read {
                         mut failure,
                         run,
                         named,
                     }: Read| {
            let named = if named.is_empty() {
                of_run(run)
            } else {
                &named
            };
            failure.owner = Owner::among(named, self.ct);
            failure.container_assumed = named.is_empty();
            let later = ours.len() - ours.partition_point(|of_ours| *of_ours <= run);
            failure.later_runs = shows_runs.then_some(later);
            failure
        };
        self.failures.into_iter().map(whole).collect()
    }
}

/// The beginning of a text, with at most this many bytes.
fn start_of(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rfind(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
