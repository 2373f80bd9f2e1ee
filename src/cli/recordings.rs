//! `lxcdiag judge`: recordings evaluated again, without a container.

use std::path::Path;
use std::sync::Arc;

use super::args::{JudgeArgs, LibraryArgs};
use super::error::CliError;
use super::file::name_of;
use super::output::Sinks;
use super::{audit, auto, config, output, runbooks, trace};
use crate::cli::exit_code::ExitCode;
use crate::engine::conclude::{Conclusion, conclude};
use crate::engine::several::{Run, conclude_several};
use crate::evidence::recording::{Recording, SCHEMA};
use crate::input_file;
use crate::runbook::{self, Runbook, Source};
use crate::terminal_text::{visible, visible_path};

/// The size limit for a file: 64 MiB. Recordings are smaller, because output is truncated when it is recorded.
const MAX_BYTES: u64 = 64 << 20;

pub(super) fn judge_all(args: &JudgeArgs) -> Result<ExitCode, CliError> {
    let sinks = Sinks::new(&args.report, None)?;
    if sinks.has_files() && args.recordings.len() > 1 {
        let message = "`--output` and `--bundle` accept only one recording, because each file contains one report";
        return Err(CliError::new(ExitCode::Usage, message));
    }
    let trace = args.trace.as_deref();
    let traced = trace.map(|path| trace::read(path).map(|trace| (trace, name_of(path))));
    let traced = traced.transpose()?;
    let mut codes = Vec::new();
    for path in &args.recordings {
        let concluded = read(path).and_then(|mut recording| {
            if let Some((trace, file)) = &traced {
                recording.take_trace(trace, file);
            }
            if let Some(script) = &args.script {
                recording.script = Some(audit::evidence(script, recording.target.ct)?);
            }
            let name = args.runbook.as_deref();
            reevaluate(&args.library, name, recording, args.report.no_redact)
        });
        match concluded {
            Ok(conclusion) => {
                sinks.write(&conclusion)?;
                codes.push(ExitCode::of_verdict(&conclusion.report.verdict));
            }
            // If one file cannot be read, the others are still judged.
            Err(error) => {
                output::print_error(&format!("lxcdiag: {error}"));
                codes.push(error.code);
            }
        }
    }
    Ok(ExitCode::worst(codes))
}

/// Judges a recording with the given runbook, otherwise with the current version of its runbook, otherwise
/// with the one in the recording. If it is one of several runs in the container, all of them are judged.
pub(super) fn reevaluate(
    library: &LibraryArgs,
    name: Option<&str>,
    mut recording: Recording,
    keep_secrets: bool,
) -> Result<Conclusion, CliError> {
    let explored = recording.explored.take();
    let Some(explored) = explored.filter(|_| name.is_none()) else {
        let (_, conclusion) = reevaluate_one(library, name, recording, keep_secrets)?;
        return Ok(conclusion);
    };
    if explored.others.len() >= auto::MOST {
        let message = format!("the recording contains more than {} runs", auto::MOST);
        return Err(CliError::new(ExitCode::BadInput, message));
    }
    let mut runs = Vec::new();
    for other in explored.others {
        // All are redacted together.
        let (runbook, conclusion) = reevaluate_one(library, None, other.recording, true)?;
        let origin = other.origin;
        runs.push(Run {
            runbook,
            conclusion,
            origin,
        });
    }
    let (runbook, conclusion) = reevaluate_one(library, None, recording, true)?;
    let origin = explored.origin;
    let number = explored.number.min(runs.len());
    runs.insert(
        number,
        Run {
            runbook,
            conclusion,
            origin,
        },
    );
    let concluded = conclude_several(runs, explored.not_run, explored.options, keep_secrets);
    concluded.map(|(_, conclusion)| conclusion).ok_or_else(|| {
        CliError::new(
            ExitCode::BadInput,
            "the recording contains no run".to_owned(),
        )
    })
}

fn reevaluate_one(
    library: &LibraryArgs,
    name: Option<&str>,
    recording: Recording,
    keep_secrets: bool,
) -> Result<(Arc<Runbook>, Conclusion), CliError> {
    let (source, runbook) = match name {
        Some(name) => runbooks::find(library, name)?,
        None => match runbooks::find_current(library, &recording.runbook.id)? {
            Some(current) => current,
            None => recorded_runbook(&recording)?,
        },
    };
    note_runbook(&source, name);
    let conclusion = conclude(&runbook, &source.sha256(), recording, None, keep_secrets);
    Ok((Arc::new(runbook), conclusion))
}

/// Says which text of the runbook is used, unless it is the obvious one: a built-in runbook, or the given file.
fn note_runbook(source: &Source, given: Option<&str>) {
    if source.built_in || given == Some(source.name.as_str()) {
        return;
    }
    let hint = match given {
        Some(_) => "",
        None => "; `--runbook ./NAME.yaml` uses a file",
    };
    output::print_error(&format!("lxcdiag: using {}{hint}", source.name));
}

fn recorded_runbook(recording: &Recording) -> Result<(Source, Runbook), CliError> {
    let source = Source::of_recorded(&recording.runbook);
    let runbook = config::with_redaction(runbook::read(&source)?);
    Ok((source, runbook))
}

pub(super) fn read(path: &Path) -> Result<Recording, CliError> {
    let bytes = read_bounded(path)?;
    let recording: Recording = serde_json::from_slice(&bytes)
        .map_err(|error| bad_input(path, &format!("not a recording: {error}")))?;
    if recording.schema != SCHEMA {
        let problem = format!(
            "schema is {}, but this version of lxcdiag reads {SCHEMA}",
            visible(&recording.schema)
        );
        return Err(bad_input(path, &problem));
    }
    Ok(recording)
}

pub(super) fn read_bounded(path: &Path) -> Result<Vec<u8>, CliError> {
    input_file::read(path, MAX_BYTES).map_err(|error| bad_input(path, &error.to_string()))
}

pub(super) fn bad_input(path: &Path, problem: &str) -> CliError {
    CliError::new(
        ExitCode::BadInput,
        format!("cannot read {}: {problem}", visible_path(path)),
    )
}
