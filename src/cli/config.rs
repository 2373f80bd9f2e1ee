//! The configuration file, which replaces defaults of options, and `lxcdiag config`.

pub(crate) mod file;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::CommandFactory as _;

use super::args::Args;
use super::error::CliError;
use super::exit_code::ExitCode;
use super::{output, terminal};
use crate::engine::ledger;
use crate::runbook::{MAX_BYTES, Runbook, read_with_lines};
use crate::terminal_text::visible;
use crate::trusted_path;
use file::Settings;

/// The file, unless a variable names another.
const PATH: &str = "/etc/lxcdiag/config.yaml";
const VARIABLE: &str = "LXCDIAG_CONFIG";

/// What the file sets.
#[derive(Debug, Default)]
struct Config {
    file: String,
    settings: Settings,
    /// The line of each setting.
    lines: Vec<(String, usize)>,
}

static CONFIG: OnceLock<Config> = OnceLock::new();

fn config() -> &'static Config {
    CONFIG.get_or_init(Config::default)
}

/// Reads the file, once, before the command line is read.
///
/// # Errors
/// It cannot be read, other users can write it, or it is not valid. Then nothing is configured.
pub(super) fn load() -> Result<(), CliError> {
    let given = std::env::var_os(VARIABLE).filter(|path| !path.is_empty());
    let path = given.as_ref().map_or(Path::new(PATH), Path::new);
    let file = path.display().to_string();
    // It names programs that run as root.
    let bytes = match trusted_path::read(path, MAX_BYTES as u64) {
        Err(error) if error.kind() == ErrorKind::NotFound && given.is_none() => return Ok(()),
        Err(error) => {
            let message = format!("cannot read the configuration {file}: {error}");
            return Err(CliError::new(ExitCode::BadInput, message));
        }
        Ok(bytes) => bytes,
    };
    let (settings, lines) = read_with_lines(&file, &bytes)?;
    let _ = CONFIG.set(Config {
        file,
        settings,
        lines,
    });
    Ok(())
}

/// The default that the file sets for an option of a command.
pub(super) fn default_of(command: &str, option: &str) -> Option<&'static str> {
    let Settings {
        via,
        pct,
        notify,
        sweep,
        ..
    } = &config().settings;
    match (command, option) {
        (_, "via") => via.as_deref(),
        (_, "pct") => pct.as_deref(),
        ("sweep", "notify") => notify.as_deref(),
        ("sweep", "jobs") => sweep.jobs.as_deref(),
        ("sweep", "timeout") => sweep.timeout.as_deref(),
        ("sweep", "deadline") => sweep.deadline.as_deref(),
        ("sweep", "confirm") => sweep.confirm.as_deref(),
        ("sweep", "exclude") => sweep.exclude.as_deref(),
        ("sweep", "waivers") => sweep.waivers.as_deref(),
        _ => None,
    }
}

/// The directories of runbooks in the file.
pub(super) fn runbook_directories() -> &'static [PathBuf] {
    &config().settings.runbooks
}

/// A runbook that also redacts what the file says.
pub(super) fn with_redaction(mut runbook: Runbook) -> Runbook {
    runbook
        .redact
        .extend(config().settings.redact.iter().cloned());
    runbook
}

/// The state directory, by `XDG_STATE_HOME`, the file, or the default.
pub(super) fn state_directory() -> PathBuf {
    let home = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    ledger::state_directory(home, config().settings.state.as_deref())
}

/// `lxcdiag config`: every setting as the file could have it, and where it is from.
pub(super) fn print() -> Result<ExitCode, CliError> {
    let Config { file, settings, .. } = config();
    let mut text = match file.as_str() {
        "" => format!("# {PATH} does not exist\n"),
        file => format!("# {}\n", visible(file)),
    };
    let pct = std::env::var("LXCDIAG_PCT")
        .ok()
        .filter(|it| !it.is_empty());
    let home = std::env::var("XDG_STATE_HOME").ok();
    let home = home.filter(|home| Path::new(home).is_absolute());
    let scalar = |value: Option<&str>| value.map(yaml);
    let list = |values: &[String]| (!values.is_empty()).then(|| yaml(values));
    let directories: Vec<_> = settings
        .runbooks
        .iter()
        .map(|it| it.display().to_string())
        .collect();
    let state = state_directory().display().to_string();
    let line = |key: &str, value: Option<String>, variable: Option<&str>, default: &str| {
        let (value, source) = match (variable, value) {
            (Some(variable), Some(value)) => (value, variable.to_owned()),
            (None, Some(value)) => (value, place(key)),
            (_, None) => (default.to_owned(), "default".to_owned()),
        };
        let (indent, name) = key
            .split_once('.')
            .map_or(("", key), |(_, name)| ("  ", name));
        match value.is_empty() {
            true => format!("{indent}# {name}: not set\n"),
            false => format!("{indent}{name}: {value}  # {source}\n"),
        }
    };
    let state_is_set = home.is_some() || settings.state.is_some();
    let via = default_value("run", "via");
    let default_pct = default_value("run", "pct");
    for line in [
        line("via", scalar(settings.via.as_deref()), None, &via),
        line(
            "pct",
            scalar(pct.as_deref().or(settings.pct.as_deref())),
            pct.is_some().then_some("LXCDIAG_PCT"),
            &default_pct,
        ),
        line("runbooks", list(&directories), None, "[]"),
        line(
            "state",
            state_is_set.then(|| yaml(&state)),
            home.is_some().then_some("XDG_STATE_HOME"),
            &state,
        ),
        line("redact", list(&settings.redact), None, "[]"),
        line("notify", scalar(settings.notify.as_deref()), None, ""),
        "sweep:\n".to_owned(),
    ] {
        text.push_str(&line);
    }
    for option in [
        "jobs", "timeout", "deadline", "confirm", "exclude", "waivers",
    ] {
        let value = scalar(default_of("sweep", option));
        let default = default_value("sweep", option);
        text.push_str(&line(&format!("sweep.{option}"), value, None, &default));
    }
    output::print(&terminal::shown(text))?;
    Ok(ExitCode::Healthy)
}

/// The default of an option without the file; empty if it has none.
fn default_value(command: &str, option: &str) -> String {
    let grammar = Args::command();
    let command = grammar.find_subcommand(command).into_iter();
    let mut options = command.flat_map(clap::Command::get_arguments);
    let option = options.find(|arg| arg.get_id() == option);
    let values = option
        .map(clap::Arg::get_default_values)
        .unwrap_or_default();
    let values = values.iter().map(|value| value.to_string_lossy());
    values.collect::<Vec<_>>().join(" ")
}

/// The file and line of a setting.
fn place(key: &str) -> String {
    let Config { file, lines, .. } = config();
    let line = lines.iter().find(|(name, _)| name == key);
    line.map_or_else(
        || visible(file),
        |(_, line)| format!("{}:{line}", visible(file)),
    )
}

/// A value as YAML on one line: JSON is.
fn yaml<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
