//! `lxcdiag completions`: scripts that ask lxcdiag itself, so that they know its containers and runbooks.

pub(super) mod candidates;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::{Arg, Command, ValueEnum};
use clap_complete::engine::{ArgValueCompleter, SubcommandCandidates, complete};
use clap_complete::env::{Bash, EnvCompleter, Fish, Shells, Zsh};
use clap_complete::{CompleteEnv, CompletionCandidate};

use super::args::CompletionsArgs;
use super::error::CliError;
use super::exit_code::ExitCode;
use super::{grammar, output, shorthand};

/// The variable with which a script asks for candidates.
const VARIABLE: &str = "LXCDIAG_COMPLETE";

/// A shell with a completion script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// For /usr/share/bash-completion/completions/lxcdiag
    Bash,
    /// For /usr/share/zsh/vendor-completions/_lxcdiag
    Zsh,
    /// For /usr/share/fish/vendor_completions.d/lxcdiag.fish
    Fish,
}

pub(super) fn print(args: &CompletionsArgs) -> Result<ExitCode, CliError> {
    let completer: &dyn EnvCompleter = match args.shell {
        Shell::Bash => &WholeWords,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, "lxcdiag", "lxcdiag", "lxcdiag", &mut script)
        .map_err(|error| CliError::from_error(ExitCode::CannotWrite, &error))?;
    output::print(String::from_utf8_lossy(&script).trim_start())?;
    Ok(ExitCode::Healthy)
}

/// Answers a script, if one asks; returns whether it did.
pub(super) fn answered(command_line: &[OsString]) -> bool {
    let directory = std::env::current_dir().ok();
    let words = words(command_line);
    let answer = CompleteEnv::with_factory(|| completed(&words))
        .var(VARIABLE)
        .shells(Shells(&[&WholeWords, &Zsh, &Fish]))
        .try_complete(command_line.to_vec(), directory.as_deref());
    // What cannot be completed has no candidates; a message would end up in the middle of the user's line.
    answer.unwrap_or(true)
}

/// The command line that is completed.
fn words(command_line: &[OsString]) -> Vec<String> {
    let asked = command_line.iter().skip_while(|word| *word != "--").skip(1);
    let words = asked.map(|word| word.to_string_lossy().into_owned());
    joined(words.collect(), 0).words
}

/// The command line with the candidates of each argument. After a container in the place of a command come the options of
/// `run`.
fn completed(words: &[String]) -> Command {
    let begun = words.get(1).cloned().unwrap_or_default();
    let mut command = grammar::command();
    if words.len() > 2
        && words.get(1).is_some_and(|word| shorthand::is_id(word))
        && let Some(run) = command.find_subcommand("run")
    {
        command = run
            .clone()
            .name("lxcdiag")
            .mut_arg("container", |arg| arg.hide(true));
        return command.mut_args(|arg| with_candidates(arg, words));
    }
    let complete = |command: Command| command.mut_args(|arg| with_candidates(arg, words));
    command
        .mut_subcommands(|command| complete(command.mut_subcommands(complete)))
        // A container in the place of a command.
        .allow_external_subcommands(true)
        .add(SubcommandCandidates::new(move || {
            candidates::containers(&begun)
        }))
}

fn with_candidates(arg: Arg, words: &[String]) -> Arg {
    type Candidates = Box<dyn Fn(&str) -> Vec<CompletionCandidate> + Send + Sync>;
    let line = words.to_vec();
    let of: Candidates = match arg.get_id().as_str() {
        "ct" | "container" | "exclude" => Box::new(candidates::containers),
        "runbook" => Box::new(move |_| candidates::runbooks(&line)),
        "unit" => Box::new(move |_| candidates::units(&line)),
        "node" => Box::new(candidates::nodes),
        "tag" => Box::new(candidates::tags),
        "pool" => Box::new(candidates::pools),
        "vars" => {
            let words = words.to_vec();
            let vars = move |current: &std::ffi::OsStr| {
                candidates::vars(&words, &current.to_string_lossy())
            };
            return arg.add(ArgValueCompleter::new(vars));
        }
        _ => return arg,
    };
    arg.add(ArgValueCompleter::new(move |current: &std::ffi::OsStr| {
        let current = current.to_string_lossy();
        // Of several IDs, the last one is completed.
        let begun = current.rfind(',').map_or(0, |comma| comma + 1);
        let (before, current) = current.split_at(begun);
        let found = of(current).into_iter();
        let found = found.filter(|it| it.get_value().to_string_lossy().starts_with(current));
        found.map(|it| it.add_prefix(before)).collect()
    }))
}

/// Bash, which breaks words at `=` and `:`.
struct WholeWords;

/// Asks for candidates in the words as bash has them. `$2` is the word up to the cursor.
const BASH: &str = r#"_lxcdiag() {
    local IFS=$'\n' words=("${COMP_WORDS[@]}")
    [[ -z $2 ]] || words[COMP_CWORD]=$2
    COMPREPLY=($(VARIABLE=bash LXCDIAG_COMPLETE_INDEX=$COMP_CWORD lxcdiag -- "${words[@]}" 2>/dev/null))
    [[ ${COMPREPLY-} != *[=/] ]] || compopt -o nospace 2>/dev/null
}
complete -o bashdefault -o nosort -F _lxcdiag lxcdiag
"#;

impl EnvCompleter for WholeWords {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(
        &self,
        variable: &str,
        _name: &str,
        _bin: &str,
        _completer: &str,
        script: &mut dyn Write,
    ) -> io::Result<()> {
        script.write_all(BASH.replace("VARIABLE", variable).as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        directory: Option<&Path>,
        answer: &mut dyn Write,
    ) -> io::Result<()> {
        let index = std::env::var("LXCDIAG_COMPLETE_INDEX").ok();
        let index = index.and_then(|index| index.parse().ok()).unwrap_or(0);
        let words = words.iter().map(|word| word.to_string_lossy().into_owned());
        let Joined {
            words,
            current,
            before,
        } = joined(words.collect(), index);
        let words = words.into_iter().map(OsString::from).collect();
        for candidate in complete(command, words, current, directory)? {
            let value = candidate.get_value().to_string_lossy();
            writeln!(answer, "{}", value.strip_prefix(&before).unwrap_or(&value))?;
        }
        Ok(())
    }
}

/// Words of a command line that are whole again.
#[derive(Debug, PartialEq, Eq)]
struct Joined {
    words: Vec<String>,
    /// The word with the cursor.
    current: usize,
    /// Its part that bash does not replace.
    before: String,
}

/// Joins what bash breaks at `=` and `:`. `index` is the part with the cursor.
fn joined(parts: Vec<String>, index: usize) -> Joined {
    let is_break = |part: &str| !part.is_empty() && part.trim_matches(['=', ':']).is_empty();
    let mut joined = Joined {
        words: Vec::new(),
        current: 0,
        before: String::new(),
    };
    let mut glue = false;
    for (place, part) in parts.into_iter().enumerate() {
        let breaks = is_break(&part);
        match joined.words.last_mut() {
            Some(word) if breaks || glue => {
                if place == index {
                    joined.before = word.clone();
                    if breaks {
                        joined.before.push_str(&part);
                    }
                }
                word.push_str(&part);
            }
            _ => joined.words.push(part),
        }
        if place == index {
            joined.current = joined.words.len().saturating_sub(1);
        }
        glue = breaks;
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_bash_breaks_are_joined() {
        let joined = |parts: &[&str]| {
            let parts: Vec<_> = parts.iter().map(|part| (*part).to_owned()).collect();
            let last = parts.len() - 1;
            joined(parts, last)
        };
        let expected = |words: &[&str], before: &str| Joined {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            current: words.len() - 1,
            before: before.to_owned(),
        };
        assert_eq!(
            joined(&["lxcdiag", "run", "--var", "unit", "=", "we"]),
            expected(&["lxcdiag", "run", "--var", "unit=we"], "unit=")
        );
        assert_eq!(
            joined(&["lxcdiag", "run", "--var", "unit", "="]),
            expected(&["lxcdiag", "run", "--var", "unit="], "unit=")
        );
        assert_eq!(
            joined(&["lxcdiag", "run", "--ct", ""]),
            expected(&["lxcdiag", "run", "--ct", ""], "")
        );
    }
}
