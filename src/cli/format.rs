//! Report formats on the command line: by name, or by the extension of a file.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::error::CliError;
use crate::cli::exit_code::ExitCode;
use crate::{report, sweep};

/// A format that the extension of a file may ask for.
pub(super) trait FileFormat: ValueEnum + Copy + 'static {
    /// The extension without the dot, if the format has one.
    fn extension(self) -> Option<&'static str>;
}

impl ValueEnum for report::Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Table => value("table", "For a terminal"),
            Self::Json => value("json", "For programs, schema lxcdiag.report/1"),
            Self::Markdown => value("markdown", "For a ticket on GitHub, GitLab or Jira"),
            Self::Junit => value("junit", "For the test reports of a CI system"),
            Self::Html => value("html", "For a browser, one self-contained file"),
        })
    }
}

impl FileFormat for report::Format {
    fn extension(self) -> Option<&'static str> {
        Some(self.extension())
    }
}

impl ValueEnum for sweep::report::Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Table => value("table", "For a terminal, and for mail from cron"),
            Self::Json => value("json", "For programs, one object, schema lxcdiag.sweep/1"),
            Self::Jsonl => value(
                "jsonl",
                "For programs, one object per line for each container",
            ),
            Self::Nagios => value("nagios", "For Nagios, Icinga and other monitoring plugins"),
            Self::Prometheus => value("prometheus", "For the textfile collector of node_exporter"),
            Self::Junit => value("junit", "For the test reports of a CI system"),
            Self::Html => value(
                "html",
                "For a browser; written to a file, it links to a report for each container",
            ),
        })
    }
}

impl FileFormat for sweep::report::Format {
    fn extension(self) -> Option<&'static str> {
        self.extension()
    }
}

fn value(name: &'static str, help: &'static str) -> PossibleValue {
    PossibleValue::new(name).help(help)
}

/// The format of each file, by its extension.
pub(super) fn of_files<F: FileFormat>(files: &[PathBuf]) -> Result<Vec<(&Path, F)>, CliError> {
    let formats = F::value_variants();
    let known: Vec<_> = formats
        .iter()
        .filter_map(|format| Some((format.extension()?, *format)))
        .collect();
    let of_file = |file: &'_ PathBuf| {
        let extension = file.extension()?.to_str()?;
        let mut known = known.iter();
        known.find_map(|(name, format)| (*name == extension).then_some(*format))
    };
    files
        .iter()
        .map(|file| {
            let format = of_file(file).ok_or_else(|| {
                let known: Vec<_> = known.iter().map(|(name, _)| format!(".{name}")).collect();
                let message = format!(
                    "`--output {}`: the file extension must be one of {}",
                    file.display(),
                    known.join(", ")
                );
                CliError::new(ExitCode::Usage, message)
            })?;
            Ok((file.as_path(), format))
        })
        .collect()
}
