//! `lxcdiag 958`, which is short for `lxcdiag run auto --ct 958`.

use std::ffi::OsString;

use clap::{ArgMatches, ColorChoice, FromArgMatches as _};

use super::args::{Args, Named, container};
use super::grammar;
use crate::nearest_name::nearest;

impl Args {
    /// Reads a command line. A container in the place of a command is short for `run auto --ct CONTAINER`; `exists` is
    /// whether there is a container of this host name.
    pub(super) fn read(
        command_line: &[OsString],
        exists: impl Fn(&str) -> bool,
    ) -> Result<Self, clap::Error> {
        let matches = matches(command_line, exists)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut grammar::command()))
    }
}

/// What a command line contains.
pub(super) fn matches(
    command_line: &[OsString],
    exists: impl Fn(&str) -> bool,
) -> Result<ArgMatches, clap::Error> {
    let is_container = |word: &str| match container(word) {
        Ok(Named::Id(_)) => true,
        Ok(Named::HostName(name)) => !resembles_a_command(&name) || exists(&name),
        Err(_) => false,
    };
    let mut words = command_line.to_vec();
    let place = place_of_command(&words);
    // `lxcdiag RUNBOOK 958`: the container is the second word.
    let second = words.get(place + 1).and_then(|word| word.to_str());
    let is_container =
        |word: &str| is_container(word) && (is_id(word) || !second.is_some_and(is_id));
    if words
        .get(place)
        .is_some_and(|word| word.to_str().is_some_and(is_container))
    {
        words.splice(place..place, ["run", "auto"].map(OsString::from));
    }
    grammar::command()
        .color(colour_of(&words))
        .try_get_matches_from(words)
}

/// The index of the command, after options that every command has.
fn place_of_command(words: &[OsString]) -> usize {
    let mut place = 1;
    while let Some(word) = words.get(place).and_then(|word| word.to_str()) {
        place += match word {
            "--color" => 2,
            word if word == "--ascii" || word.starts_with("--color=") => 1,
            _ => break,
        };
    }
    place
}

/// When help is in colour: it is printed before the options are known.
fn colour_of(words: &[OsString]) -> ColorChoice {
    let mut words = words
        .iter()
        .filter_map(|word| word.to_str())
        .take_while(|word| *word != "--");
    let mut choice = ColorChoice::Auto;
    while let Some(word) = words.next() {
        let value = match word {
            "--color" => words.next(),
            word => word.strip_prefix("--color="),
        };
        choice = value.and_then(|value| value.parse().ok()).unwrap_or(choice);
    }
    choice
}

/// Whether a word is a container's ID.
pub(super) fn is_id(word: &str) -> bool {
    matches!(container(word), Ok(Named::Id(_)))
}

/// Whether a word is a command, or probably one that was mistyped.
fn resembles_a_command(word: &str) -> bool {
    let args = grammar::command();
    let commands = args.get_subcommands().map(clap::Command::get_name);
    nearest(word, commands.chain(["help"])).is_some()
}
