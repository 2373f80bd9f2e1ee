//! The command line: parses it, runs the chain, and writes the result.

mod args;
mod audit;
mod auto;
mod client;
mod completion;
pub(crate) mod config;
mod diagnosis;
mod diff;
mod doctor;
mod early_signals;
mod error;
mod exit_code;
mod exit_status;
mod failed_units;
mod file;
mod fix;
mod fix_command;
mod format;
mod grammar;
mod history;
mod log;
mod man;
mod new;
mod output;
mod progress;
mod recordings;
mod run;
mod runbooks;
mod runtime;
mod schema;
mod shorthand;
mod signals;
mod sweep;
mod terminal;
mod tests_of_runbooks;
mod trace;
mod validate;
mod wrong_word;

use std::ffi::OsString;
use std::process::ExitCode as Status;

use tracing::level_filters::LevelFilter;

use crate::cli::exit_code::ExitCode;
use crate::trace::Shim;
use args::{Args, Command};

/// Runs a command line. Reports go to stdout, everything else to stderr.
pub fn main(command_line: Vec<OsString>) -> Status {
    if let Some(shim) = Shim::of_this_process() {
        shim.run(&command_line);
    }
    early_signals::catch();
    let configured = config::load();
    if completion::answered(&command_line) {
        return ExitCode::Healthy.into();
    }
    let words: Vec<_> = command_line
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let args = match Args::read(&command_line, client::has_container) {
        Ok(args) => args,
        // Help and version are printed here too; a broken pipe is not an error.
        Err(error) if !error.use_stderr() => {
            let _ = error.print();
            return ExitCode::Healthy.into();
        }
        Err(error) => {
            wrong_word::print(error, &words);
            return ExitCode::Usage.into();
        }
    };
    if !matches!(
        args.command,
        Command::Run(_) | Command::Fix(_) | Command::Sweep(_) | Command::Trace(_)
    ) {
        early_signals::restore_default();
    }
    terminal::choose(args.terminal.choice());
    log_to_stderr();
    let run = || match args.command {
        Command::Run(args) => run::run(&args, words),
        Command::Fix(args) => fix::fix(&args, words),
        Command::Sweep(args) => sweep::sweep(&args, words),
        Command::Judge(args) => recordings::judge_all(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::History(args) => history::history(&args),
        Command::Test(args) => tests_of_runbooks::test(&args),
        Command::New(args) => new::write(&args),
        Command::List(args) => runbooks::list(&args),
        Command::Show(args) => runbooks::show(&args),
        Command::Validate(args) => validate::validate(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Config => config::print(),
        Command::Audit(args) => audit::audit(&args),
        Command::Trace(args) => trace::trace(&args),
        Command::Schema(args) => schema::print(&args),
        Command::Completions(args) => completion::print(&args),
        Command::Man(args) => man::man(&args),
    };
    match configured.and_then(|()| run()) {
        Ok(code) => code.into(),
        Err(error) => {
            output::print_error(&format!("lxcdiag: {error}"));
            error.code.into()
        }
    }
}

/// Messages go to stderr; `LXCDIAG_LOG` (error, warn, info, debug, trace, off) sets the level.
fn log_to_stderr() {
    let asked_for = std::env::var("LXCDIAG_LOG").unwrap_or_default();
    let level = match asked_for.trim() {
        "" => Some(LevelFilter::INFO),
        level => level.parse().ok(),
    };
    tracing_subscriber::fmt()
        .with_max_level(level.unwrap_or(LevelFilter::INFO))
        .with_writer(|| progress::Log)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        // Errors would go to stderr, which is what failed.
        .log_internal_errors(false)
        .init();
    if level.is_none() {
        tracing::warn!(
            "LXCDIAG_LOG is not understood: write error, warn, info, debug, trace or off"
        );
    }
}
