//! `lxcdiag 958`, which is short for `lxcdiag run auto --ct 958`.

use std::ffi::OsString;

use clap::{ArgMatches, FromArgMatches as _};

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
    let words = match command_line {
        [program, word, more @ ..] if word.to_str().is_some_and(is_container) => {
            let run = ["run", "auto", "--ct"].map(OsString::from);
            let words = [program].into_iter().chain(&run).chain([word]).chain(more);
            words.cloned().collect()
        }
        words => words.to_vec(),
    };
    grammar::command().try_get_matches_from(words)
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
