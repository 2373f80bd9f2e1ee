//! The waiver file of a sweep.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use super::super::args::{SweepArgs, WAIVERS};
use super::super::error::CliError;
use super::super::runbooks;
use crate::cli::exit_code::ExitCode;
use crate::input_file;
use crate::nearest_name::nearest;
use crate::runbook::{MAX_BYTES, Runbook};
use crate::sweep::waivers::{self, Waiver};
use crate::terminal_text::visible_path;
use crate::trusted_path;

/// The waivers, each of which names a check or hypothesis of some runbook: with a typo, a waiver has no effect.
pub(super) fn read(args: &SweepArgs, runbook: &Runbook) -> Result<Vec<Waiver>, CliError> {
    let waivers = parse(&args.waivers)?;
    if waivers.is_empty() {
        return Ok(waivers);
    }
    let mut known = BTreeSet::new();
    add_ids(runbook, &mut known);
    for other in runbooks::all_valid(&args.library)? {
        add_ids(&other, &mut known);
    }
    let Some(unknown) = waivers::unknown_check(&waivers, |check| known.contains(check)) else {
        return Ok(waivers);
    };
    let file = visible_path(&args.waivers);
    let message = format!("{file}: no runbook has a check or hypothesis `{unknown}`");
    let error = CliError::new(ExitCode::BadInput, message);
    Err(match nearest(unknown, known.iter().map(String::as_str)) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint("list them with `lxcdiag show RUNBOOK`"),
    })
}

fn add_ids(runbook: &Runbook, ids: &mut BTreeSet<String>) {
    let checks = runbook.in_order();
    ids.extend(checks.iter().map(|check| check.id.clone()));
    ids.extend(runbook.hypotheses.iter().map(|it| it.id.clone()));
}

fn parse(path: &Path) -> Result<Vec<Waiver>, CliError> {
    let is_usual = path == Path::new(WAIVERS);
    // Nobody named the usual file, and it hides problems.
    let read = match is_usual {
        true => trusted_path::read,
        false => input_file::read,
    };
    let bytes = match read(path, MAX_BYTES as u64) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && is_usual => {
            return Ok(Vec::new());
        }
        Err(error) => {
            let file = visible_path(path);
            let message = format!("cannot read the waiver file {file}: {error}");
            return Err(CliError::new(ExitCode::BadInput, message));
        }
    };
    Ok(waivers::read(&visible_path(path), &bytes)?)
}
