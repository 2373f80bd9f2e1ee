//! `lxcdiag test`: whether runbooks reach the expected verdicts on recordings.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use super::args::TestArgs;
use super::error::CliError;
use super::recordings::{bad_input, read, read_bounded};
use super::{file, output, runbooks};
use crate::cli::exit_code::ExitCode;
use crate::judge::coverage::{Coverage, Gap};
use crate::judge::expectation::{Expectation, Suite};
use crate::judge::{Diagnosis, Level, judge};
use crate::runbook::{self, Runbook, SuiteChange, changed_suite};
use crate::terminal_text::{visible, visible_path};

const SCHEMA: &str = "lxcdiag.test/1";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a terminal
    Text,
    /// For programs, schema lxcdiag.test/1
    Json,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    schema: &'static str,
    passed: usize,
    failed: usize,
    tests: Vec<Tested>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Vec<Covered<'a>>>,
}

/// A test, and its result.
#[derive(Debug, Serialize)]
struct Tested {
    file: String,
    runbook: String,
    recording: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    later: Option<String>,
    passed: bool,
    /// Whether the test was changed to expect this result.
    updated: bool,
    verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    #[serde(skip_serializing_if = "Option::is_none")]
    race: Option<Level>,
    /// The differences from what is expected.
    problems: Vec<String>,
}

/// The evidence of a runbook that tests have made true and false.
#[derive(Debug, Serialize)]
struct Covered<'a> {
    runbook: &'a str,
    evidence: usize,
    gaps: Vec<Gap<'a>>,
}

pub(super) fn test(args: &TestArgs) -> Result<ExitCode, CliError> {
    let mut suites = Vec::new();
    for file in suite_files(&args.paths)? {
        let suite = read_suite(&file)?;
        let name = name_of_runbook(&file, &suite);
        let (_, runbook) = runbooks::find(&args.library, &name)?;
        suites.push((file, suite, name, runbook));
    }
    let mut tests = Vec::new();
    let mut coverages: Vec<(&str, Coverage<'_>)> = Vec::new();
    for (file, suite, name, runbook) in &suites {
        let known = coverages.iter().position(|(known, _)| known == name);
        let known = known.unwrap_or_else(|| {
            coverages.push((name, Coverage::new(runbook)));
            coverages.len() - 1
        });
        let mut changes = Vec::new();
        let first = tests.len();
        for (index, expected) in suite.tests.iter().enumerate() {
            let diagnosis = diagnosis(file, runbook, expected)?;
            if let Some((_, coverage)) = coverages.get_mut(known) {
                coverage.add(&diagnosis);
            }
            let mut tested = Tested::of(file, runbook, expected, &diagnosis);
            if args.update && !tested.passed {
                let updates = updates(index, expected, &diagnosis);
                tested.updated = !updates.is_empty();
                changes.extend(updates);
            }
            if args.format == Format::Text && !tested.updated {
                tested.print()?;
            }
            tests.push(tested);
        }
        if changes.is_empty() {
            continue;
        }
        let updated = update(file, &changes)?;
        for (tested, expected) in tests.iter_mut().skip(first).zip(&updated.tests) {
            if tested.updated {
                let diagnosis = diagnosis(file, runbook, expected)?;
                *tested = Tested {
                    updated: true,
                    ..Tested::of(file, runbook, expected, &diagnosis)
                };
                if args.format == Format::Text {
                    tested.print()?;
                }
            }
        }
    }
    if tests.is_empty() {
        let message = "no tests found: runbook tests are the *.yaml files of a directory";
        return Err(CliError::new(ExitCode::BadInput, message));
    }
    let passed = tests.iter().filter(|tested| tested.passed).count();
    let report = Report {
        schema: SCHEMA,
        passed,
        failed: tests.len() - passed,
        tests,
        coverage: args
            .coverage
            .then(|| coverages.iter().map(covered).collect()),
    };
    match args.format {
        Format::Json => output::print(&crate::json::pretty(&report).unwrap_or_default())?,
        Format::Text => report.print_summary()?,
    }
    Ok(match report.failed {
        0 => ExitCode::Healthy,
        _ => ExitCode::Warning,
    })
}

impl Tested {
    fn of(file: &Path, runbook: &Runbook, test: &Expectation, diagnosis: &Diagnosis) -> Self {
        let problems = test.compare(diagnosis);
        let verdict = &diagnosis.verdict;
        Self {
            file: file.display().to_string(),
            runbook: runbook.id.clone(),
            recording: test.recording.clone(),
            failed_at: test.failed_at.clone(),
            later: test.later.clone(),
            passed: problems.is_empty(),
            updated: false,
            verdict: verdict.kind.id().to_owned(),
            level: verdict.kind.level(),
            race: verdict.race,
            problems,
        }
    }

    fn print(&self) -> Result<(), CliError> {
        let mut name = self.recording.clone();
        if let Some(later) = &self.later {
            name.push_str(&format!(", {later} later"));
        }
        if self.failed_at.is_some() {
            name.push_str(", with --failed-at");
        }
        match (self.passed, self.updated) {
            (true, false) => output::print_line(&format!("ok      {name}: {}", self.verdict))?,
            (true, true) => output::print_line(&format!("updated {name}: {}", self.verdict))?,
            (false, _) => output::print_line(&format!("FAILED  {name}"))?,
        }
        for problem in &self.problems {
            output::print_line(&format!("    {problem}"))?;
        }
        Ok(())
    }
}

impl Report<'_> {
    fn print_summary(&self) -> Result<(), CliError> {
        let updated = self.tests.iter().filter(|tested| tested.updated).count();
        let updated = match updated {
            0 => String::new(),
            number => format!(", {number} updated"),
        };
        output::print_line(&format!(
            "{} passed, {} failed{updated}",
            self.passed, self.failed
        ))?;
        for covered in self.coverage.iter().flatten() {
            let both = covered.evidence - covered.gaps.len();
            output::print_line(&format!(
                "\n{}: tests make {both} of {} conditions of evidence both true and false",
                covered.runbook, covered.evidence
            ))?;
            for gap in &covered.gaps {
                let never: Vec<_> = gap.never.iter().map(bool::to_string).collect();
                output::print_line(&visible(&format!(
                    "    {}: evidence[{}] is never {}: {}",
                    gap.hypothesis,
                    gap.evidence,
                    never.join(" or "),
                    gap.says.trim()
                )))?;
            }
        }
        Ok(())
    }
}

fn covered<'a>((_, coverage): &(&str, Coverage<'a>)) -> Covered<'a> {
    Covered {
        runbook: coverage.runbook(),
        evidence: coverage.evidence(),
        gaps: coverage.gaps(),
    }
}

fn diagnosis(
    file: &Path,
    runbook: &Runbook,
    expected: &Expectation,
) -> Result<Diagnosis, CliError> {
    let recording = read(&beside(file, &expected.recording))?;
    let recording = expected.adapt(recording);
    let recording = recording.map_err(|problem| bad_input(file, &problem))?;
    Ok(judge(runbook, &recording))
}

/// What a test must expect instead. The level of the strongest race is optional.
fn updates(test: usize, expected: &Expectation, diagnosis: &Diagnosis) -> Vec<SuiteChange> {
    let verdict = &diagnosis.verdict;
    let word = |level: Level| {
        let word = serde_json::to_value(level).ok();
        word.and_then(|word| word.as_str().map(str::to_owned))
    };
    let values = [
        (
            "verdict",
            Some(expected.verdict.clone()),
            Some(verdict.kind.id().to_owned()),
        ),
        (
            "level",
            expected.level.and_then(word),
            verdict.kind.level().and_then(word),
        ),
        (
            "race",
            expected.race.and_then(word),
            verdict
                .race
                .filter(|_| expected.race.is_some())
                .and_then(word),
        ),
    ];
    let changed = values
        .into_iter()
        .filter(|(_, expected, got)| expected != got);
    changed
        .map(|(key, _, value)| SuiteChange { test, key, value })
        .collect()
}

/// Writes the changes into a file of tests.
fn update(path: &Path, changes: &[SuiteChange]) -> Result<Suite, CliError> {
    let text = String::from_utf8(read_bounded(path)?).unwrap_or_default();
    let refused = || {
        let message = format!("cannot update {}: change it manually", visible_path(path));
        CliError::new(ExitCode::BadInput, message)
    };
    let changed = changed_suite(&text, changes).ok_or_else(refused)?;
    let suite = suite(path, changed.as_bytes()).map_err(|_| refused())?;
    for change in changes {
        let test = suite.tests.get(change.test);
        let is = test.map(|test| match change.key {
            "verdict" => Some(test.verdict.clone()) == change.value,
            "level" => test.level.is_some() == change.value.is_some(),
            _ => test.race.is_some() == change.value.is_some(),
        });
        if is != Some(true) {
            return Err(refused());
        }
    }
    let written = match is_public(path) {
        true => file::write_public(path, changed.as_bytes()),
        false => file::write_file(path, changed.as_bytes()),
    };
    written.map_err(|error| {
        let message = format!("cannot write {}: {error}", visible_path(path));
        CliError::new(ExitCode::CannotWrite, message)
    })?;
    Ok(suite)
}

/// Whether everybody can read a file.
fn is_public(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o004 != 0)
}

fn suite_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(suites_in(path)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// The name of the runbook of a suite, or its path.
fn name_of_runbook(file: &Path, suite: &Suite) -> String {
    match runbook::is_path(&suite.runbook) {
        true => beside(file, &suite.runbook).to_string_lossy().into_owned(),
        false => suite.runbook.clone(),
    }
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
    suite(file, &read_bounded(file)?)
}

fn suite(file: &Path, bytes: &[u8]) -> Result<Suite, CliError> {
    let name = visible_path(file);
    Ok(runbook::read_as(
        &name,
        bytes,
        "write `runbook:` and `tests:`",
    )?)
}

fn beside(file: &Path, name: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new(".")).join(name)
}
