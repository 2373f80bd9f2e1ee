//! Which container and which units a finding is about.

use super::event::{Event, EventKind, Push};
use super::paths::{self, has_unit_suffix, unit_name};
use super::symbol::{is_known, may_equal};

/// What a finding is about.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// The container; absent for a command of the host.
    container: Option<String>,
    /// The units, by the names of their files; absent if it may be any.
    pub(super) units: Option<Vec<String>>,
}

impl Subject {
    pub(super) fn of(event: &Event) -> Self {
        let (container, units) = match &event.kind {
            EventKind::Push(push) => (Some(push.container.as_str()), pushed(push)),
            EventKind::Systemctl(call) => {
                let units: Vec<String> = call.units.iter().map(|word| unit_name(word)).collect();
                (event.container(), (!units.is_empty()).then_some(units))
            }
            EventKind::Write(write) => (event.container(), in_file(&write.path)),
            EventKind::Exec(exec) => {
                let file = exec.output.as_ref();
                let units = file.and_then(|(path, _)| in_file(path));
                (Some(exec.container.as_str()), units)
            }
            _ => (event.container(), None),
        };
        Self {
            container: container.filter(|id| !id.is_empty()).map(str::to_owned),
            units: units.filter(|units| units.iter().all(|unit| is_known(unit))),
        }
    }

    /// Whether it may be about a container.
    pub(super) fn may_be_in(&self, container: &str) -> bool {
        self.container
            .as_ref()
            .is_none_or(|id| may_equal(id, container))
    }
}

/// The unit that a push brings. A directory may have any.
fn pushed(push: &Push) -> Option<Vec<String>> {
    let names = [push.destination.as_str(), push.source.as_str()].map(paths::file_name);
    let unit = names.into_iter().find(|name| has_unit_suffix(name));
    match unit {
        Some(unit) => Some(vec![unit.to_owned()]),
        None if paths::is_unit_directory(&push.destination) || !is_known(&push.destination) => None,
        None if push.refused.is_some() => None,
        None => Some(Vec::new()),
    }
}

/// The unit of a file; none if it is another file.
fn in_file(path: &str) -> Option<Vec<String>> {
    let name = paths::file_name(path);
    match has_unit_suffix(name) {
        true => Some(vec![name.to_owned()]),
        false if is_known(path) => Some(Vec::new()),
        false => None,
    }
}
