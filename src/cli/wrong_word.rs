//! Errors of the command line: the nearest right word instead of clap's advice.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};

use super::{grammar, output, shorthand};
use crate::nearest_name::nearest;

/// Prints an error of clap with the nearest right word. clap's own advice would be to put `--` before a word, which gives a
/// wrong option to something that does not expect it.
pub(super) fn print(mut error: Error, words: &[String]) {
    for advice in [
        ContextKind::Suggested,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
        ContextKind::TrailingArg,
    ] {
        error.remove(advice);
    }
    let hint = hint(&error, &grammar::command(), words);
    let text = error.render().to_string();
    let text = match (hint, text.split_once("\n\n")) {
        (Some(hint), Some((what, rest))) => format!("{what}\nhint: {hint}\n\n{rest}"),
        _ => text,
    };
    output::print_error(text.trim_end());
}

fn hint(error: &Error, root: &Command, words: &[String]) -> Option<String> {
    let command = used(root, words);
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let ContextValue::String(wrong) = error.get(ContextKind::InvalidArg)? else {
                return None;
            };
            option(wrong, root, command)
        }
        ErrorKind::InvalidSubcommand => {
            let ContextValue::String(wrong) = error.get(ContextKind::InvalidSubcommand)? else {
                return None;
            };
            let names = root.get_subcommands().map(Command::get_name);
            let near = nearest(wrong, names).map(|near| format!("did you mean `{near}`?"));
            let id = words.iter().skip(2).find(|word| shorthand::is_id(word));
            near.or_else(|| {
                id.map(|id| format!("`lxcdiag run {wrong} {id}` runs the runbook `{wrong}`"))
            })
        }
        ErrorKind::InvalidValue => {
            let ContextValue::String(wrong) = error.get(ContextKind::InvalidValue)? else {
                return None;
            };
            let ContextValue::Strings(right) = error.get(ContextKind::ValidValue)? else {
                return None;
            };
            let near = nearest(wrong, right.iter().map(String::as_str));
            near.map(|near| format!("did you mean `{near}`?"))
        }
        _ => None,
    }
}

/// For an unknown option: the nearest one of the command, or else another command that has it.
fn option(wrong: &str, root: &Command, command: &Command) -> Option<String> {
    let wrong = wrong.strip_prefix("--")?;
    let wrong = wrong.split('=').next().unwrap_or(wrong);
    if let Some(near) = nearest(wrong, options(command)) {
        return Some(format!("did you mean `--{near}`?"));
    }
    let others: Vec<_> = root
        .get_subcommands()
        .filter(|other| options(other).any(|option| option == wrong))
        .map(|other| format!("`lxcdiag {} --{wrong}`", other.get_name()))
        .collect();
    (!others.is_empty()).then(|| format!("other commands have it: {}", others.join(", ")))
}

fn options(command: &Command) -> impl Iterator<Item = &str> {
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    shown.filter_map(Arg::get_long)
}

/// The subcommand of a command line. A container in its place stands for `run`.
fn used<'a>(root: &'a Command, words: &[String]) -> &'a Command {
    let name = words.get(1).map_or("", String::as_str);
    let name = if shorthand::is_id(name) { "run" } else { name };
    root.find_subcommand(name).unwrap_or(root)
}
