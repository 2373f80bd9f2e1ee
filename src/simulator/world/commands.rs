//! `systemctl daemon-reload`, `enable` and their relatives: what they do, and what they say.

use super::{Found, UNIT_DIR, WANTS, World};
use crate::simulator::event::Who;
use crate::simulator::files::Kind;
use crate::simulator::unit_text::Content;
use crate::simulator::{MILLI, Nanos, UNIT};

/// What a command of `systemctl` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Verb {
    Reload,
    Enable,
}

/// Why a command did not do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Refusal {
    /// The container was not running.
    Stopped,
    /// systemd did not answer yet.
    NotReady,
    /// PID 1 is not systemd.
    NotSystemd,
    /// The unit's file.
    File(Found),
    /// The link could not be made.
    ReadOnly,
    /// An init script of the same name has no header, and is asked first.
    InitScript,
}

/// What a command said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulator) struct Said {
    pub(in crate::simulator) status: i32,
    pub(in crate::simulator) stderr: String,
    pub(in crate::simulator) refusal: Option<Refusal>,
}

/// A command that was run.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Ran {
    /// When it looked.
    pub(in crate::simulator) at: Nanos,
    pub(in crate::simulator) who: Who,
    pub(in crate::simulator) verb: Verb,
    pub(in crate::simulator) said: Said,
    /// How many of the world's looks lie before it.
    pub(in crate::simulator) looks: usize,
}

impl Said {
    fn done(stderr: String) -> Self {
        Self {
            status: 0,
            stderr,
            refusal: None,
        }
    }

    fn refused(refusal: Refusal, status: i32, stderr: impl Into<String>) -> Self {
        Self {
            status,
            stderr: stderr.into(),
            refusal: Some(refusal),
        }
    }
}

impl World {
    /// Runs a command now, and notes that it ran.
    pub(in crate::simulator) fn run(&mut self, who: Who, verb: Verb) -> Said {
        let looks = self.looks.len();
        let said = match verb {
            Verb::Reload => self.run_reload(),
            Verb::Enable => self.run_enable(UNIT),
        };
        self.commands.push(Ran {
            at: self.now,
            who,
            verb,
            said: said.clone(),
            looks,
        });
        said
    }

    /// The reason why no command can run.
    fn unavailable(&self) -> Option<Said> {
        let Some(boot) = self.running() else {
            let text = format!("container '{}' not running!", crate::simulator::CT);
            return Some(Said::refused(Refusal::Stopped, 255, text));
        };
        let text = match self.setup.systemd {
            ..=255 => "Failed to connect to bus: No such file or directory",
            _ => {
                "Failed to connect to system scope bus via local transport: No such file or directory"
            }
        };
        let is_ready = !self.setup.is_init || self.now >= boot.answers_at;
        (!is_ready).then(|| Said::refused(Refusal::NotReady, 1, text))
    }

    fn run_reload(&mut self) -> Said {
        if let Some(said) = self.unavailable() {
            return said;
        }
        if !self.setup.is_init {
            let bus = match self.setup.systemd {
                ..=255 => "Failed to connect to bus: Host is down",
                _ => "Failed to connect to system scope bus via local transport: Host is down",
            };
            let text = format!(
                "System has not been booted with systemd as init system (PID 1). Can't operate.\n{bus}"
            );
            return Said::refused(Refusal::NotSystemd, 1, text);
        }
        self.reload();
        Said::done(String::new())
    }

    /// `systemctl enable UNIT`.
    pub(in crate::simulator) fn run_enable(&mut self, unit: &str) -> Said {
        if let Some(said) = self.unavailable() {
            return said;
        }
        let look = self.look_for(unit);
        let path = look.path.clone().unwrap_or_default();
        if let Some(message) = self.complaint(unit)
            && unit == UNIT
        {
            self.log(message, Some(UNIT));
        }
        // Debian's systemctl enables an init script of the same name first (field report 7).
        if look.is_blocked {
            let name = unit.trim_end_matches(".service");
            let text = format!(
                "Synchronizing state of {unit} with SysV service script with /lib/systemd/systemd-sysv-install.\n\
                 Executing: /lib/systemd/systemd-sysv-install enable {name}\n\
                 update-rc.d: error: {name} Default-Start contains no runlevels, aborting."
            );
            return Said::refused(Refusal::InitScript, 1, text);
        }
        if let Some(said) = self.refused(unit, look.found, &path) {
            if said.status == 0 {
                self.reload_after_enable();
            }
            return said;
        }
        let link = format!("{WANTS}/{unit}");
        if self.files.lookup(&link, false).is_ok() {
            self.reload_after_enable();
            return Said::done(String::new());
        }
        if self.is_read_only {
            let text = format!("Failed to enable unit: File {link}: Read-only file system");
            return Said::refused(Refusal::ReadOnly, 1, text);
        }
        let stamp = self.stamp();
        self.files.make_directories(WANTS, stamp);
        self.files
            .add_at(&link, Kind::Link(path.clone()), 0o777, stamp);
        self.reload_after_enable();
        Said::done(match self.setup.systemd {
            ..=255 => format!("Created symlink {link} → {path}."),
            _ => format!("Created symlink '{link}' → '{path}'."),
        })
    }

    fn reload_after_enable(&mut self) {
        if self.setup.is_init {
            self.schedule(self.now + 20 * MILLI, |world| {
                if world.running().is_some() {
                    world.reload();
                }
            });
        }
    }

    /// What PID 1 logs of a file that it cannot parse.
    pub(in crate::simulator) fn complaint(&self, unit: &str) -> Option<String> {
        let look = self.look_for(unit);
        let path = look.path?;
        match look.found {
            Found::File(Content::BadMessage) => {
                let text = String::from_utf8_lossy(self.files.inode(look.inode?).bytes());
                let is_broken = |line: &str| line.starts_with('[') && !line.ends_with(']');
                let (at, line) = text.lines().enumerate().find(|(_, line)| is_broken(line))?;
                Some(format!(
                    "{path}:{}: Invalid section header '{line}'",
                    at + 1
                ))
            }
            Found::File(Content::InvalidArgument) => Some(format!(
                "{path}:1: String is not UTF-8 clean, ignoring assignment: \u{fffd}~kK"
            )),
            _ => None,
        }
    }

    /// Why a unit cannot be enabled, in the words of this version (facts: state of the unit file).
    fn refused(&self, unit: &str, found: Found, path: &str) -> Option<Said> {
        let is_new = self.setup.systemd >= 256;
        let refusal = Refusal::File(found);
        let text = match found {
            Found::File(Content::Enableable) => return None,
            Found::File(Content::NoInstall) => {
                return Some(Said::refused(refusal, 0, self.no_installation_config()));
            }
            Found::Absent | Found::Dangling | Found::Unreadable if is_new => {
                format!("Failed to enable unit: Unit {unit} does not exist")
            }
            Found::Absent | Found::Dangling | Found::Unreadable => {
                format!("Failed to enable unit: Unit file {unit} does not exist.")
            }
            Found::Directory => "Failed to look up unit file state: Is a directory".to_owned(),
            Found::Masked | Found::File(Content::Empty) if is_new => {
                format!("Failed to enable unit: Unit {path} is masked")
            }
            Found::Masked | Found::File(Content::Empty) => {
                format!("Failed to enable unit: Unit file {path} is masked.")
            }
            Found::File(Content::BadMessage) => {
                format!("Failed to enable unit: File {unit}: Bad message")
            }
            Found::File(Content::InvalidArgument) => {
                format!("Failed to enable unit: File {unit}: Invalid argument")
            }
        };
        Some(Said::refused(refusal, 1, text))
    }

    /// The message of `enable` about a unit without `[Install]`; it exits with 0.
    pub(in crate::simulator) fn no_installation_config(&self) -> &'static str {
        match self.setup.systemd {
            ..=255 => {
                "The unit files have no installation config (WantedBy=, RequiredBy=, Also=,\nAlias= settings in the [Install] section, and DefaultInstance= for template\nunits). This means they are not meant to be enabled using systemctl."
            }
            _ => {
                "The unit files have no installation config (WantedBy=, RequiredBy=, UpheldBy=,\nAlso=, or Alias= settings in the [Install] section, and DefaultInstance= for\ntemplate units). This means they are not meant to be enabled or disabled using systemctl."
            }
        }
    }

    /// Starts the unit, if it can be.
    pub(in crate::simulator) fn start_service(&mut self) {
        let look = self.look_for(UNIT);
        let loads = matches!(
            look.found,
            Found::File(Content::Enableable | Content::NoInstall)
        );
        if self.unavailable().is_none() && self.setup.is_init && loads && !self.service.active {
            self.service.active = true;
            self.service.loaded = look.inode.map(|id| self.files.inode(id).modified);
            self.log_started();
        }
    }

    /// Removes the link that enables the unit.
    pub(in crate::simulator) fn disable(&mut self) {
        if self.unavailable().is_none() && self.is_linked() {
            let stamp = self.stamp();
            self.files.remove(&format!("{WANTS}/{UNIT}"), stamp);
            self.reload_after_enable();
        }
    }

    /// Puts a link to `/dev/null` in the unit's place.
    pub(in crate::simulator) fn mask(&mut self) {
        let (path, stamp) = (format!("{UNIT_DIR}/{UNIT}"), self.stamp());
        let link = Kind::Link("/dev/null".to_owned());
        self.files.remove(&path, stamp);
        self.files.add_at(&path, link, 0o777, stamp);
        self.reload_after_enable();
    }

    /// Takes that link away.
    pub(in crate::simulator) fn unmask(&mut self) {
        if self.look_for(UNIT).found == Found::Masked {
            let stamp = self.stamp();
            self.files.remove(&format!("{UNIT_DIR}/{UNIT}"), stamp);
            self.reload_after_enable();
        }
    }
}
