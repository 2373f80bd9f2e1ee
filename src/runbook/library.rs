//! Finds runbooks. The only part of this module that reads files.

mod built_in;
mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::error::RunbookErrors;
use super::include;
use super::printable::quoted;
use super::read::read;
use super::source::{Part, Source};
use super::validate::is_dashed;
use crate::nearest_name::{listed, ranked};
use crate::terminal_text::visible_path;
use built_in::{PARTS, RUNBOOKS};
use file::{ENDINGS, names_in, read_file};

/// Where a runbook is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In this file.
    File(PathBuf),
    /// In the binary.
    BuiltIn,
}

/// Why a runbook cannot be found or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// There is no runbook of this name.
    #[error("{}", unknown_message(name, near, searched))]
    Unknown {
        /// The name.
        name: String,
        /// Existing names that were probably meant, the nearest first.
        near: Vec<String>,
        /// The directories that were searched.
        searched: Vec<PathBuf>,
    },
    /// A file or directory cannot be read.
    #[error("cannot read {}: {reason}", visible_path(path))]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file is not text, or too large.
    #[error(transparent)]
    NotText(#[from] RunbookErrors),
}

/// A runbook in a [`Library`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name to find it by.
    pub id: String,
    /// Its title, if it can be read.
    pub title: Option<String>,
    /// Where it is.
    pub origin: Origin,
    /// The runbook of the same name that takes precedence.
    pub shadowed_by: Option<Origin>,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// A runbook by its file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name to find it by.
    pub id: String,
    /// Its title, if it is one line.
    pub title: Option<String>,
}

/// The places of runbooks, in order of precedence.
#[derive(Debug, Clone)]
pub struct Library {
    /// Directories, and whether each must exist.
    directories: Vec<(PathBuf, bool)>,
    built_in: &'static [(&'static str, &'static str)],
}

impl Library {
    /// The directory of `--runbooks` if given, those of the user and the system, and the binary.
    pub fn standard(given: Option<&Path>) -> Self {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        // XDG Base Directory Specification: a path that is not absolute is ignored.
        let config = variable("XDG_CONFIG_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| variable("HOME").map(|home| home.join(".config")))
            .filter(|path| path.is_absolute());
        let user = config.map(|config| config.join("lxcdiag/runbooks"));
        let system = PathBuf::from("/etc/lxcdiag/runbooks");
        let given = given.map(|path| (path.to_owned(), true));
        let usual = user.into_iter().chain([system]).map(|path| (path, false));
        Self {
            directories: given.into_iter().chain(usual).collect(),
            built_in: RUNBOOKS,
        }
    }

    /// The same with further directories after the given one, which must exist.
    #[must_use]
    pub fn with(mut self, directories: &[PathBuf]) -> Self {
        let given = self
            .directories
            .iter()
            .take_while(|(_, required)| *required);
        let place = given.count();
        let further = directories.iter().map(|path| (path.clone(), true));
        self.directories.splice(place..place, further);
        self
    }

    /// The text of a runbook. `name` is a path if it has a `/` or ends in `.yaml` or `.yml`; otherwise
    /// the first runbook of this name is found.
    ///
    /// # Errors
    /// There is no such runbook, or the first one cannot be read.
    pub fn find(&self, name: &str) -> Result<Source, LookupError> {
        if is_path(name) {
            return read_runbook(Path::new(name)).map_err(|error| match error {
                LookupError::Unreadable { path, reason } => LookupError::Unreadable {
                    reason: reason + &hint_of_ending(&path),
                    path,
                },
                error => error,
            });
        }
        if is_dashed(name) {
            for (directory, required) in &self.directories {
                if *required {
                    names_in(directory, true)?;
                }
                for ending in ENDINGS {
                    let path = directory.join(format!("{name}.{ending}"));
                    if file::exists(&path) {
                        return read_from(directory, *required, &path);
                    }
                }
            }
            if let Some((id, text)) = self.built_in.iter().find(|(id, _)| *id == name) {
                return Ok(built_in_source(id, text));
            }
        }
        Err(self.unknown(name))
    }

    /// All runbooks, in order of precedence, and by name in each place.
    ///
    /// # Errors
    /// A directory cannot be read.
    pub fn list(&self) -> Result<Vec<Entry>, LookupError> {
        let mut entries = Vec::new();
        for (directory, required) in &self.directories {
            for (id, path) in names_in(directory, *required)? {
                let source = read_from(directory, *required, &path);
                let entry = entry(id, Origin::File(path), source, &entries);
                entries.push(entry);
            }
        }
        for (id, text) in self.built_in {
            let source = Ok(built_in_source(id, text));
            let entry = entry((*id).to_owned(), Origin::BuiltIn, source, &entries);
            entries.push(entry);
        }
        Ok(entries)
    }

    /// The names that [`find`](Self::find) knows, sorted. Quick: no runbook is checked, and a directory that cannot be read
    /// has none.
    pub fn names(&self) -> Vec<Name> {
        let mut names = BTreeMap::new();
        for (id, path) in self.files() {
            names.entry(id).or_insert_with(|| {
                let source = read_file(&path).ok();
                source.and_then(|source| title(&source.text))
            });
        }
        for (id, text) in self.built_in {
            names.entry((*id).to_owned()).or_insert_with(|| title(text));
        }
        let names = names.into_iter().filter(|(id, _)| is_dashed(id));
        names.map(|(id, title)| Name { id, title }).collect()
    }

    /// The files in the directories that can be read, in order of precedence.
    fn files(&self) -> impl Iterator<Item = (String, PathBuf)> {
        let directories = self.directories.iter();
        directories.flat_map(|(directory, _)| names_in(directory, false).unwrap_or_default())
    }

    fn unknown(&self, name: &str) -> LookupError {
        let built_in = self.built_in.iter().map(|(id, _)| (*id).to_owned());
        let ids: Vec<_> = built_in.chain(self.files().map(|(id, _)| id)).collect();
        let mut near = ranked(name, ids.iter().map(String::as_str));
        let beginning = format!("{name}-");
        for longer in ids.iter().filter(|id| id.starts_with(&beginning)) {
            if !near.contains(&longer.as_str()) {
                near.push(longer);
            }
        }
        let here = ENDINGS.iter().map(|ending| format!("./{name}.{ending}"));
        let here: Vec<_> = here
            .filter(|path| is_dashed(name) && Path::new(path).is_file())
            .collect();
        near.splice(..0, here.iter().map(String::as_str));
        let directories = self.directories.iter();
        LookupError::Unknown {
            name: name.to_owned(),
            near: near.into_iter().take(3).map(str::to_owned).collect(),
            searched: directories.map(|(path, _)| path.clone()).collect(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&visible_path(path)),
            Self::BuiltIn => f.write_str("built in"),
        }
    }
}

/// A built-in runbook.
#[cfg(test)]
pub(crate) fn built_in(name: &str) -> Option<Source> {
    let (id, text) = RUNBOOKS.iter().find(|(id, _)| *id == name)?;
    Some(built_in_source(id, text))
}

fn built_in_source(id: &str, text: &str) -> Source {
    let names = include::names(text).into_iter();
    Source {
        parts: names.filter_map(built_in_part).collect(),
        ..built_in_text(id, text)
    }
}

fn built_in_part(name: String) -> Option<Part> {
    let (_, text) = PARTS.iter().find(|(id, _)| *id == name)?;
    let source = built_in_text(&name, text);
    Some(Part { name, source })
}

fn built_in_text(name: &str, text: &str) -> Source {
    Source {
        name: format!("{name} (built in)"),
        text: text.to_owned(),
        built_in: true,
        parts: Vec::new(),
    }
}

/// Whether a runbook is given by its path, not by its name.
pub fn is_path(name: &str) -> bool {
    let has_ending = |ending: &&str| name.ends_with(&format!(".{ending}"));
    name.contains('/') || ENDINGS.iter().any(has_ending)
}

/// Reads a runbook's text and those of the parts that it includes. A part is a path, relative to the runbook, if its name has
/// a `/`; otherwise it is `parts/NAME.yaml` beside the runbook, as in a copy of the built-in runbooks, or else built in.
///
/// # Errors
/// A file cannot be read, is not text, or is larger than [`MAX_BYTES`](super::MAX_BYTES).
pub fn read_runbook(path: &Path) -> Result<Source, LookupError> {
    let mut source = read_file(path)?;
    let directory = path.parent().unwrap_or(Path::new("."));
    for name in include::names(&source.text) {
        match part_file(directory, &name) {
            Some(file) => {
                let part = read_file(&file).map_err(|error| included_by(path, error))?;
                source.parts.push(Part { name, source: part });
            }
            None => source.parts.extend(built_in_part(name)),
        }
    }
    Ok(source)
}

/// The error of a part that cannot be read, with the runbook that includes it.
fn included_by(runbook: &Path, error: LookupError) -> LookupError {
    match error {
        LookupError::Unreadable { path, reason } if !reason.contains("\nhint: ") => {
            let runbook = visible_path(runbook);
            let reason =
                format!("{reason}\nhint: {runbook} includes it; the path is relative to that file");
            LookupError::Unreadable { path, reason }
        }
        error => error,
    }
}

/// The file of a part, unless it is built in.
fn part_file(directory: &Path, name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(directory.join(name.strip_prefix("./").unwrap_or(name)));
    }
    let parts = directory.join("parts");
    let files = ENDINGS
        .iter()
        .map(|end| parts.join(format!("{name}.{end}")));
    files
        .filter(|_| is_dashed(name))
        .find(|file| file::exists(file))
}

/// A file that is the path with an ending, or with the other one.
fn hint_of_ending(path: &Path) -> String {
    let mut others = ENDINGS.iter().flat_map(|ending| {
        let added = PathBuf::from(format!("{}.{ending}", path.display()));
        [added, path.with_extension(ending)]
    });
    match others.find(|other| other != path && other.is_file()) {
        Some(other) if !file::exists(path) => {
            format!("\nhint: did you mean `{}`?", visible_path(&other))
        }
        _ => String::new(),
    }
}

/// Reads a runbook in a directory. Nobody names the usual directories, so other users must not be able to write there.
fn read_from(directory: &Path, given: bool, path: &Path) -> Result<Source, LookupError> {
    if !given {
        file::check_owners(directory, path)?;
    }
    let source = read_runbook(path)?;
    if !given {
        for part in &source.parts {
            if let Some(file) = part_file(directory, &part.name) {
                file::check_owners(file.parent().unwrap_or(directory), &file)?;
            }
        }
    }
    Ok(source)
}

/// The runbook files in a directory, in order.
///
/// # Errors
/// The directory cannot be read.
pub fn runbooks_in(directory: &Path) -> Result<Vec<PathBuf>, LookupError> {
    let names = names_in(directory, true)?;
    Ok(names.into_iter().map(|(_, path)| path).collect())
}

/// The title in the text of a runbook, if it is one line.
fn title(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("title:"))?;
    let parsed: BTreeMap<String, String> = serde_yaml::from_str(line).ok()?;
    parsed
        .into_values()
        .next()
        .filter(|title| !title.is_empty())
}

fn entry(
    id: String,
    origin: Origin,
    source: Result<Source, LookupError>,
    before: &[Entry],
) -> Entry {
    let text = source.map_err(|error| error.to_string());
    let runbook = text.and_then(|source| read(&source).map_err(|errors| errors.to_string()));
    let (title, problem) = match runbook {
        Ok(runbook) => {
            let problem = (runbook.id != id).then(|| {
                format!(
                    "the name of the runbook is `{}`, but that of the file is `{id}`",
                    runbook.id
                )
            });
            (Some(runbook.title), problem)
        }
        Err(problem) => (None, Some(problem)),
    };
    let first = before.iter().find(|entry| entry.id == id);
    Entry {
        shadowed_by: first.map(|entry| entry.origin.clone()),
        id,
        title,
        origin,
        problem,
    }
}

fn unknown_message(name: &str, near: &[String], searched: &[PathBuf]) -> String {
    let name = quoted(name);
    let places: Vec<_> = searched
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let hint = match near {
        [] => String::from(
            "list the runbooks with `lxcdiag list`, or give the path of a file, as ./NAME",
        ),
        near => format!("did you mean {}?", listed(near.iter().map(String::as_str))),
    };
    format!(
        "runbook {name} not found in {} or among the built-in runbooks\nhint: {hint}",
        places.join(", ")
    )
}

#[cfg(test)]
mod include_tests;
#[cfg(test)]
mod tests;
