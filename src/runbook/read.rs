//! From text to a valid runbook. Pure.

use std::rc::Rc;

use serde::Deserialize;

use super::error::{Finding, MAX_ERRORS, RunbookError, RunbookErrors};
use super::model::Runbook;
use super::path::Path;
use super::source::{MAX_BYTES, Source, too_long};
use super::spot::Spot;
use super::{shape, validate, yaml};

/// Reads a runbook and validates it as far as possible without a container.
///
/// # Errors
/// The errors in it. Invalid YAML and a wrong shape (unknown keys, missing keys, wrong types) are
/// reported one at a time, all other errors together.
pub fn read(source: &Source) -> Result<Runbook, RunbookErrors> {
    let (runbook, spot) = document(&source.name, &source.text, "start it with `runbook: NAME`")?;
    if source.built_in {
        return Ok(runbook);
    }
    match validate::findings(&runbook) {
        findings if findings.is_empty() => Ok(runbook),
        findings => Err(located(&source.name, &spot, findings)),
    }
}

/// Reads a YAML file of another kind as strictly as a runbook.
///
/// # Errors
/// The first error in it. For an empty file, `empty` is the hint.
pub(crate) fn read_as<T: for<'de> Deserialize<'de>>(
    name: &str,
    bytes: &[u8],
    empty: &str,
) -> Result<T, RunbookErrors> {
    let text = Source::from_bytes(name, bytes)?.text;
    document(name, &text, empty).map(|(value, _)| value)
}

fn document<T: for<'de> Deserialize<'de>>(
    name: &str,
    text: &str,
    empty: &str,
) -> Result<(T, Rc<Spot>), RunbookErrors> {
    let whole = |message| RunbookErrors::one(name, None, &Path::default(), message);
    if text.len() > MAX_BYTES {
        return Err(whole(too_long()));
    }
    // Windows editors write a byte order mark at the start of a file.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = yaml::parse(text)
        .map_err(|error| RunbookErrors::one(name, error.position, &error.path, error.message))?
        .ok_or_else(|| whole(format!("the file is empty\nhint: {empty}")))?;
    match shape::typed(&document) {
        Ok(value) => Ok((value, document.spot)),
        Err(finding) => Err(located(name, &document.spot, vec![finding])),
    }
}

/// Findings with their positions, in the order of the file.
fn located(file: &str, spot: &Spot, mut findings: Vec<Finding>) -> RunbookErrors {
    let omitted = findings.len().saturating_sub(MAX_ERRORS);
    findings.truncate(MAX_ERRORS);
    let mut errors: Vec<_> = findings
        .into_iter()
        .map(|Finding { path, message }| RunbookError {
            file: file.to_owned(),
            position: Some(spot.find(&path)),
            path: path.to_string(),
            message,
        })
        .collect();
    errors.sort_by_key(|error| error.position);
    RunbookErrors { errors, omitted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_have_the_limits_of_runbooks() {
        let message = |text: &str| {
            let error = read_as::<Vec<String>>("x.yaml", text.as_bytes(), "write `[]`");
            error.unwrap_err().to_string()
        };
        assert_eq!(
            message("# none"),
            "x.yaml: the file is empty\nhint: write `[]`"
        );
        assert_eq!(
            message(&"[".repeat(100_000)),
            "x.yaml:1:256: invalid YAML: nested too deeply\nhint: reduce the nesting"
        );
        assert_eq!(
            message("- a\n- b: c\n"),
            "x.yaml:2:3: [1]: expected text, found a mapping"
        );
    }
}
