//! `lxcdiag judge` and `lxcdiag test`: recordings evaluated again, without a container.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{JudgeArgs, LibraryArgs, TestArgs};
use super::error::CliError;
use super::file::name_of;
use super::output::Sinks;
use super::{audit, auto, output, runbooks, trace};
use crate::cli::exit_code::ExitCode;
use crate::engine::conclude::{Conclusion, conclude};
use crate::engine::several::{Run, conclude_several};
use crate::evidence::recording::{Recording, SCHEMA};
use crate::input_file;
use crate::judge::expectation::{Expectation, Suite};
use crate::judge::judge;
use crate::runbook::{self, Runbook, Source};
use crate::terminal_text::visible;

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
    let conclusion = conclude(&runbook, &source.sha256(), recording, None, keep_secrets);
    Ok((Arc::new(runbook), conclusion))
}

fn recorded_runbook(recording: &Recording) -> Result<(Source, Runbook), CliError> {
    let source = Source::of_recorded(&recording.runbook);
    let runbook = runbook::read(&source)?;
    Ok((source, runbook))
}

pub(super) fn test(args: &TestArgs) -> Result<ExitCode, CliError> {
    let mut files = Vec::new();
    for path in &args.paths {
        if path.is_dir() {
            files.extend(suites_in(path)?);
        } else {
            files.push(path.clone());
        }
    }
    let (mut passed, mut failed) = (0, 0);
    for file in files {
        let suite = read_suite(&file)?;
        let runbook = suite_runbook(&args.library, &file, &suite)?;
        for test in &suite.tests {
            let problems = run_test(&file, &runbook, test)?;
            let name = test_name(test);
            if problems.is_empty() {
                passed += 1;
                output::print_line(&format!("ok      {name}: {}", test.verdict))?;
            } else {
                failed += 1;
                output::print_line(&format!("FAILED  {name}"))?;
                for problem in problems {
                    output::print_line(&format!("    {problem}"))?;
                }
            }
        }
    }
    output::print_line(&format!("{passed} passed, {failed} failed"))?;
    if passed + failed == 0 {
        let message = "no tests found: runbook tests are the *.yaml files of a directory";
        return Err(CliError::new(ExitCode::BadInput, message));
    }
    Ok(if failed == 0 {
        ExitCode::Healthy
    } else {
        ExitCode::Warning
    })
}

fn test_name(test: &Expectation) -> String {
    let mut name = test.recording.clone();
    if let Some(later) = &test.later {
        name.push_str(&format!(", {later} later"));
    }
    if test.failed_at.is_some() {
        name.push_str(", with --failed-at");
    }
    name
}

fn run_test(file: &Path, runbook: &Runbook, test: &Expectation) -> Result<Vec<String>, CliError> {
    let path = beside(file, &test.recording);
    let recording = test
        .adapt(read(&path)?)
        .map_err(|problem| bad_input(file, &problem))?;
    Ok(test.compare(&judge(runbook, &recording)))
}

fn suite_runbook(library: &LibraryArgs, file: &Path, suite: &Suite) -> Result<Runbook, CliError> {
    let name = if suite.runbook.contains('/') {
        beside(file, &suite.runbook).to_string_lossy().into_owned()
    } else {
        suite.runbook.clone()
    };
    runbooks::find(library, &name).map(|(_, runbook)| runbook)
}

fn suites_in(directory: &Path) -> Result<Vec<PathBuf>, CliError> {
    let entries =
        std::fs::read_dir(directory).map_err(|error| bad_input(directory, &error.to_string()))?;
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    files.sort();
    Ok(files)
}

fn read_suite(file: &Path) -> Result<Suite, CliError> {
    let bytes = read_bounded(file)?;
    let name = file.display().to_string();
    Ok(runbook::read_as(
        &name,
        &bytes,
        "write `runbook:` and `tests:`",
    )?)
}

fn read(path: &Path) -> Result<Recording, CliError> {
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

fn beside(file: &Path, name: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new(".")).join(name)
}

pub(super) fn bad_input(path: &Path, problem: &str) -> CliError {
    CliError::new(
        ExitCode::BadInput,
        format!("cannot read {}: {problem}", path.display()),
    )
}
