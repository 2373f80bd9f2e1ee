//! The unit that a run is about, and the directory of its file, if the user does not name them. Pure.

use crate::engine::vars::Values;
use crate::evidence::UNIT_DIRECTORIES;
use crate::evidence::fact::Fact;
use crate::evidence::provision_log::{LoggedFailure, failed_units, is_template_of, units_in};
use crate::evidence::recording::Recording;
pub use crate::runbook::UNIT;
use crate::runbook::{Runbook, check_value};

/// The var that names the directory of its file.
pub const DIR: &str = "dir";

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

/// The directory that systemd loads the unit from, as far as the run has read that, if the user left it to its default and it
/// is another one.
pub fn loaded_from(recording: &Recording) -> Option<String> {
    let (unit, default) = (recording.vars.get(UNIT)?, recording.vars.get(DIR)?);
    if !recording.defaulted.iter().any(|name| name == DIR) {
        return None;
    }
    let outputs = recording.attempts.iter().map(|it| it.stdout.text());
    let mut dirs = outputs.filter_map(|text| {
        let mut lines = text.lines();
        let path = lines.find_map(|line| line.strip_prefix("FragmentPath="))?;
        let (dir, file) = path.rsplit_once('/')?;
        let is_its_own = file == unit || is_template_of(file, unit);
        is_its_own.then(|| dir.to_owned())
    });
    dirs.find(|dir| dir != default && UNIT_DIRECTORIES.contains(&dir.as_str()))
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
    /// The same values with another one of this var.
    #[must_use]
    pub fn with(&self, name: &str, value: String) -> Self {
        let mut values = self.clone();
        values.values.insert(name.to_owned(), value);
        values.defaulted.retain(|defaulted| defaulted != name);
        values
    }
}
