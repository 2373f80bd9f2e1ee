//! The commands that follow a `lxcdiag run`.

use std::ffi::OsString;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::args::{DEFAULT_FIX, LibraryArgs};
use super::{grammar, runbooks, shorthand};
use crate::engine::plan::Request;
use crate::evidence::container_id::ContainerId;
use crate::runbook::UNIT;
use crate::shell_quote::command_line;

/// The options that the request has, with the values that the run has found.
const IN_REQUEST: [&str; 4] = ["ct", "vars", "unit", "since"];

/// The command that diagnoses a container once more as a run did, and offers to fix it. There is none for a runbook that
/// `fix` does not run, or if a word of it would show a secret.
pub(super) fn fix_command(
    request: &Request,
    library: &LibraryArgs,
    ct: ContainerId,
) -> Option<String> {
    let id = &request.runbook.id;
    let (source, _) = runbooks::find(library, id).ok()?;
    if !source.built_in || source.recorded(id) != request.recorded {
        return None;
    }
    let mut words = vec!["lxcdiag".to_owned(), "fix".to_owned()];
    if id != DEFAULT_FIX {
        words.push(id.clone());
    }
    words.extend(["--ct".to_owned(), ct.to_string()]);
    with_options(words, request, |_| true)
}

/// The command that looks for whatever is wrong in the container, once a runbook has found nothing. There is none for a
/// runbook that did just that, or if a word of it would show a secret.
pub(super) fn overview_command(request: &Request, ct: ContainerId) -> Option<String> {
    if !request.runbook.next.is_empty() {
        return None;
    }
    let words = vec!["lxcdiag".to_owned(), ct.to_string()];
    with_options(words, request, |var| var == UNIT)
}

/// The command with the vars that the run had, and the options that both have.
fn with_options(
    mut words: Vec<String>,
    request: &Request,
    has_var: impl Fn(&str) -> bool,
) -> Option<String> {
    let values = &request.values;
    let given = values.values.iter().filter(|(name, value)| {
        !value.is_empty()
            && !values.defaulted.contains(*name)
            && request.runbook.vars.contains_key(*name)
            && has_var(name)
    });
    for (name, value) in given {
        words.extend(match name.as_str() {
            UNIT => ["--unit".to_owned(), value.clone()],
            _ => ["--var".to_owned(), format!("{name}={value}")],
        });
    }
    let given: Vec<_> = request.command_line.iter().map(OsString::from).collect();
    let matches = shorthand::matches(&given, |_| false).ok()?;
    words.extend(kept(matches.subcommand_matches("run")?));
    let text = command_line(&words);
    (request.shown(&text) == text).then_some(text)
}

/// The other options that both commands have, as they are on the command line.
fn kept(given: &ArgMatches) -> Vec<String> {
    let grammar = grammar::command();
    let options = grammar.find_subcommand("fix").into_iter();
    let options = options.flat_map(clap::Command::get_arguments);
    let mut words = Vec::new();
    for option in options {
        let (id, Some(name)) = (option.get_id().as_str(), option.get_long()) else {
            continue;
        };
        let is_given = given.try_contains_id(id).is_ok()
            && given.value_source(id) == Some(ValueSource::CommandLine);
        if !is_given || IN_REQUEST.contains(&id) {
            continue;
        }
        for value in given.get_raw(id).into_iter().flatten() {
            words.extend([format!("--{name}"), value.to_string_lossy().into_owned()]);
        }
    }
    words
}
