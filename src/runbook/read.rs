//! From text to a valid runbook. Pure.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde::Deserialize;

use super::error::{Finding, MAX_ERRORS, RunbookError, RunbookErrors};
use super::model::Runbook;
use super::path::Path;
use super::printable::quoted;
use super::source::{MAX_BYTES, Source, too_long};
use super::spot::Spot;
use super::yaml::Document;
use super::{include, shape, shared_remedies, validate, yaml};

/// Reads a runbook and validates it as far as possible without a container.
///
/// # Errors
/// The errors in it. Invalid YAML and a wrong shape (unknown keys, missing keys, wrong types) are
/// reported one at a time, all other errors together.
pub fn read(source: &Source) -> Result<Runbook, RunbookErrors> {
    let (runbook, spot) = shaped(source)?;
    if !source.built_in {
        check(&runbook, &spot, source)?;
    }
    Ok(runbook)
}

/// A runbook of the right shape, and the positions in it.
pub(super) fn shaped(source: &Source) -> Result<(Runbook, Rc<Spot>), RunbookErrors> {
    let document = include::resolve(parsed(source, "start it with `runbook: NAME`")?, source)?;
    let document = shared_remedies::resolve(document)?;
    let mut runbook: Runbook = typed(&document)?;
    mark_included(&mut runbook, &document.spot);
    Ok((runbook, document.spot))
}

/// Validates what the types cannot express.
pub(super) fn check(runbook: &Runbook, spot: &Spot, source: &Source) -> Result<(), RunbookErrors> {
    match validate::findings(runbook) {
        findings if findings.is_empty() => Ok(()),
        findings => Err(include::blamed(located(spot, findings), source)),
    }
}

/// Notes for each entry from a part which file it is in.
fn mark_included(runbook: &mut Runbook, spot: &Spot) {
    let from = |path: &Path| {
        let (file, _) = spot.find(path);
        (*file != *spot.file).then(|| file.to_owned())
    };
    let section = |name| Path::default().key(name);
    for (name, var) in &mut runbook.vars {
        var.from = from(&section("vars").key(name));
    }
    for (index, check) in runbook.checks.iter_mut().enumerate() {
        check.from = from(&section("checks").index(index));
    }
    for (index, hypothesis) in runbook.hypotheses.iter_mut().enumerate() {
        hypothesis.from = from(&section("hypotheses").index(index));
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
    typed(&parsed(&Source::from_bytes(name, bytes)?, empty)?)
}

/// The same, with the line of each key; a key in a mapping is `OUTER.INNER`. An empty file is the default.
///
/// # Errors
/// The first error in it.
pub(crate) fn read_with_lines<T: for<'de> Deserialize<'de> + Default>(
    name: &str,
    bytes: &[u8],
) -> Result<(T, Vec<(String, usize)>), RunbookErrors> {
    match document(&Source::from_bytes(name, bytes)?)? {
        Some(document) => Ok((typed(&document)?, document.spot.lines(""))),
        None => Ok((T::default(), Vec::new())),
    }
}

/// The values of a text with their positions. For an empty file, `empty` is the hint.
pub(super) fn parsed(source: &Source, empty: &str) -> Result<Document, RunbookErrors> {
    document(source)?.ok_or_else(|| {
        let message = format!("the file is empty\nhint: {empty}");
        RunbookErrors::one(&source.name, None, &Path::default(), message)
    })
}

/// The same; `None` for an empty file.
fn document(source: &Source) -> Result<Option<Document>, RunbookErrors> {
    let Source { name, text, .. } = source;
    let whole = |message| RunbookErrors::one(name, None, &Path::default(), message);
    if text.len() > MAX_BYTES {
        return Err(whole(too_long()));
    }
    // Windows editors write a byte order mark at the start of a file.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    yaml::parse(text, name)
        .map_err(|error| RunbookErrors::one(name, error.position, &error.path, error.message))
}

fn typed<T: for<'de> Deserialize<'de>>(document: &Document) -> Result<T, RunbookErrors> {
    shape::typed(document).map_err(|mut finding| {
        if let Some(hint) = of_another_kind(document, &finding) {
            let what = finding.message.lines().next().unwrap_or_default();
            finding.message = format!("{what}\nhint: {hint}");
        }
        located(&document.spot, vec![finding])
    })
}

/// What to do with a file that has an unknown key because it is for another command.
fn of_another_kind(document: &Document, finding: &Finding) -> Option<String> {
    let has = |key: &str| document.value.get(key).is_some();
    let file = &document.spot.file;
    if !finding.message.starts_with("unknown key ") {
        return None;
    }
    match finding.path.to_string().as_str() {
        "tests" if has("runbook") => Some(format!(
            "this is a file of runbook tests; `lxcdiag test {file}` runs them"
        )),
        "title" | "vars" | "checks" if has("runbook") && has("checks") => Some(format!(
            "this is a runbook; `lxcdiag validate {file}` checks it"
        )),
        "schema" => match document.value.get("schema")?.as_str()? {
            schema if schema.starts_with("lxcdiag.recording/") => Some(format!(
                "this is a recording; `lxcdiag judge {file}` evaluates it"
            )),
            schema if schema.starts_with("lxcdiag.") => {
                Some(format!("this is output of lxcdiag ({})", quoted(schema)))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Findings with their positions, in the order of the file.
pub(super) fn located(spot: &Spot, mut findings: Vec<Finding>) -> RunbookErrors {
    // What several places share has its errors once.
    let mut seen = BTreeSet::new();
    findings.retain(|Finding { path, message }| {
        let (file, position) = spot.find(path);
        seen.insert((file.to_owned(), position, message.clone()))
    });
    let omitted = findings.len().saturating_sub(MAX_ERRORS);
    findings.truncate(MAX_ERRORS);
    let mut errors: Vec<_> = findings
        .into_iter()
        .map(|Finding { path, message }| {
            let (file, position) = spot.find(&path);
            RunbookError {
                file: file.to_owned(),
                position: Some(position),
                path: spot.path_in_file(&path).to_string(),
                message,
            }
        })
        .collect();
    errors.sort_by(|a, b| {
        (a.file != *spot.file, &a.file, a.position).cmp(&(
            b.file != *spot.file,
            &b.file,
            b.position,
        ))
    });
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
