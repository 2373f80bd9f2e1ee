//! What completes an argument, from the files of this host.

use std::collections::BTreeSet;
use std::path::Path;

use clap_complete::CompletionCandidate;

use crate::cli::args::{Named, container};
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

/// The units of the container on the command line.
pub fn units(words: &[String]) -> Vec<CompletionCandidate> {
    let host = host();
    let named = |word: &String| match container(word.strip_prefix("--ct=").unwrap_or(word)) {
        Ok(Named::Id(ct)) => Some(ct),
        Ok(Named::HostName(name)) => host.with_host_name(&name).ok()?.first().copied(),
        Err(_) => None,
    };
    let ct = words.iter().skip(1).find_map(named);
    let units = ct.map(|ct| host.units(ct)).unwrap_or_default();
    units.iter().map(|unit| described(unit, "")).collect()
}

/// Runbooks with their titles. One with a `/` is a path, which the shell completes.
pub fn runbooks(words: &[String]) -> Vec<CompletionCandidate> {
    let names = library(words).names().into_iter();
    names
        .map(|name| described(&name.id, &name.title.unwrap_or_default()))
        .collect()
}

/// `NAME=` for each var of the runbook on the command line; after that, its default.
pub fn vars(words: &[String], current: &str) -> Vec<CompletionCandidate> {
    let Some(runbook) = words.iter().skip(2).find_map(|word| named(words, word)) else {
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

/// The runbooks, with those in the directory of `--runbooks`.
fn library(words: &[String]) -> Library {
    let mut after = words
        .iter()
        .skip_while(|word| *word != "--runbooks")
        .skip(1);
    let joined = words
        .iter()
        .find_map(|word| word.strip_prefix("--runbooks="));
    let given = joined.or(after.next().map(String::as_str));
    Library::standard(given.map(Path::new)).with(config::runbook_directories())
}

fn named(words: &[String], word: &str) -> Option<Runbook> {
    let source = library(words).find(word).ok()?;
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
    host().inventory().unwrap_or_default()
}

fn host() -> Host {
    Host::at(std::env::var_os("LXCDIAG_HOST_ROOT").unwrap_or_else(|| "/".into()))
}
