//! The remedies of a hypothesis, with the values of this container.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::results::CheckResults;
use crate::constant_pattern::constant_pattern;
use crate::runbook::{Hypothesis, RemedyKind};

/// A remedy for this container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// What it fixes.
    pub kind: RemedyKind,
    /// What to do.
    pub title: String,
    /// A script for a shell of the host; empty if there is none, or if it needs a value that is unknown.
    pub commands: String,
    /// What the commands change; empty without commands.
    pub changes: String,
    /// What must be true and only the user can know; empty if nothing.
    #[serde(skip)]
    pub only_if: String,
    /// The values that the commands require.
    #[serde(skip)]
    pub requires: Vec<Required>,
}

impl Remedy {
    /// Whether its commands do more than look. A remedy whose commands only look has `changes: nothing` in the runbook.
    pub(crate) fn makes_changes(&self) -> bool {
        self.changes != "nothing"
    }

    /// The heading above it in a report that shows only this one.
    pub(crate) fn heading(&self) -> &'static str {
        match self.makes_changes() {
            true => self.kind.words(),
            false => "Next step",
        }
    }

    /// What its commands do, as a sentence; nothing without commands.
    pub(crate) fn effect(&self) -> Option<String> {
        match &*self.changes {
            "" => None,
            "nothing" => Some("The commands only look: they change nothing.".to_owned()),
            changes => Some(format!("Effect of the commands: {changes}")),
        }
    }
}

/// A value that only the user knows: the commands take it from a variable of the shell, and refuse to run without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// The variable, such as `SOURCE`.
    pub name: String,
    /// What it is, in words.
    pub about: String,
}

impl Required {
    /// What to do before the commands run, in words: "set SOURCE to the path of …".
    pub fn instruction(&self) -> String {
        match self.about.starts_with("set ") {
            true => self.about.clone(),
            false => format!("set {} ({})", self.name, self.about),
        }
    }
}

impl Required {
    /// The values that a script of a runbook requires. They are those of the template: what a container printed cannot add
    /// one. The template may choose a value that is known instead.
    fn of_script(template: &str, script: &str) -> Vec<Self> {
        static REQUIRED: LazyLock<Regex> =
            LazyLock::new(|| constant_pattern(r"\$\{([A-Z][A-Z0-9_]*):\?([^{}]*)\}"));
        let mut found: Vec<Self> = Vec::new();
        for required in REQUIRED.captures_iter(template) {
            let (_, [name, about]) = required.extract();
            let is_used = script.contains(&format!("${{{name}:?"));
            if is_used && found.iter().all(|known| known.name != name) {
                found.push(Self {
                    name: name.to_owned(),
                    about: about.to_owned(),
                });
            }
        }
        found
    }
}

/// The remedies that apply.
pub(super) fn remedies(hypothesis: &Hypothesis, results: &CheckResults) -> Vec<Remedy> {
    let scope = results.scope();
    let applies = |condition| scope.judge(condition) == Ok(true);
    let all = hypothesis.remedies.iter();
    all.filter(|remedy| remedy.condition.as_ref().is_none_or(applies))
        .map(|remedy| {
            // A script with a part missing would be another script.
            let template = remedy.commands.as_deref();
            let script = template.and_then(|script| scope.render(script).ok());
            let changes = remedy.changes.as_deref().filter(|_| script.is_some());
            let requires = template.zip(script.as_deref());
            let requires = requires.map(|(template, script)| Required::of_script(template, script));
            Remedy {
                requires: requires.unwrap_or_default(),
                kind: remedy.kind,
                title: scope.describe(&remedy.title).trim().to_owned(),
                only_if: scope
                    .describe(remedy.only_if.as_deref().unwrap_or_default())
                    .trim()
                    .to_owned(),
                commands: script.unwrap_or_default().trim_end().to_owned(),
                changes: changes
                    .map_or_else(String::new, |text| scope.describe(text).trim().to_owned()),
            }
        })
        .collect()
}

/// Remedies as one text, in which commands are indented.
pub(super) fn text(remedies: &[Remedy]) -> String {
    let mut text = String::new();
    for remedy in remedies {
        let mut line = |indent: &str, line: &str| {
            text.push_str(indent);
            text.push_str(line);
            text.push('\n');
        };
        line("", &format!("{}: {}", remedy.kind.words(), remedy.title));
        for command in remedy.commands.lines() {
            line("  ", command);
        }
        if let Some(effect) = remedy.effect() {
            line("", &effect);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::fact::Facts;
    use crate::fixture::{Run, runbook};
    use crate::judge::Diagnosis;

    fn diagnosis(unit: &str) -> Diagnosis {
        let runbook = runbook(
            r#"
runbook: test
title: A test
vars:
  unit: { about: a unit }
checks:
  - { id: ran, title: x, host: { source: /file } }
hypotheses:
  - id: down
    title: It is down
    about: x
    evidence: [{ if: ran.passed, then: supports, says: x }]
    remedies:
      - fix: now
        title: "Start {{ unit }}."
        commands: |
          ( set -e
            pct exec {{ ct | quote }} -- systemctl start -- {{ unit | quote }}
          )
        changes: "starts {{ unit }}"
      - { fix: now, if: ran.failed, title: It does not apply. }
      - { fix: now, if: ran.size == 1, title: It is unknown whether it applies. }
      - { fix: cause, title: Read it., commands: "cat {{ ran.sha256 | quote }}", changes: nothing }
"#,
        );
        let mut run = Run::new(&runbook).looked("ran", vec![Facts::new()]);
        run.recording
            .vars
            .insert("unit".to_owned(), unit.to_owned());
        run.diagnosis()
    }

    #[test]
    fn values_are_quoted_for_the_shell() {
        let remedies = &diagnosis("a';reboot;'.service").hypotheses[0].remedies;
        assert_eq!(
            remedies[0],
            Remedy {
                kind: RemedyKind::Now,
                title: "Start a';reboot;'.service.".to_owned(),
                commands: r"( set -e
  pct exec 958 -- systemctl start -- 'a'\'';reboot;'\''.service'
)"
                .to_owned(),
                changes: "starts a';reboot;'.service".to_owned(),
                only_if: String::new(),
                requires: Vec::new(),
            }
        );
    }

    #[test]
    fn a_remedy_that_lacks_a_value_has_no_commands() {
        let remedies = &diagnosis("a.service").hypotheses[0].remedies;
        assert_eq!(remedies.len(), 2, "{remedies:?}");
        assert_eq!(
            remedies[1],
            Remedy {
                kind: RemedyKind::Cause,
                title: "Read it.".to_owned(),
                commands: String::new(),
                changes: String::new(),
                only_if: String::new(),
                requires: Vec::new(),
            }
        );
    }

    #[test]
    fn required_values_are_those_that_the_script_refuses_to_run_without() {
        let script = "a=${SOURCE:?path of the file} b=${SOURCE:?again} c=${HOME:-/} d=${lower:?x} \
                      cp -- \"${TARGET:?}\" \"$a\"";
        let found = Required::of_script(script, script);
        let found: Vec<_> = found.iter().map(|it| (&*it.name, &*it.about)).collect();
        assert_eq!(found, [("SOURCE", "path of the file"), ("TARGET", "")]);

        let template = "a={{ path | quote if path else \"${SOURCE:?path of the file}\" }}";
        assert_eq!(Required::of_script(template, "a=/etc/known"), []);
        assert_eq!(Required::of_script("a=b", script), []);
    }

    #[test]
    fn the_text_of_remedies_indents_the_commands() {
        assert_eq!(
            diagnosis("a.service").hypotheses[0].remedy,
            "Fix now: Start a.service.
  ( set -e
    pct exec 958 -- systemctl start -- a.service
  )
Effect of the commands: starts a.service
Fix the cause: Read it.
"
        );
    }
}
