//! The command line as clap knows it: the arguments, with the groups and the exit status that the help shows.

use clap::{Arg, Command, CommandFactory as _};

use super::args::Args;
use super::{config, exit_status};

/// The headings of the help, with the options below each.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "Target",
        &[
            "all", "ct", "exclude", "node", "pct", "pool", "running", "tag", "via",
        ],
    ),
    (
        "Failure",
        &[
            "failed_at",
            "log",
            "log_zone",
            "script",
            "since",
            "trace",
            "unit",
            "vars",
        ],
    ),
    (
        "Output",
        &[
            "bundle",
            "confirm",
            "format",
            "no_redact",
            "notify",
            "on_change",
            "output",
            "quiet",
            "record",
            "state",
            "verbose",
            "waivers",
        ],
    ),
    (
        "Safety",
        &[
            "allow_changes",
            "deadline",
            "dry_run",
            "jobs",
            "read_only",
            "timeout",
            "yes",
        ],
    ),
];

/// The commands whose options are in groups; the others have few.
const GROUPED: [&str; 4] = ["run", "fix", "sweep", "judge"];

/// The whole command line.
pub(super) fn command() -> Command {
    let command = without_exit_status();
    let examples = command.get_after_help().cloned().unwrap_or_default();
    let long_help = format!("{examples}\n\n{}", exit_status::help(""));
    command
        .after_long_help(long_help)
        .mut_subcommands(|command| {
            with_exit_status(with_configured(command).mut_subcommands(with_exit_status))
        })
}

/// The same with the defaults in the configuration file.
fn with_configured(command: Command) -> Command {
    let name = command.get_name().to_owned();
    command.mut_args(
        |arg| match config::default_of(&name, arg.get_id().as_str()) {
            Some(value) => arg.default_value(value),
            None => arg,
        },
    )
}

fn with_exit_status(command: Command) -> Command {
    let status = exit_status::help(command.get_name());
    command.after_long_help(status)
}

/// The same, for the manual, which has a section for the exit status.
pub(super) fn without_exit_status() -> Command {
    Args::command().mut_subcommands(|command| match GROUPED.contains(&command.get_name()) {
        true => command.mut_args(grouped),
        false => command,
    })
}

fn grouped(arg: Arg) -> Arg {
    let id = arg.get_id().as_str();
    let heading = GROUPS.iter().find(|(_, options)| options.contains(&id));
    match heading {
        Some((heading, _)) if !arg.is_positional() => arg.help_heading(*heading),
        _ => arg,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// clap checks the arguments of each command.
    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_help_has_the_exit_status() {
        let command = command();
        let nested = command.get_subcommands().flat_map(Command::get_subcommands);
        for mut command in command.get_subcommands().chain(nested).cloned() {
            let help = command.render_long_help().to_string();
            assert!(help.contains("\nExit status:\n    0  "), "{help}");
        }
    }

    #[test]
    fn the_options_of_what_diagnoses_are_in_groups() {
        let ungrouped = ["demo", "runbooks", "host_root", "runbook", "help"];
        for command in command().get_subcommands() {
            if !GROUPED.contains(&command.get_name()) {
                continue;
            }
            for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
                let id = arg.get_id().as_str();
                let is_known = arg.get_help_heading().is_some() || ungrouped.contains(&id);
                assert!(is_known, "{} --{id}", command.get_name());
            }
        }
    }
}
