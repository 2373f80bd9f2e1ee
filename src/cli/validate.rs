//! `lxcdiag validate`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use super::args::ValidateArgs;
use super::error::CliError;
use super::output;
use crate::cli::exit_code::ExitCode;
use crate::runbook::{self, LookupError, RunbookError, read_runbook, runbooks_in};
use crate::terminal_text::{visible, visible_path};

const SCHEMA: &str = "lxcdiag.validate/1";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a terminal
    Text,
    /// For programs, schema lxcdiag.validate/1
    Json,
    /// Annotations of GitHub Actions
    Github,
}

#[derive(Debug, Serialize)]
struct Report {
    schema: &'static str,
    files: Vec<Validated>,
}

/// A runbook file.
#[derive(Debug, Serialize)]
struct Validated {
    path: String,
    valid: bool,
    problems: Vec<Problem>,
    /// The number of errors that are not listed.
    omitted: usize,
}

#[derive(Debug, Serialize)]
struct Problem {
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    /// The runbook, or a part that it includes.
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Error,
    Warning,
}

pub(super) fn validate(args: &ValidateArgs) -> Result<ExitCode, CliError> {
    let files: Vec<_> = files(&args.paths)?
        .iter()
        .map(|path| validated(path, args.strict))
        .collect();
    let code = ExitCode::worst(files.iter().map(Validated::exit_code));
    match args.format {
        Format::Text => {
            for file in &files {
                file.print()?;
            }
        }
        Format::Json => {
            let report = Report {
                schema: SCHEMA,
                files,
            };
            output::print(&crate::json::pretty(&report).unwrap_or_default())?;
        }
        Format::Github => {
            let problems = files.iter().flat_map(|file| &file.problems);
            let lines: String = problems.map(Problem::annotation).collect();
            output::print(&lines)?;
        }
    }
    Ok(code)
}

/// The files, and those in directories.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let found = runbooks_in(path)?;
            if found.is_empty() {
                let message = format!("no runbooks found in {}", visible_path(path));
                return Err(CliError::new(ExitCode::BadInput, message)
                    .with_hint("runbooks are the *.yaml and *.yml files of a directory"));
            }
            files.extend(found);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn validated(path: &Path, strict: bool) -> Validated {
    let (mut problems, mut omitted) = (Vec::new(), 0);
    match read_runbook(path) {
        Ok(source) => match runbook::lint(&source) {
            Ok(lints) if strict => problems.extend(lints.iter().map(|lint| Problem {
                severity: Severity::Warning,
                rule: Some(lint.rule),
                ..Problem::of(&lint.at)
            })),
            Ok(_) => {}
            Err(errors) => {
                problems.extend(errors.errors.iter().map(Problem::of));
                omitted = errors.omitted;
            }
        },
        Err(LookupError::NotText(errors)) => problems.extend(errors.errors.iter().map(Problem::of)),
        Err(error) => problems.push(Problem::of(&RunbookError {
            file: path.display().to_string(),
            position: None,
            path: String::new(),
            message: error.to_string(),
        })),
    }
    Validated {
        path: path.display().to_string(),
        valid: !problems
            .iter()
            .any(|problem| problem.severity == Severity::Error),
        problems,
        omitted,
    }
}

impl Validated {
    fn exit_code(&self) -> ExitCode {
        match (self.valid, self.problems.is_empty()) {
            (true, true) => ExitCode::Healthy,
            (true, false) => ExitCode::Warning,
            (false, _) => ExitCode::BadInput,
        }
    }

    fn print(&self) -> Result<(), CliError> {
        for problem in &self.problems {
            output::print_error(&problem.text());
        }
        if self.omitted > 0 {
            output::print_error(&format!("and {} more errors", self.omitted));
        }
        match self.valid {
            true => output::print_line(&format!("{}: valid", visible(&self.path))),
            false => Ok(()),
        }
    }
}

impl Problem {
    /// An error.
    fn of(error: &RunbookError) -> Self {
        let (message, hint) = match error.message.split_once("\nhint: ") {
            Some((message, hint)) => (message, Some(hint.to_owned())),
            None => (error.message.as_str(), None),
        };
        Self {
            severity: Severity::Error,
            rule: None,
            file: error.file.clone(),
            line: error.position.map(|position| position.line),
            column: error.position.map(|position| position.column),
            at: Some(error.path.clone()).filter(|path| !path.is_empty()),
            message: message.to_owned(),
            hint,
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        // The message about a whole file can name it.
        if self.line.is_some() || !self.message.contains(&self.file) {
            text.push_str(&visible(&self.file));
            for number in [self.line, self.column].into_iter().flatten() {
                let _ = write!(text, ":{number}");
            }
            text.push_str(": ");
        }
        if let Some(at) = &self.at {
            let _ = write!(text, "{at}: ");
        }
        if let Some(rule) = self.rule {
            let _ = write!(text, "warning ({rule}): ");
        }
        text.push_str(&self.message);
        if let Some(hint) = &self.hint {
            let _ = write!(text, "\nhint: {hint}");
        }
        text
    }

    /// A workflow command of GitHub Actions, on one line.
    fn annotation(&self) -> String {
        let command = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let data = |text: &str| visible(text).replace('%', "%25");
        let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
        let mut text = format!("::{command} file={}", property(&self.file));
        for (name, number) in [("line", self.line), ("col", self.column)] {
            if let Some(number) = number {
                let _ = write!(text, ",{name}={number}");
            }
        }
        if let Some(rule) = self.rule {
            let _ = write!(text, ",title={rule}");
        }
        text.push_str("::");
        if let Some(at) = &self.at {
            let _ = write!(text, "{}: ", data(at));
        }
        text.push_str(&data(&self.message));
        if let Some(hint) = &self.hint {
            let _ = write!(text, "%0Ahint: {}", data(hint));
        }
        text.push('\n');
        text
    }
}
