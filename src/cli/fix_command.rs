//! The `lxcdiag fix` that follows a `lxcdiag run`.

use std::ffi::OsString;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::args::LibraryArgs;
use super::{grammar, runbooks, shorthand};
use crate::engine::plan::Request;
use crate::evidence::container_id::ContainerId;
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
    let mut words = ["lxcdiag", "fix", id, "--ct"].map(str::to_owned).to_vec();
    words.push(ct.to_string());
    let values = &request.values;
    let given = values.values.iter().filter(|(name, value)| {
        !value.is_empty()
            && !values.defaulted.contains(*name)
            && request.runbook.vars.contains_key(*name)
    });
    for (name, value) in given {
        words.extend(match name.as_str() {
            "unit" => ["--unit".to_owned(), value.clone()],
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
