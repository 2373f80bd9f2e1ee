//! The unit that a run is about, if the user does not name one. Pure.

use crate::engine::vars::Values;
use crate::evidence::fact::Fact;
use crate::evidence::provision_log::{LoggedFailure, failed_units, units_in};
use crate::evidence::recording::Recording;
use crate::runbook::{Runbook, check_value};

/// The var that names the unit.
pub const UNIT: &str = "unit";

/// The unit whose failure a provisioning log shows, if the user does not name one: the default unit if it is among them.
pub fn unit_in_log(runbook: &Runbook, values: &Values, log: &[LoggedFailure]) -> Option<String> {
    let units = failed_units(log);
    let default = values.values.get(UNIT);
    if default.is_some() && !is_defaulted(&values.defaulted) {
        return None;
    }
    let of_default = default.filter(|default| units.contains(default)).cloned();
    of_default.or_else(|| units.into_iter().find(|unit| is_accepted(runbook, unit)))
}

/// The unit file of the last failed push in the host's task log, as far as the run has read that.
pub fn pushed_unit(runbook: &Runbook, recording: &Recording) -> Option<String> {
    let tasks = recording.attempts.iter().flat_map(|attempt| &attempt.found);
    let failed = tasks.filter(|task| {
        task.get("type") == Some(&Fact::Text("push_file".to_owned()))
            && task.get("ok") == Some(&Fact::Bool(false))
    });
    let default = recording.vars.get(UNIT).map(String::as_str);
    let mut units = failed.filter_map(|task| match task.get("status")? {
        Fact::Text(status) => units_in(status).last(),
        _ => None,
    });
    units
        .rfind(|unit| Some(*unit) != default && is_accepted(runbook, unit))
        .map(str::to_owned)
}

/// Whether the user left the unit to its default.
pub fn is_defaulted(defaulted: &[String]) -> bool {
    defaulted.iter().any(|name| name == UNIT)
}

/// Whether a runbook takes this unit.
pub fn is_accepted(runbook: &Runbook, unit: &str) -> bool {
    let var = runbook.vars.get(UNIT);
    var.is_some_and(|var| check_value(var, unit).is_ok())
}

impl Values {
    /// The same values with another unit.
    #[must_use]
    pub fn with_unit(&self, unit: String) -> Self {
        let mut values = self.clone();
        values.values.insert(UNIT.to_owned(), unit);
        values.defaulted.retain(|name| name != UNIT);
        values
    }
}
