//! A finding with what surrounds it, and the proposals for its rule.

use super::super::event::{Event, EventKind, Push};
use super::super::finding::Draft;
use super::super::rule::Rule;
use super::super::view::View;
use super::outline::Command;
use super::script::{Edits, Script};

/// A finding, the events of the script and its text.
pub(super) struct Around<'a> {
    pub(super) script: &'a Script<'a>,
    pub(super) view: &'a View<'a>,
    pub(super) draft: &'a Draft,
    /// The files in a directory of the host.
    pub(super) list: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

impl<'a> Around<'a> {
    /// Proposals, the best first.
    pub(super) fn proposals(&self) -> Vec<Edits> {
        let is_elsewhere = self.draft.rule == Rule::RedirectOnHost;
        if self.events().next().is_none() && !is_elsewhere {
            return Vec::new();
        }
        match self.draft.rule {
            Rule::PushDirectory | Rule::PushGlob => self.name_files(),
            Rule::PushArguments => self.right_arguments(),
            Rule::PushMissingParent => self.make_parent(),
            Rule::PushBeforeStart => self.start_first(),
            Rule::PushOutsideUnitPath => self.unit_path(),
            Rule::PushBackground => self.wait_for_push(),
            Rule::PushErrorBranchDead => self.check_in_branch(),
            Rule::PushOutputDiscarded | Rule::PushUnchecked => self.check_push(),
            Rule::PushToTmpAtBoot | Rule::SleepAsSynchronisation => Vec::new(),
            Rule::EnableBeforePush => self.push_first(),
            Rule::ReloadBeforePush => self.reload_after_push(),
            Rule::UnitNameMismatch => self.right_name(),
            Rule::EnableWithoutPush => self.push_unit(),
            Rule::ContainerMismatch => self.right_container(),
            Rule::NoInstallSection => self.install_section(),
            Rule::HostSideCommand => self.run_in_container(),
            Rule::RedirectOnHost => self.redirect_in_container(),
            Rule::RootfsCopy => self.mount_root(),
            Rule::ExecDashWithoutSeparator => self.separator(),
            Rule::VariableLost => self.pass_variable(),
            Rule::ExpandedTooEarly => self.escape_variable(),
            Rule::ErrorSwallowed => self.keep_error(),
            Rule::ExecBeforeSystemdReady => self.wait_for_systemd(),
        }
    }

    /// Proposals for another file than that of the finding.
    pub(super) fn proposals_elsewhere(&self) -> Vec<Edits> {
        match self.draft.rule {
            Rule::PushDirectory | Rule::PushGlob => self.name_files_in_calls(),
            _ => Vec::new(),
        }
    }

    pub(super) fn line(&self) -> usize {
        self.draft.place.line
    }

    /// The events in the line of the finding.
    pub(super) fn events(&self) -> impl Iterator<Item = (usize, &'a Event)> + use<'a> {
        let place = self.draft.place;
        let events = self.view.indexed();
        events.filter(move |(_, event)| event.place == place || event.end == place)
    }

    /// The pushes in the line of the finding.
    pub(super) fn pushes(&self) -> impl Iterator<Item = &'a Push> + use<'a> {
        self.events().filter_map(|(_, event)| match &event.kind {
            EventKind::Push(push) => Some(push),
            _ => None,
        })
    }

    pub(super) fn commands(&self) -> Vec<&'a Command> {
        self.script.commands_in(self.line())
    }

    pub(super) fn raw(&self, range: &std::ops::Range<usize>) -> &'a str {
        self.script.raw(range)
    }

    /// Whether a command may run with several values: in a loop, in a function or in a script in either.
    pub(super) fn is_repeated(&self, command: &Command) -> bool {
        let levels = std::iter::successors(Some(command), |command| self.script.outer(command));
        levels
            .take(8)
            .any(|level| level.function.is_some() || self.script.loops(level).next().is_some())
    }

    /// How a command ends a script, or the function that contains it.
    pub(super) fn leave(command: &Command) -> &'static str {
        match command.function {
            Some(_) => "return 1",
            None => "exit 1",
        }
    }
}
