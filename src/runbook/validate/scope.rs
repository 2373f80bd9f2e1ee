//! What a name means at a place in a runbook, and whether its value can be there in time.

use std::collections::{BTreeMap, BTreeSet};

use super::needs;
use crate::expression::let_names;
use crate::nearest_name::{listed, nearest};
use crate::runbook::model::{Check, HostLook, Runbook};
use crate::runbook::printable::quoted;
use crate::runbook::scope_names::{CHECK_ATTRIBUTES, FactNames, GLOBALS, ITEM, OWN};

/// From where a name is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// The `let` of this index.
    Let(usize),
    /// The command of a check, before it is run.
    Words(usize),
    /// The list that a check is repeated over.
    ForEach(usize),
    /// A check's own expressions, after it was run.
    Own(usize),
    /// Hypotheses and `healthy`, after everything.
    Verdict,
}

/// The names of a runbook.
pub(super) struct Scope<'a> {
    runbook: &'a Runbook,
    names: BTreeMap<&'a str, Name>,
    facts: Vec<FactNames>,
    /// For each check, those that were run when it is its turn because it needs them.
    needs: Vec<BTreeSet<usize>>,
    /// For each let, the checks it reads, through other lets as well.
    let_checks: Vec<BTreeSet<usize>>,
}

#[derive(Debug, Clone, Copy)]
enum Name {
    Var,
    Let(usize),
    Check(usize),
}

impl<'a> Scope<'a> {
    pub(super) fn new(runbook: &'a Runbook) -> Self {
        let vars = runbook.vars.keys().map(|name| (name.as_str(), Name::Var));
        let lets = runbook.lets.keys().enumerate();
        let checks = runbook.checks.iter().enumerate();
        let mut scope = Self {
            runbook,
            names: checks
                .map(|(index, check)| (check.id.as_str(), Name::Check(index)))
                .chain(lets.map(|(index, name)| (name.as_str(), Name::Let(index))))
                .chain(vars)
                .collect(),
            facts: runbook.checks.iter().map(FactNames::of).collect(),
            needs: needs::closure(runbook),
            let_checks: Vec::new(),
        };
        for source in runbook.lets.values() {
            let mut checks = BTreeSet::new();
            for name in let_names(source).unwrap_or_default().iter() {
                match scope.names.get(head(name)) {
                    Some(Name::Check(index)) => drop(checks.insert(*index)),
                    Some(Name::Let(index)) => {
                        checks.extend(scope.let_checks.get(*index).into_iter().flatten());
                    }
                    Some(Name::Var) | None => {}
                }
            }
            scope.let_checks.push(checks);
        }
        scope
    }

    /// Whether a name with its attributes means something from there; if not, what is wrong.
    pub(super) fn resolve(&self, name: &str, view: View) -> Result<(), String> {
        let name_head = head(name);
        let attribute = name.split('.').nth(1);
        let no_parts = |what: &str| match attribute {
            Some(_) => Err(format!(
                "`{name_head}` is {what} and has no parts; write `{name_head}`"
            )),
            None => Ok(()),
        };
        let known = self.names.get(name_head);
        if let View::Own(index) = view
            && let (Some(check), Some(facts)) = (self.check(index), self.facts.get(index))
        {
            if facts.names.contains(name_head) {
                return match known {
                    Some(other) => Err(format!(
                        "`{name_head}` is a {} and also a fact of this check; rename one",
                        kind(*other)
                    )),
                    None => Ok(()),
                };
            }
            if OWN.contains(&name_head) {
                no_parts("one value")?;
                return available(check, facts, name_head);
            }
        }
        if name_head == ITEM {
            return match view {
                View::Words(index) | View::Own(index)
                    if self
                        .check(index)
                        .is_some_and(|check| check.for_each.is_some()) =>
                {
                    no_parts("one value")
                }
                _ => Err(String::from(
                    "`item` is there only in a check with `for_each`",
                )),
            };
        }
        if GLOBALS.contains(&name_head) {
            return no_parts("one value");
        }
        match known {
            Some(Name::Var) => no_parts("a var"),
            Some(Name::Let(index)) => self.in_time_through_let(name_head, *index, view),
            Some(Name::Check(index)) => {
                self.attribute(*index, attribute, view)?;
                self.in_time(*index, view)
                    .map_err(|late| late.told(name_head, None))
            }
            None => self.unknown(name_head, view),
        }
    }

    /// Whether an expression that is just a name can be a list.
    pub(super) fn can_be_list(&self, source: &str) -> Result<(), String> {
        let source = source.trim();
        let Some((id, attribute)) = source.split_once('.') else {
            return match self.names.get(source) {
                Some(Name::Var) => Err(format!(
                    "`{source}` is one value, not a list; split it: `{source} | split(',')`"
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
        let whole = CHECK_ATTRIBUTES.contains(&attribute) && attribute != "records";
        // `config` of a look at the container is the one fact with parts.
        let plain = facts.names.contains(attribute) && !facts.lists && check.host.is_none();
        if whole || plain {
            return Err(format!(
                "`{source}` is one value, not a list; a check with `each` has lists"
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
                "`{id}` is a check; say what of it: `{id}.passed`, or a fact as `{id}.NAME`"
            ));
        };
        if view == View::Own(index) {
            return Err(format!(
                "within the check itself write `{attribute}`, not `{id}.{attribute}`"
            ));
        }
        if CHECK_ATTRIBUTES.contains(&attribute) {
            return available(check, facts, attribute);
        }
        if facts.has(attribute) {
            return Ok(());
        }
        let names = facts.names.iter().map(String::as_str);
        let all = names.clone().chain(CHECK_ATTRIBUTES.iter().copied());
        let hint = match nearest(attribute, all) {
            Some(near) => format!("; did you mean `{id}.{near}`?"),
            None if facts.names.is_empty() => String::from("; it has no facts"),
            None => format!("; its facts are {}", listed(names)),
        };
        Err(format!("`{id}` has no {}{hint}", quoted(attribute)))
    }

    fn in_time_through_let(&self, name: &str, index: usize, view: View) -> Result<(), String> {
        if let View::Let(reader) = view
            && index >= reader
        {
            return Err(match index == reader {
                true => format!("`{name}` cannot be computed from itself"),
                false => format!("`{name}` comes further down under `let`; put it above"),
            });
        }
        for check in self.let_checks.get(index).into_iter().flatten() {
            let id = self.check(*check).map_or("", |check| check.id.as_str());
            self.in_time(*check, view)
                .map_err(|late| late.told(id, Some(name)))?;
        }
        Ok(())
    }

    /// Whether a check was run when its result is read.
    fn in_time(&self, index: usize, view: View) -> Result<(), Late> {
        match view {
            View::Verdict | View::Let(_) => Ok(()),
            View::Words(reader) | View::ForEach(reader) if reader == index => Err(Late::Itself),
            View::Words(reader) | View::ForEach(reader) => {
                let needed = self
                    .needs
                    .get(reader)
                    .is_some_and(|all| all.contains(&index));
                needed.then_some(()).ok_or(Late::NotNeeded)
            }
            View::Own(reader) if reader == index => Err(Late::Itself),
            View::Own(reader) => {
                let turn = |index| self.check(index).map(|check| (check.changes, index));
                (turn(index) < turn(reader))
                    .then_some(())
                    .ok_or(Late::After)
            }
        }
    }

    fn unknown(&self, name: &str, view: View) -> Result<(), String> {
        let own = match view {
            View::Own(index) => self.facts.get(index),
            _ => None,
        };
        if own.is_some_and(|facts| facts.open) {
            return Ok(());
        }
        if OWN.contains(&name) {
            return Err(format!(
                "`{name}` is there only in a check's own `pass`, `show` and the like; from here \
                 write `CHECK.{name}`"
            ));
        }
        let mut owners = self.runbook.checks.iter().zip(&self.facts);
        if let Some((check, _)) = owners.find(|(_, facts)| facts.names.contains(name)) {
            let id = &check.id;
            return Err(format!("`{name}` is a fact of `{id}`; write `{id}.{name}`"));
        }
        let mut candidates: Vec<&str> = self.names.keys().copied().collect();
        candidates.extend(GLOBALS);
        if let Some(facts) = own {
            candidates.extend(OWN);
            candidates.extend(facts.names.iter().map(String::as_str));
        }
        let hint = match nearest(name, candidates) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => String::from("; define it under `vars` or `let`, or name a check"),
        };
        Err(format!("nobody defines {}{hint}", quoted(name)))
    }
}

/// Why a check's result is not there.
enum Late {
    Itself,
    NotNeeded,
    After,
}

impl Late {
    fn told(self, check: &str, through: Option<&str>) -> String {
        let read = match through {
            Some(name) => format!("`{name}` reads `{check}`"),
            None => format!("`{check}` is read here"),
        };
        match self {
            Self::Itself => format!("{read}, the check itself, which was not run yet"),
            Self::NotNeeded => {
                format!("{read}, which this check does not need; add `{check}` to its `needs`")
            }
            Self::After => format!("{read}, which runs only after this check; put it above"),
        }
    }
}

/// Whether a check of this sort has one of the things that checks have.
fn available(check: &Check, facts: &FactNames, name: &str) -> Result<(), String> {
    let of_command = OWN.contains(&name) && name != "records";
    let tasks = matches!(check.host, Some(HostLook::Tasks(_)));
    if check.host.is_some() && of_command {
        let facts = listed(facts.names.iter().map(String::as_str));
        return Err(format!(
            "a look at the host has no `{name}`, as it runs no command; it has {facts}"
        ));
    }
    if name == "records" && check.each.is_none() && !tasks {
        return Err(format!(
            "`{}` has no records; a check with `each` has them",
            check.id
        ));
    }
    Ok(())
}

fn kind(name: Name) -> &'static str {
    match name {
        Name::Var => "var",
        Name::Let(_) => "let",
        Name::Check(_) => "check",
    }
}

fn head(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}
