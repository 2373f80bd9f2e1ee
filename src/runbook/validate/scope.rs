//! The meaning of each name at each place in a runbook, and whether its value is available there.

use std::collections::BTreeMap;

use super::{is_underscored, needs};
use crate::nearest_name::{listed, nearest};
use crate::runbook::dependencies::Dependencies;
use crate::runbook::host_probe::HostProbe;
use crate::runbook::model::{Check, Runbook};
use crate::runbook::printable::quoted;
use crate::runbook::scope_names::{
    CHECK_ATTRIBUTES, FactNames, GLOBALS, HISTORY, HISTORY_FACTS, ITEM, OWN,
};

/// With more names than this, a message does not list them.
const MOST_LISTED: usize = 12;

/// Where a name is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// In the `let` of this index.
    Let(usize),
    /// In the command of a check, before it runs.
    Words(usize),
    /// In `for_each` of a check.
    ForEach(usize),
    /// In a check's own expressions, after it ran.
    Own(usize),
    /// In hypotheses and `healthy`, after all checks.
    Verdict,
    /// The same for each `item` of a list.
    Item,
}

/// The names of a runbook.
pub(super) struct Scope<'a> {
    runbook: &'a Runbook,
    names: BTreeMap<&'a str, Name>,
    facts: Vec<FactNames>,
    /// For each check, those that it needs, and which have therefore run before it.
    needs: Vec<Vec<usize>>,
    dependencies: Dependencies,
}

#[derive(Debug, Clone, Copy)]
enum Name {
    Var,
    Let(usize),
    Check(usize),
    History,
}

impl<'a> Scope<'a> {
    pub(super) fn new(runbook: &'a Runbook) -> Self {
        let vars = runbook.vars.keys().map(|name| (name.as_str(), Name::Var));
        let lets = runbook.lets.keys().enumerate();
        let checks = runbook.checks.iter().enumerate();
        Self {
            runbook,
            names: checks
                .map(|(index, check)| (check.id.as_str(), Name::Check(index)))
                .chain(lets.map(|(index, name)| (name.as_str(), Name::Let(index))))
                .chain(vars)
                .chain(runbook.history.iter().map(|_| (HISTORY, Name::History)))
                .collect(),
            facts: runbook.checks.iter().map(FactNames::of).collect(),
            needs: needs::closure(runbook),
            dependencies: Dependencies::new(runbook),
        }
    }

    /// Whether a name with its attributes has a meaning there; if not, what is wrong.
    pub(super) fn resolve(&self, name: &str, view: View) -> Result<(), String> {
        let mut parts = name.split('.');
        let (name, attribute) = (parts.next().unwrap_or_default(), parts.next());
        let single = |kind: &str| match attribute {
            Some(_) => Err(format!(
                "`{name}` is {kind} and has no attributes\nhint: write only `{name}`"
            )),
            None => Ok(()),
        };
        let known = self.names.get(name);
        if let View::Own(index) = view
            && let (Some(check), Some(facts)) = (self.check(index), self.facts.get(index))
        {
            if facts.names.contains(name) {
                return match known {
                    Some(other) => Err(format!(
                        "`{name}` is both a {} and a fact of this check\nhint: rename one",
                        kind(*other)
                    )),
                    None => Ok(()),
                };
            }
            if OWN.contains(&name) {
                single("a single value")?;
                return available(check, facts, name);
            }
        }
        if name == ITEM {
            return match view {
                View::Item => single("a single value"),
                View::Words(index) | View::Own(index)
                    if self
                        .check(index)
                        .is_some_and(|check| check.for_each.is_some()) =>
                {
                    single("a single value")
                }
                _ => Err(String::from("`item` is only available with `for_each`")),
            };
        }
        if GLOBALS.contains(&name) {
            return single("a single value");
        }
        match known {
            Some(Name::Var) => single("a var"),
            Some(Name::Let(index)) => self.let_in_time(name, *index, view),
            Some(Name::Check(index)) => {
                self.attribute(*index, attribute, view)?;
                self.in_time(*index, view, &format!("`{name}`"))
            }
            Some(Name::History) => {
                self.checks_in_time(HISTORY, view)?;
                if attribute.is_some_and(|attribute| HISTORY_FACTS.contains(&attribute)) {
                    return Ok(());
                }
                let facts = listed(HISTORY_FACTS.iter().copied());
                Err(format!("expected a fact of `{HISTORY}`: {facts}"))
            }
            None => self.unknown(name, attribute, view),
        }
    }

    /// Whether an expression that is only a name can be a list.
    pub(super) fn can_be_list(&self, source: &str) -> Result<(), String> {
        let source = source.trim();
        let Some((id, attribute)) = source.split_once('.') else {
            return match self.names.get(source) {
                Some(Name::Var) => Err(format!(
                    "`{source}` is a single value, not a list\nhint: split it: `{source} | split(',')`"
                )),
                _ => Ok(()),
            };
        };
        let Some(Name::Check(index)) = self.names.get(id) else {
            return Ok(());
        };
        let (Some(check), Some(facts)) = (self.check(*index), self.facts.get(*index)) else {
            return Ok(());
        };
        let is_attribute = CHECK_ATTRIBUTES.contains(&attribute) && attribute != "records";
        // `config` of `host: container` is the only fact with parts.
        let is_fact = facts.names.contains(attribute) && !facts.lists && check.host.is_none();
        if is_attribute || is_fact {
            return Err(format!(
                "`{source}` is a single value, not a list\nhint: use a fact of a check that has `each`"
            ));
        }
        Ok(())
    }

    fn check(&self, index: usize) -> Option<&'a Check> {
        self.runbook.checks.get(index)
    }

    fn attribute(&self, index: usize, attribute: Option<&str>, view: View) -> Result<(), String> {
        let (Some(check), Some(facts)) = (self.check(index), self.facts.get(index)) else {
            return Ok(());
        };
        let id = &check.id;
        let Some(attribute) = attribute else {
            return Err(format!(
                "`{id}` is a check, not a value\nhint: write `{id}.passed`, or `{id}.NAME` for a fact"
            ));
        };
        if view == View::Own(index) {
            return Err(format!(
                "a check cannot refer to itself by its ID\nhint: write `{attribute}` instead of `{id}.{attribute}`"
            ));
        }
        if CHECK_ATTRIBUTES.contains(&attribute) {
            return available(check, facts, attribute);
        }
        let of_same_id = self.runbook.checks.iter().zip(&self.facts);
        if of_same_id
            .into_iter()
            .any(|(other, facts)| other.id == *id && facts.has(attribute))
        {
            return Ok(());
        }
        let names = facts.names.iter().map(String::as_str);
        let all = names.clone().chain(CHECK_ATTRIBUTES.iter().copied());
        let hint = match nearest(attribute, all) {
            Some(near) => format!("did you mean `{id}.{near}`?"),
            None if facts.names.is_empty() => format!("`{id}` has no facts"),
            None => format!("the facts of `{id}`: {}", listed(names)),
        };
        Err(format!(
            "`{id}` has no attribute {}\nhint: {hint}",
            quoted(attribute)
        ))
    }

    fn let_in_time(&self, name: &str, index: usize, view: View) -> Result<(), String> {
        match view {
            View::Let(reader) if index == reader => Err(format!("`{name}` refers to itself")),
            View::Let(reader) if index > reader => Err(format!(
                "`{name}` is defined further down\nhint: move it up"
            )),
            _ => self.checks_in_time(name, view),
        }
    }

    /// Whether the checks that a derived value depends on have run when it is read.
    fn checks_in_time(&self, derived: &str, view: View) -> Result<(), String> {
        for id in self.dependencies.of_let(derived) {
            if let Some(Name::Check(check)) = self.names.get(id) {
                let what = format!("`{derived}` reads `{id}`, which");
                self.in_time(*check, view, &what)?;
            }
        }
        Ok(())
    }

    /// Whether a check has run when its result is read.
    fn in_time(&self, index: usize, view: View, what: &str) -> Result<(), String> {
        let id = self.check(index).map_or("", |check| check.id.as_str());
        let turn = |index| self.check(index).map(|check| (check.changes, index));
        match view {
            View::Verdict | View::Item | View::Let(_) => Ok(()),
            View::Words(reader) | View::ForEach(reader) | View::Own(reader) if reader == index => {
                Err(format!("{what} has not run yet: it is this check itself"))
            }
            View::Words(reader) | View::ForEach(reader) => match self.needs.get(reader) {
                Some(needs) if needs.binary_search(&index).is_ok() => Ok(()),
                _ => Err(format!(
                    "{what} is not in `needs` of this check\nhint: add `{id}` to `needs`"
                )),
            },
            View::Own(reader) if turn(index) < turn(reader) => Ok(()),
            View::Own(_) => Err(format!(
                "{what} runs after this check\nhint: move `{id}` up"
            )),
        }
    }

    fn unknown(&self, name: &str, attribute: Option<&str>, view: View) -> Result<(), String> {
        let own = match view {
            View::Own(index) => self.facts.get(index),
            _ => None,
        };
        if own.is_some_and(|facts| facts.open) {
            return Ok(());
        }
        if OWN.contains(&name) {
            return Err(format!(
                "`{name}` is only available in a check's own conditions and templates\nhint: write \
                 `CHECK.{name}`"
            ));
        }
        if CHECK_ATTRIBUTES.contains(&name) {
            return Err(format!(
                "`{name}` is not defined\nhint: write `CHECK.{name}`"
            ));
        }
        let mut owners = self.runbook.checks.iter().zip(&self.facts);
        if let Some((check, _)) = owners.find(|(_, facts)| facts.names.contains(name)) {
            let id = &check.id;
            return Err(format!(
                "`{name}` is not defined here: it is a fact of `{id}`\nhint: write `{id}.{name}`"
            ));
        }
        if let Some(inner) = attribute.filter(|inner| self.names.contains_key(inner)) {
            return Err(format!(
                "{} is not defined\nhint: write `{inner}` without `{name}.` before it",
                quoted(name)
            ));
        }
        let mut candidates: Vec<&str> = self.names.keys().copied().collect();
        candidates.extend(GLOBALS);
        if let Some(facts) = own {
            candidates.extend(OWN);
            candidates.extend(facts.names.iter().map(String::as_str));
        }
        // A name that is not valid is an error itself.
        candidates.retain(|candidate| is_underscored(candidate));
        let hint = match (nearest(name, candidates), same_in_other_tools(name)) {
            (_, Some(other)) => format!("did you mean `{other}`?"),
            (Some(near), None) => format!("did you mean `{near}`?"),
            (None, None) => self.all_names(),
        };
        Err(format!("{} is not defined\nhint: {hint}", quoted(name)))
    }

    /// What to do about a name that resembles no other.
    fn all_names(&self) -> String {
        let mut hint = String::from("define it under `vars` or `let`, or add a check with this ID");
        if (1..=MOST_LISTED).contains(&self.names.len()) {
            let names = listed(self.names.keys().copied());
            hint.push_str(&format!("; this runbook has {names}"));
        }
        hint
    }
}

/// What other tools call by this name.
fn same_in_other_tools(name: &str) -> Option<&'static str> {
    Some(match name {
        "rc" | "code" | "exitcode" | "exit_code" | "returncode" | "exit_status" => "exit",
        "out" | "output" => "stdout",
        "err" => "stderr",
        "yes" | "on" => "true",
        "no" | "off" => "false",
        _ => return None,
    })
}

/// Whether a check has one of the attributes that checks can have.
fn available(check: &Check, facts: &FactNames, name: &str) -> Result<(), String> {
    let listed_probe = matches!(
        check.host,
        Some(HostProbe::Tasks(_) | HostProbe::Configuration)
    );
    if check.host.is_some() && OWN.contains(&name) && name != "records" {
        let facts = listed(facts.names.iter().map(String::as_str));
        return Err(format!(
            "`{name}` is not available: a host probe runs no command\nhint: its facts are {facts}"
        ));
    }
    if name == "records" && check.each.is_none() && !listed_probe {
        let id = &check.id;
        return Err(format!("`{id}` has no records\nhint: add `each` to it"));
    }
    Ok(())
}

fn kind(name: Name) -> &'static str {
    match name {
        Name::Var => "var",
        Name::Let(_) => "let",
        Name::Check(_) => "check",
        Name::History => HISTORY,
    }
}
