//! What completes an argument, from the files of this host.

use std::collections::BTreeSet;

use clap_complete::CompletionCandidate;

use crate::cli::config;
use crate::host::{Host, Listed};
use crate::runbook::{self, Library, Runbook};
use crate::terminal_text::visible;

/// IDs with their host names; if a letter is typed, host names with their IDs.
pub fn containers(current: &str) -> Vec<CompletionCandidate> {
    let by_name = current.starts_with(|c: char| c.is_ascii_alphabetic());
    let candidate = |listed: Listed| {
        let id = listed.ct.to_string();
        match (by_name, listed.name) {
            (true, Some(name)) => Some(described(&name, &id)),
            (true, None) => None,
            (false, name) => Some(described(&id, &name.unwrap_or_default())),
        }
    };
    inventory().into_iter().filter_map(candidate).collect()
}

pub fn nodes(_current: &str) -> Vec<CompletionCandidate> {
    distinct(|listed| vec![listed.node.clone()])
}

pub fn tags(_current: &str) -> Vec<CompletionCandidate> {
    distinct(|listed| listed.tags.iter().cloned().collect())
}

pub fn pools(_current: &str) -> Vec<CompletionCandidate> {
    distinct(|listed| listed.pool.clone().into_iter().collect())
}

/// Runbooks with their titles. One with a `/` is a path, which the shell completes.
pub fn runbooks(_current: &str) -> Vec<CompletionCandidate> {
    let names = library().names().into_iter();
    names
        .map(|name| described(&name.id, &name.title.unwrap_or_default()))
        .collect()
}

/// `NAME=` for each var of the runbook on the command line; after that, its default.
pub fn vars(words: &[String], current: &str) -> Vec<CompletionCandidate> {
    let Some(runbook) = words.iter().skip(2).find_map(|word| named(word)) else {
        return Vec::new();
    };
    let vars = runbook.vars.iter().map(|(name, var)| {
        let default = var.default.as_deref().unwrap_or_default();
        match current
            .strip_prefix(name.as_str())
            .is_some_and(|rest| rest.starts_with('='))
        {
            true => described(&format!("{name}={default}"), ""),
            false => described(&format!("{name}="), &var.about),
        }
    });
    vars.filter(|it| it.get_value().to_string_lossy().starts_with(current))
        .collect()
}

fn library() -> Library {
    Library::standard(None).with(config::runbook_directories())
}

fn named(word: &str) -> Option<Runbook> {
    let source = library().find(word).ok()?;
    runbook::read(&source).ok()
}

/// A candidate; a shell prints its description as it is.
fn described(value: &str, about: &str) -> CompletionCandidate {
    let about = (!about.is_empty()).then(|| visible(about).into());
    CompletionCandidate::new(value).help(about)
}

fn distinct(of: impl Fn(&Listed) -> Vec<String>) -> Vec<CompletionCandidate> {
    let all: BTreeSet<_> = inventory().iter().flat_map(of).collect();
    all.into_iter().map(CompletionCandidate::new).collect()
}

/// The containers of the cluster; none if they cannot be read.
fn inventory() -> Vec<Listed> {
    let root = std::env::var_os("LXCDIAG_HOST_ROOT").unwrap_or_else(|| "/".into());
    Host::at(root).inventory().unwrap_or_default()
}
