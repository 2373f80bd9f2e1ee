//! The order of the checks, and their commands. Pure.

use crate::expression::{Scope, Unknown};
use crate::runbook::{Action, Check, Runbook};

/// The unit that `canary` pushes.
pub const CANARY: &str = "lxcdiag-canary.service";

impl Runbook {
    /// Whether any check runs in the container.
    pub fn enters(&self) -> bool {
        self.checks.iter().any(|check| check.host.is_none())
    }

    /// The checks in order of execution: those that change the container come last.
    pub fn in_order(&self) -> Vec<&Check> {
        let (changing, reading): (Vec<_>, Vec<_>) =
            self.checks.iter().partition(|check| check.changes);
        reading.into_iter().chain(changing).collect()
    }
}

impl Check {
    /// The words of the command in the container, or those that name what lxcdiag itself does; empty if the
    /// check runs nothing.
    ///
    /// # Errors
    /// The unknown values that a word needs.
    pub fn argv(&self, scope: &Scope) -> Result<Vec<String>, Unknown> {
        match self.action() {
            Some(Action::Run(words)) => words.iter().map(|word| scope.render(word)).collect(),
            Some(Action::Shell(line)) => {
                Ok(vec!["sh".to_owned(), "-c".to_owned(), scope.render(line)?])
            }
            Some(Action::Canary(times)) => Ok(vec![
                "push-and-enable".to_owned(),
                CANARY.to_owned(),
                scope.render(times)?,
            ]),
            Some(Action::Host(_) | Action::OutputOf(_)) | None => Ok(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Run, runbook};
    use crate::judge::results::CheckResults;

    #[test]
    fn checks_that_change_the_container_come_last() {
        let runbook = runbook(
            "runbook: test
title: A test
checks:
  - { id: set_b, title: x, run: [b], changes: true, pass: exit == 0 }
  - { id: look_b, title: x, run: [b], pass: exit == 0 }
  - { id: set_a, title: x, run: [a], changes: true, pass: exit == 0 }
  - { id: look_a, title: x, run: [a], pass: exit == 0 }
",
        );
        let ids: Vec<_> = runbook.in_order().iter().map(|check| &*check.id).collect();
        assert_eq!(ids, ["look_b", "look_a", "set_b", "set_a"]);
    }

    #[test]
    fn the_words_of_a_command() {
        let runbook = runbook(
            "runbook: test
title: A test
vars:
  unit: { default: \"it's $HOME.service\", about: the unit }
checks:
  - { id: ran, title: x, run: [systemctl, show, --, '{{ unit }}'], pass: exit == 0 }
  - { id: piped, title: x, shell: 'echo {{ unit | quote }} | wc', pass: exit == 0 }
  - { id: looked, title: x, host: node }
  - { id: sized, title: x, run: [a], facts: { match: '^(?<size>\\d+)$' } }
  - { id: dependent, title: x, needs: [sized], run: [head, -c, '{{ sized.size }}'], pass: exit == 0 }
",
        );
        let run = Run::new(&runbook);
        let results = CheckResults::of_recording(&runbook, &run.recording);
        let words = |index: usize| {
            let check = &runbook.checks[index];
            check.argv(results.scope())
        };
        let owned = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        // Words need no quoting; only a shell script does.
        assert_eq!(
            words(0),
            Ok(owned(&["systemctl", "show", "--", "it's $HOME.service"]))
        );
        assert_eq!(
            words(1),
            Ok(owned(&["sh", "-c", r"echo 'it'\''s $HOME.service' | wc"]))
        );
        assert_eq!(words(2), Ok(Vec::new()));
        assert_eq!(
            words(4).unwrap_err().to_string(),
            "sized.size (check sized is not in the recording)"
        );
    }
}
