//! The diagnosis of one container, as `run` and `fix` make it.

use std::sync::Arc;

use super::args::{IncidentArgs, LibraryArgs, Named};
use super::error::CliError;
use super::failed_units::{choose_unit, lacks_unit};
use super::file::name_of;
use super::output;
use super::progress::Progress;
use super::runtime::interruptible;
use super::{audit, log, runbooks, signals, trace};
use crate::cli::exit_code::ExitCode;
use crate::engine::conclude::Conclusion;
use crate::engine::diagnose::{Cluster, Container, Diagnosed, Unavailable};
use crate::engine::plan::Request;
use crate::engine::policy::ChangePolicy;
use crate::engine::stop::Stop;
use crate::engine::unit::{
    DIR, UNIT, is_accepted, is_defaulted, loaded_from, pushed_unit, unit_in_log,
};
use crate::evidence::container_id::ContainerId;
use crate::evidence::provision_log::traced_failures;
use crate::host::Host;
use crate::judge::VerdictKind;
use crate::runbook::{Check, Source};
use crate::terminal_text::{visible, visible_path};

/// The container that the user names.
pub(super) fn find_container(named: &Named, host: &Host) -> Result<ContainerId, CliError> {
    let name = match named {
        Named::Id(ct) => return Ok(*ct),
        Named::HostName(name) => name,
    };
    let found = host.with_host_name(name)?;
    let (message, hint) = match found.as_slice() {
        [only] => return Ok(*only),
        [] => (
            format!("`--ct {name}`: no container has this host name"),
            "container IDs are numbers from 100 to 999999999; `pct list` shows them".to_owned(),
        ),
        several => {
            let ids: Vec<_> = several.iter().map(ToString::to_string).collect();
            (
                format!(
                    "`--ct {name}`: {} containers have this host name",
                    ids.len()
                ),
                format!("give the ID: one of {}", ids.join(", ")),
            )
        }
    };
    Err(CliError::new(ExitCode::Usage, message).with_hint(hint))
}

/// A request that changes nothing, and the source of its runbook. `host` is the container's node, if that is this one.
pub(super) fn request(
    runbook: &str,
    library: &LibraryArgs,
    incident: &IncidentArgs,
    ct: ContainerId,
    host: Option<&Host>,
    command_line: Vec<String>,
) -> Result<(Source, Request), CliError> {
    let (source, runbook) = runbooks::find(library, runbook)?;
    let mut values = runbooks::values(&runbook, &incident.given())?;
    let traced = incident.trace.as_deref().map(trace::read).transpose()?;
    let log = match (&incident.log, &incident.trace) {
        (Some(path), _) => Some((path, log::read(path, ct, incident.log_zone.as_ref(), host)?)),
        (None, Some(path)) => traced
            .as_ref()
            .map(|trace| (path, traced_failures(trace, &name_of(path), ct))),
        (None, None) => None,
    };
    let log = match log {
        Some((path, failures)) => {
            if let Some(unit) = unit_in_log(&runbook, &values, &failures) {
                tracing::info!("{UNIT} {unit}, as in {}", visible_path(path));
                values = values.with(UNIT, unit);
            }
            log::warn(path, &failures, values.values.get(UNIT).map(String::as_str));
            Some(failures)
        }
        None => None,
    };
    let request = Request {
        recorded: source.recorded(&runbook.id),
        runbook: Arc::new(runbook),
        values,
        command_line,
        failed_at: incident.failed_at,
        log,
        traced_pushes: traced.map(|trace| trace.pushes(ct)).unwrap_or_default(),
        script: incident
            .script
            .as_deref()
            .map(|path| audit::evidence(path, ct))
            .transpose()?,
        changes: ChangePolicy::Unasked,
        timeout: None,
        demonstration: None,
        keep_secrets: false,
    };
    Ok((source, request))
}

/// Diagnoses the container. If the user has to name a unit, or the container shows which one it is, the request gets it.
pub(super) async fn diagnose(
    cluster: &Cluster<'_>,
    container: Container<'_>,
    request: &mut Request,
    stop: impl Future<Output = Stop>,
) -> Result<Diagnosed<Conclusion>, CliError> {
    let mut stop = std::pin::pin!(stop);
    if lacks_unit(request) {
        let unit = choose_unit(cluster, container, request).await?;
        request.values = request.values.with(UNIT, unit);
    }
    loop {
        let progress = Progress::line();
        let begins = |check: &Check| progress.say(&format!("{} …", check.title));
        let diagnosed = cluster
            .diagnose(request, container, &begins, |done| done, stop.as_mut())
            .await;
        drop(progress);
        let diagnosed = match diagnosed {
            Ok(diagnosed) if diagnosed.stopped.is_none() => diagnosed,
            ended => return ended.map_err(unavailable),
        };
        request.values = if let Some(unit) = other_unit(request, &diagnosed.result).await? {
            request.values.with(UNIT, unit)
        } else if let Some(dir) = other_dir(&diagnosed.result) {
            request.values.with(DIR, dir)
        } else {
            return Ok(diagnosed);
        }
    }
}

/// The unit to diagnose instead, if the user left it to its default and the container has nothing of that: the one of a
/// failed push, or the one that the user names when asked.
///
/// # Errors
/// The unit is unknown.
async fn other_unit(
    request: &Request,
    conclusion: &Conclusion,
) -> Result<Option<String>, CliError> {
    let verdict = &conclusion.report.verdict;
    if verdict.kind != VerdictKind::NotApplicable || !is_defaulted(&request.values.defaulted) {
        return Ok(None);
    }
    if let Some(unit) = pushed_unit(&request.runbook, &conclusion.recording) {
        tracing::info!("{UNIT} {unit}, as in the last failed push in the task log");
        return Ok(Some(unit));
    }
    let summary = verdict.summary.clone();
    let asked =
        interruptible(move || output::ask(&format!("{summary}\nUnit to diagnose: "))).await?;
    let hint = format!("give the unit with --var {UNIT}=NAME");
    match asked {
        Some(unit) if is_accepted(&request.runbook, &unit) => Ok(Some(unit)),
        Some(unit) => {
            let message = format!("invalid unit `{}`", visible(&unit));
            Err(CliError::new(ExitCode::Usage, message).with_hint(hint))
        }
        None => {
            let message = verdict.summary.trim_end_matches('.').to_owned();
            Err(CliError::new(ExitCode::Usage, message).with_hint(hint))
        }
    }
}

/// The directory to diagnose instead, if the user left it to its default, nothing there shows what happened, and systemd
/// loads the unit from another one.
pub(super) fn other_dir(conclusion: &Conclusion) -> Option<String> {
    let dir = loaded_from(&conclusion.recording).filter(|_| conclusion.is_inconclusive())?;
    tracing::info!("{DIR} {dir}, from where systemd loads the unit");
    Some(dir)
}

pub(super) fn unavailable(error: Unavailable) -> CliError {
    let code = match &error {
        Unavailable::Unfinished(_, stopped) => {
            signals::exit_code(Some(*stopped)).unwrap_or(ExitCode::Inconclusive)
        }
        Unavailable::Future(_) => ExitCode::Usage,
        _ => ExitCode::Unavailable,
    };
    let hint = error.hint();
    let error = CliError::from_error(code, &error);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
