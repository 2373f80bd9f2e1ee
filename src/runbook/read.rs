//! Text in, a valid runbook out. Pure.

use super::error::{Finding, MOST_ERRORS, RunbookError, RunbookErrors};
use super::locate::position;
use super::model::Runbook;
use super::path::Path;
use super::source::{MAX_BYTES, Source, too_long};
use super::{shape, tree, validate};

/// Reads a runbook and checks all that can be known of it without a container.
///
/// # Errors
/// What is wrong with it. A text that is no YAML, and a wrong shape (unknown keys, missing keys,
/// wrong types), are told one at a time; once the shape is right, all other mistakes together.
pub fn read(source: &Source) -> Result<Runbook, RunbookErrors> {
    let Source {
        name,
        text,
        built_in,
    } = source;
    if text.len() > MAX_BYTES {
        return Err(RunbookErrors::one(name, None, &Path::default(), too_long()));
    }
    // Windows editors begin a file with a byte order mark; it is no part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tree = tree::parse(text)
        .map_err(|error| RunbookErrors::one(name, error.position, &error.path, error.message))?;
    let runbook: Runbook =
        shape::typed(&tree).map_err(|finding| located(name, text, vec![finding]))?;
    if *built_in {
        return Ok(runbook);
    }
    match validate::findings(&runbook) {
        findings if findings.is_empty() => Ok(runbook),
        findings => Err(located(name, text, findings)),
    }
}

/// Findings with their lines, in the order of the file.
fn located(file: &str, text: &str, mut findings: Vec<Finding>) -> RunbookErrors {
    let left_out = findings.len().saturating_sub(MOST_ERRORS);
    findings.truncate(MOST_ERRORS);
    let mut errors: Vec<_> = findings
        .into_iter()
        .map(|Finding { path, message }| RunbookError {
            file: file.to_owned(),
            position: position(text, &path),
            path: path.to_string(),
            message,
        })
        .collect();
    errors.sort_by_key(|error| error.position);
    RunbookErrors { errors, left_out }
}
