//! `lxcdiag 958`, which is short for `lxcdiag run auto --ct 958`.

use std::ffi::OsString;

use clap::{CommandFactory as _, Parser as _};

use super::args::{Args, Named, container};
use crate::nearest_name::nearest;

impl Args {
    /// Reads a command line. A container in the place of a command is short for `run auto --ct CONTAINER`; `exists` is
    /// whether there is a container of this host name.
    pub(super) fn read(
        command_line: &[OsString],
        exists: impl Fn(&str) -> bool,
    ) -> Result<Self, clap::Error> {
        let is_container = |word: &str| match container(word) {
            Ok(Named::Id(_)) => true,
            Ok(Named::HostName(name)) => !resembles_a_command(&name) || exists(&name),
            Err(_) => false,
        };
        match command_line {
            [program, word, more @ ..] if word.to_str().is_some_and(is_container) => {
                let run = ["run", "auto", "--ct"].map(OsString::from);
                let words = [program].into_iter().chain(&run).chain([word]).chain(more);
                Self::try_parse_from(words)
            }
            words => Self::try_parse_from(words),
        }
    }
}

/// Whether a word is a command, or probably one that was mistyped.
fn resembles_a_command(word: &str) -> bool {
    let args = Args::command();
    let commands = args.get_subcommands().map(clap::Command::get_name);
    nearest(word, commands.chain(["help"])).is_some()
}
