//! The unit of a runbook that needs one, if the user names none: one of those that have failed in the container.

use std::fmt::Write as _;
use std::sync::Arc;

use super::diagnosis::unavailable;
use super::error::CliError;
use super::output;
use super::runtime::interruptible;
use super::signals;
use crate::cli::exit_code::ExitCode;
use crate::engine::diagnose::{Cluster, Container};
use crate::engine::plan::Request;
use crate::engine::policy::ChangePolicy;
use crate::engine::unit::{UNIT, is_accepted};
use crate::engine::vars::{Values, with_suffix};
use crate::runbook::{Runbook, Source, read};
use crate::terminal_text::visible;

const LIST: &str = "
runbook: failed-units
title: Which units have failed?
checks:
  - id: units
    title: Failed units
    run: [systemctl, list-units, --failed, --plain, --no-legend, --no-pager]
    pass: exit == 0
hypotheses: []
";

/// Whether the runbook is about one unit, and neither the user nor the runbook names it.
pub(super) fn lacks_unit(request: &Request) -> bool {
    request.runbook.vars.contains_key(UNIT) && !request.values.values.contains_key(UNIT)
}

/// Lets the user choose one of the failed units.
///
/// # Errors
/// Nothing was chosen: there is no terminal, or no such unit. The hint lists the failed units.
pub(super) async fn choose_unit(
    cluster: &Cluster<'_>,
    container: Container<'_>,
    request: &Request,
) -> Result<String, CliError> {
    let failed = failed_units(cluster, container, request).await?;
    let ct = container.ct;
    let question = match &failed {
        Some(units) if !units.is_empty() => {
            question(&format!("Failed units of container {ct}:"), units)
        }
        Some(_) => format!("No unit of container {ct} has failed.\nUnit to diagnose: "),
        None => "Unit to diagnose: ".to_owned(),
    };
    let answer = interruptible(move || output::ask(&question)).await?;
    let missing = format!("missing --var {UNIT}=NAME");
    let hint = match &failed {
        Some(units) if !units.is_empty() => {
            format!("failed units of container {ct}: {}", units.join(", "))
        }
        Some(_) => format!("no unit of container {ct} has failed"),
        None => format!("`pct exec {ct} -- systemctl list-units` lists the units"),
    };
    let Some(answer) = answer else {
        return Err(CliError::new(ExitCode::Usage, missing).with_hint(hint));
    };
    let listed = answer.parse::<usize>().ok().and_then(|number| {
        let units = failed.as_ref()?;
        units.get(number.checked_sub(1)?)
    });
    let unit = match (listed, request.runbook.vars.get(UNIT)) {
        (Some(unit), _) => unit.clone(),
        (None, Some(var)) => with_suffix(var, &answer),
        (None, None) => answer,
    };
    if is_accepted(&request.runbook, &unit) {
        return Ok(unit);
    }
    let message = format!("invalid unit `{}`", visible(&unit));
    Err(CliError::new(ExitCode::Usage, message).with_hint(hint))
}

fn question(title: &str, units: &[String]) -> String {
    let mut text = format!("{title}\n");
    for (number, unit) in units.iter().enumerate() {
        let _ = writeln!(text, "  {}  {unit}", number + 1);
    }
    text.push_str("Unit to diagnose, by number or name: ");
    text
}

/// The failed units that the runbook accepts; none if the container could not list them.
async fn failed_units(
    cluster: &Cluster<'_>,
    container: Container<'_>,
    request: &Request,
) -> Result<Option<Vec<String>>, CliError> {
    let source = Source {
        name: "failed-units".to_owned(),
        text: LIST.to_owned(),
        built_in: true,
        parts: Vec::new(),
    };
    let list: Runbook = read(&source)?;
    let listing = Request {
        recorded: source.recorded(&list.id),
        runbook: Arc::new(list),
        values: Values::default(),
        command_line: request.command_line.clone(),
        failed_at: None,
        log: None,
        traced_pushes: Vec::new(),
        script: None,
        changes: ChangePolicy::Declined("this only lists units"),
        timeout: request.timeout,
        demonstration: None,
        keep_secrets: true,
    };
    let listed = cluster
        .diagnose(&listing, container, &|_| {}, |done| done, signals::first())
        .await
        .map_err(unavailable)?;
    if let Some(code) = signals::exit_code(listed.stopped) {
        return Err(CliError::new(code, "interrupted"));
    }
    let check = listed.result.report.checks.into_iter().next();
    Ok(check.filter(|check| check.exit == Some(0)).map(|check| {
        let names = check.stdout.lines();
        let names = names.filter_map(|line| line.split_whitespace().next());
        names
            .filter(|unit| is_accepted(&request.runbook, unit))
            .map(str::to_owned)
            .collect()
    }))
}
