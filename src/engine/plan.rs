//! What a run will do in one container. It is decided before anything starts, and does not change.

use std::sync::Arc;
use std::time::Duration;

use super::conclude::without_secrets;
use super::policy::ChangePolicy;
use super::vars::Values;
use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::Fact;
use crate::evidence::provision_log::LoggedFailure;
use crate::evidence::recording::{
    FailureSource, OwnChange, RecordedRunbook, Recording, SCHEMA, Target,
};
use crate::evidence::script::ScriptFinding;
use crate::evidence::time::Interval;
use crate::evidence::trace::TracedPush;
use crate::expression::{Binding, Scope, Unknown};
use crate::judge::results::CheckResults;
use crate::runbook::{Action, Check, HostProbe, Runbook};
use crate::shell_quote::command_line;
use crate::terminal_text::visible;

/// Placeholder for the item of a `for_each`, which is known only during the run.
pub const ITEM: &str = "ITEM";

/// What the user asks for: the same for every container.
#[derive(Debug, Clone)]
pub struct Request {
    pub runbook: Arc<Runbook>,
    /// The runbook as recordings keep it.
    pub recorded: RecordedRunbook,
    pub values: Values,
    /// lxcdiag's own command line.
    pub command_line: Vec<String>,
    /// When provisioning failed, if the user gives it.
    pub failed_at: Option<Interval>,
    /// The failures in the provisioning log, if one was given.
    pub log: Option<Vec<LoggedFailure>>,
    /// The pushes in a trace, if one was given instead of the log.
    pub traced_pushes: Vec<TracedPush>,
    /// What the audit of the provisioning script found, if one was given.
    pub script: Option<Vec<ScriptFinding>>,
    /// Whether the container may be changed.
    pub changes: ChangePolicy,
    /// Time limit for the whole run.
    pub timeout: Option<Duration>,
    /// The name of the demonstration, if a recording is played back.
    pub demonstration: Option<String>,
    /// Whether secrets stay in the report and the recording.
    pub keep_secrets: bool,
}

/// What will be done in one container.
#[derive(Debug, Clone)]
pub struct Plan {
    pub runbook: Arc<Runbook>,
    /// The recording as it is before the first attempt of this run. Checks with attempts in it are not run again.
    pub head: Recording,
    /// Whether the container may be changed.
    pub changes: ChangePolicy,
}

/// One check of a plan, as far as it is known in advance.
pub struct PlannedCheck<'a> {
    pub check: &'a Check,
    /// Its command line, or its host probe; or the values that are known only during the run.
    pub action: Result<String, Unknown>,
    /// Why it will be skipped, if that is known.
    pub refusal: Option<String>,
}

impl Request {
    /// Refuses a time of the failure that is certainly later than now.
    ///
    /// # Errors
    /// It is.
    pub fn check_failure_time(&self, ct: ContainerId, now: Interval) -> Result<(), FutureFailure> {
        let head = Plan::new(self, Target::new(ct), Vec::new()).head;
        match (head.failure_time(), head.failure_source()) {
            (Some(time), Some(source)) if time.start > now.end => Err(FutureFailure {
                time,
                source_name: source.to_string(),
                from_log: source != FailureSource::Stated,
            }),
            _ => Ok(()),
        }
    }

    /// Text as the terminal shows it: without the values of vars that are secret.
    pub fn shown(&self, text: &str) -> String {
        match self.keep_secrets {
            true => text.to_owned(),
            false => without_secrets(&self.runbook, &self.values.values, text),
        }
    }
}

/// A failure that is said to happen later than now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the time of the failure is in the future: {time} ({source_name})")]
pub struct FutureFailure {
    time: Interval,
    source_name: String,
    from_log: bool,
}

impl FutureFailure {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self.from_log {
            true => "give the time zone of the log with --log-zone",
            false => "check the date and the time zone of --failed-at",
        }
    }
}

impl PlannedCheck<'_> {
    /// What the check does, safe to print.
    pub fn shown(&self) -> String {
        let action = match &self.action {
            Ok(action) => action.clone(),
            Err(missing) => format!("(depends on {missing})"),
        };
        let lines: Vec<_> = action.trim_end().lines().map(visible).collect();
        lines.join("\n      ")
    }
}

impl Plan {
    /// The plan for a container, with the changes of earlier runs.
    pub fn new(request: &Request, target: Target, earlier_changes: Vec<OwnChange>) -> Self {
        let runbook = Arc::clone(&request.runbook);
        let mut head = Recording {
            schema: SCHEMA.to_owned(),
            lxcdiag: env!("CARGO_PKG_VERSION").to_owned(),
            command_line: request.command_line.clone(),
            runbook: request.recorded.clone(),
            demonstration: request.demonstration.clone(),
            target,
            vars: request.values.values.clone(),
            defaulted: request.values.defaulted.clone(),
            failed_at: request.failed_at,
            failed_at_given: request.failed_at.is_some(),
            log: request.log.clone(),
            traced_pushes: request.traced_pushes.clone(),
            script: request.script.clone(),
            read_only: request.changes.is_read_only(),
            started_at: 0,
            finished_at: 0,
            cut_short: None,
            attempts: Vec::new(),
            repairs: Vec::new(),
            earlier_changes,
            explored: None,
            stray_bytes: 0,
            clock_uncertainty: 0,
        };
        head.failed_at = head.failure_time();
        Self {
            runbook,
            head,
            changes: request.changes.clone(),
        }
    }

    /// The same for a container that has this lock, if it has one.
    #[must_use]
    pub fn with_lock(mut self, lock: Option<&str>) -> Self {
        self.changes = self.changes.with_lock(lock);
        self
    }

    /// The same with another default of a var, if the runbook has it and the user did not set it.
    #[must_use]
    pub fn with_default(mut self, name: &str, value: String) -> Self {
        let head = &mut self.head;
        if let Some(position) = head.defaulted.iter().position(|known| known == name) {
            head.defaulted.remove(position);
            head.vars.insert(name.to_owned(), value);
        }
        self
    }

    /// The same after a run that changed nothing: only the checks that change the container are left.
    #[must_use]
    pub fn after(mut self, earlier: Recording) -> Self {
        let head = &mut self.head;
        head.started_at = earlier.started_at;
        head.clock_uncertainty = earlier.clock_uncertainty;
        head.stray_bytes = earlier.stray_bytes;
        let attempts = earlier.attempts.into_iter();
        head.attempts = attempts.filter(|attempt| !attempt.changes).collect();
        self
    }

    /// Whether any check runs in the container.
    pub fn enters(&self) -> bool {
        self.runbook.enters()
    }

    /// The wanted checks in their order, each with its command.
    pub fn checks(&self, wanted: impl Fn(&Check) -> bool) -> Vec<PlannedCheck<'_>> {
        let results = CheckResults::new(&self.runbook, &self.head);
        let mut scope = results.scope().clone();
        scope.bind("item", Binding::Present(Fact::Text(ITEM.to_owned())));
        let planned = |check| PlannedCheck {
            check,
            action: action(check, &scope),
            refusal: self.changes.refusal(check),
        };
        let checks = self.runbook.in_order().into_iter();
        checks.filter(|check| wanted(check)).map(planned).collect()
    }
}

fn action(check: &Check, scope: &Scope) -> Result<String, Unknown> {
    Ok(match check.action() {
        Some(Action::Host(HostProbe::Source(path))) => {
            HostProbe::Source(scope.render(path)?).to_string()
        }
        Some(Action::Host(probe)) => probe.to_string(),
        Some(Action::OutputOf(source)) => format!("the output of {source}"),
        _ => command_line(&check.argv(scope)?),
    })
}
