//! Where runbooks are found. The only part of this module that reads files.

mod file;

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::RunbookErrors;
use super::read::read;
use super::source::Source;
use super::validate::is_dashed;
use crate::nearest_name::{listed, ranked};

/// A runbook inside the binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// The name it is found by.
    pub id: &'static str,
    /// The whole of it.
    pub text: &'static str,
}

/// The project's own runbooks.
const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        id: "health",
        text: include_str!("../../runbooks/health.yaml"),
    },
    BuiltIn {
        id: "race-condition",
        text: include_str!("../../runbooks/race-condition.yaml"),
    },
    BuiltIn {
        id: "race-risk",
        text: include_str!("../../runbooks/race-risk.yaml"),
    },
    BuiltIn {
        id: "unit-failed",
        text: include_str!("../../runbooks/unit-failed.yaml"),
    },
];

/// The endings of runbook files, the first preferred.
const ENDINGS: &[&str] = &["yaml", "yml"];

/// Where a runbook is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In this file.
    File(PathBuf),
    /// Inside the binary.
    BuiltIn,
}

/// Why there is no runbook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// No place has it.
    #[error("{}", unknown_message(name, near, looked_in))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Names that there are and that it may have been meant for, the nearest first.
        near: Vec<String>,
        /// Where it was looked for.
        looked_in: Vec<String>,
    },
    /// What is there cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// What is there is no text, or too long for a runbook.
    #[error(transparent)]
    NotText(#[from] RunbookErrors),
}

/// A runbook in a [`Library`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name it is found by.
    pub id: String,
    /// Its title, where it can be read.
    pub title: Option<String>,
    /// Where it is.
    pub origin: Origin,
    /// The runbook of the same name that is found in its stead.
    pub shadowed_by: Option<Origin>,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// The places in which runbooks are looked for, the first first.
#[derive(Debug, Clone)]
pub struct Library {
    /// Directories, with whether they were asked for and therefore must be there.
    directories: Vec<(PathBuf, bool)>,
    built_in: &'static [BuiltIn],
}

impl Library {
    /// The directory of `--runbooks` if given, the user's, the machine's, then the binary's own.
    pub fn standard(asked_for: Option<&Path>) -> Self {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        // XDG Base Directory Specification: a path that is not absolute is to be ignored.
        let config = variable("XDG_CONFIG_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| variable("HOME").map(|home| home.join(".config")))
            .filter(|path| path.is_absolute());
        let user = config.map(|config| config.join("lxcdiag/runbooks"));
        let machine = PathBuf::from("/etc/lxcdiag/runbooks");
        let usual = user.into_iter().chain([machine]).map(|path| (path, false));
        Self {
            directories: asked_for
                .map(|path| (path.to_owned(), true))
                .into_iter()
                .chain(usual)
                .collect(),
            built_in: BUILT_IN,
        }
    }

    /// These directories, which must be there, and then these runbooks.
    pub fn new(directories: Vec<PathBuf>, built_in: &'static [BuiltIn]) -> Self {
        Self {
            directories: directories.into_iter().map(|path| (path, true)).collect(),
            built_in,
        }
    }

    /// The text of a runbook: of the file where `name` has a `/` or ends in `.yaml` or `.yml`,
    /// else of the first that is called so.
    ///
    /// # Errors
    /// There is none, or it cannot be read, or it is no text. What is found first counts: a file
    /// that cannot be read does not give way to one further down.
    pub fn find(&self, name: &str) -> Result<Source, LookupError> {
        let is_path = name.contains('/')
            || ENDINGS
                .iter()
                .any(|ending| name.ends_with(&format!(".{ending}")));
        if is_path {
            return file::source(Path::new(name));
        }
        if is_dashed(name) {
            for (directory, asked_for) in &self.directories {
                if *asked_for {
                    file::names(directory)?;
                }
                for ending in ENDINGS {
                    let path = directory.join(format!("{name}.{ending}"));
                    if file::exists(&path) {
                        return file::source(&path);
                    }
                }
            }
            if let Some(found) = self.built_in.iter().find(|one| one.id == name) {
                return Ok(built_in_source(found));
            }
        }
        Err(self.unknown(name))
    }

    /// All runbooks, place by place in the order they are looked for, by name within each.
    ///
    /// # Errors
    /// A directory that is there cannot be read, or one that was asked for is not there.
    pub fn list(&self) -> Result<Vec<Entry>, LookupError> {
        let mut entries: Vec<Entry> = Vec::new();
        for (directory, asked_for) in &self.directories {
            for (id, path) in file::names_in(directory, *asked_for, ENDINGS)? {
                let origin = Origin::File(path.clone());
                let entry = match file::source(&path) {
                    Ok(source) => entry(id, origin, &source, &entries),
                    Err(error) => Entry {
                        shadowed_by: shadow(&id, &entries),
                        id,
                        title: None,
                        origin,
                        problem: Some(error.to_string()),
                    },
                };
                entries.push(entry);
            }
        }
        for one in self.built_in {
            let source = built_in_source(one);
            let entry = entry(one.id.to_owned(), Origin::BuiltIn, &source, &entries);
            entries.push(entry);
        }
        Ok(entries)
    }

    fn unknown(&self, name: &str) -> LookupError {
        let mut ids: Vec<String> = self.built_in.iter().map(|one| one.id.to_owned()).collect();
        for (directory, _) in &self.directories {
            let names = file::names_in(directory, false, ENDINGS).unwrap_or_default();
            ids.extend(names.into_iter().map(|(id, _)| id));
        }
        ids.sort_unstable();
        ids.dedup();
        let near = ranked(name, ids.iter().map(String::as_str));
        let near: Vec<String> = near.into_iter().take(3).map(str::to_owned).collect();
        let places = self.directories.iter();
        let mut looked_in: Vec<String> =
            places.map(|(path, _)| path.display().to_string()).collect();
        looked_in.push(String::from("lxcdiag itself"));
        LookupError::Unknown {
            name: name.to_owned(),
            near,
            looked_in,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::BuiltIn => f.write_str("built in"),
        }
    }
}

fn built_in_source(found: &BuiltIn) -> Source {
    Source {
        name: format!("{} (built in)", found.id),
        text: found.text.to_owned(),
        built_in: true,
    }
}

fn shadow(id: &str, entries: &[Entry]) -> Option<Origin> {
    let first = entries.iter().find(|entry| entry.id == id)?;
    Some(first.origin.clone())
}

fn entry(id: String, origin: Origin, source: &Source, before: &[Entry]) -> Entry {
    let (title, problem) = match read(source) {
        Ok(runbook) if runbook.id != id => {
            let problem = format!(
                "it calls itself `{}` and its file `{id}`; make the two alike",
                runbook.id
            );
            (Some(runbook.title), Some(problem))
        }
        Ok(runbook) => (Some(runbook.title), None),
        Err(errors) => (None, Some(errors.to_string())),
    };
    Entry {
        shadowed_by: shadow(&id, before),
        id,
        title,
        origin,
        problem,
    }
}

fn unknown_message(name: &str, near: &[String], looked_in: &[String]) -> String {
    let name = super::printable::quoted(name);
    let near = match near {
        [] => String::from("`lxcdiag list` shows what there is."),
        near => format!("did you mean {}?", listed(near.iter().map(String::as_str))),
    };
    format!(
        "no runbook is called {name}; {near} Looked in {}; a file is given by its path, as ./NAME",
        looked_in.join(", ")
    )
}

#[cfg(test)]
mod tests;
