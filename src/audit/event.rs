//! What a script does, in the order in which it does it: the plain data that the rules judge.

use super::branches::Path;
use super::text::{Place, Text};

/// One command, or what it does.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) place: Place,
    /// The last line of the command.
    pub(super) end: Place,
    pub(super) site: Site,
    /// The branches that lead here.
    pub(super) path: Path,
    /// The background jobs that it runs in.
    pub(super) jobs: Vec<usize>,
    /// What becomes of the exit status.
    pub(super) status: Status,
    /// The output is used: compared, or kept in a variable.
    pub(super) captured: bool,
    /// In a loop that waits for something.
    pub(super) polling: bool,
    pub(super) kind: EventKind,
}

/// Where a command runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Site {
    /// The Proxmox VE host.
    Host,
    /// Another machine, by ssh.
    Remote(String),
    /// A container.
    Container(String),
}

/// What becomes of an exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// Nothing: the script goes on.
    Unchecked,
    /// `set -e` ends the script.
    Errexit,
    /// `if`, `while`, `||`, a test of `$?`: another branch is taken.
    Branch,
    /// The rest of an `&&` list is skipped.
    Chain,
    /// `|| true`.
    OrTrue,
    /// The command is piped on, without `pipefail`.
    Piped,
    /// `local x=$(…)`.
    Declaration,
    /// It cannot be known.
    Unknown,
}

#[derive(Debug, Clone)]
pub(super) enum EventKind {
    /// Any command at all, with its words.
    Command(Vec<Word>),
    Push(Push),
    /// `pct create`, `clone`, `restore`; whether it is then started, if that is known.
    Created {
        container: String,
        started: Option<bool>,
        origin: Origin,
    },
    Started(String),
    Stopped(String),
    /// `pct mount`.
    Mounted(String),
    /// A call of `pct exec` or `lxc-attach`.
    Exec(Exec),
    Systemctl(Systemctl),
    /// A file appears, or changes.
    Write(Write),
    /// A directory is made, and those above it.
    Directory(String),
    /// A package manager installs these packages; none if their names are not known.
    Packages(Option<Vec<String>>),
    /// Something that was not followed: from here on, this site may have any file.
    Unknown,
    /// `wait`, for these jobs or for all.
    Wait(Option<Vec<usize>>),
    Sleep {
        /// The pause of a loop that waits for something.
        polling: bool,
    },
    /// A quoted script that uses a variable which only the host's script has.
    LostVariable {
        name: String,
        use_of: Use,
    },
    /// A script in double quotes in which the host fills in a variable that is set only there.
    EarlyVariable {
        name: String,
        certain: bool,
    },
}

/// What a container is created from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A system that is the same for all.
    Template,
    /// Another container, with whatever that has.
    Container(String),
    /// Some container.
    Backup,
}

/// What a lost variable is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Unit,
    Path,
    Container,
}

/// A word of a command, expanded.
#[derive(Debug, Clone, Default)]
pub(super) struct Word {
    pub(super) text: Text,
    pub(super) glob: Glob,
    /// It is not quoted and its value is not known: it may be no word, or several.
    pub(super) splits: bool,
}

impl Word {
    pub(super) fn as_str(&self) -> &str {
        self.text.as_str()
    }
}

/// Pattern characters in a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Glob {
    #[default]
    None,
    /// The shell replaces them.
    Active,
    /// Quoted: they stay.
    Quoted,
}

#[derive(Debug, Clone)]
pub(super) struct Push {
    pub(super) container: String,
    pub(super) source: Word,
    pub(super) destination: String,
    /// Why pct refuses its arguments.
    pub(super) refused: Option<String>,
    /// Standard error goes to `/dev/null`.
    pub(super) discarded: bool,
    /// `xargs -P` runs it.
    pub(super) parallel: bool,
    pub(super) source_is_directory: bool,
    /// The text of the source, if the script has written it.
    pub(super) content: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Exec {
    pub(super) container: String,
    /// The word with a dash that pct takes for its own.
    pub(super) dash: Option<String>,
    /// The file of the host that standard output goes to.
    pub(super) output: Option<(String, Place)>,
    /// It only prints a file.
    pub(super) reads_file: bool,
    /// The shell lists that contain it, also around the functions that lead to it.
    pub(super) lists: Vec<usize>,
    /// It runs systemctl.
    pub(super) systemctl: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Systemctl {
    pub(super) verb: String,
    pub(super) units: Vec<String>,
    pub(super) now: bool,
    /// The number of the shell list that contains it.
    pub(super) list: usize,
}

impl Systemctl {
    pub(super) fn enables(&self) -> bool {
        matches!(self.verb.as_str(), "enable" | "reenable")
    }

    pub(super) fn starts(&self) -> bool {
        self.now || matches!(self.verb.as_str(), "start" | "restart")
    }

    pub(super) fn reloads(&self) -> bool {
        matches!(self.verb.as_str(), "daemon-reload" | "daemon-reexec")
    }
}

#[derive(Debug, Clone)]
pub(super) struct Write {
    pub(super) path: String,
    /// The text, if it is known.
    pub(super) content: Option<String>,
}

impl Event {
    pub(super) fn container(&self) -> Option<&str> {
        match &self.site {
            Site::Container(id) => Some(id),
            Site::Host | Site::Remote(_) => None,
        }
    }
}
