//! Every expression and template of a runbook must parse, and read only names that are defined.

mod other_languages;

use std::collections::BTreeSet;

use super::Findings;
use super::scope::{Scope, View};
use super::shapes::Shapes;
use crate::expression::{
    Condition, Incomparable, Kind, Names, Shape, SyntaxError, check_expression, check_template,
    expression_shape, incomparable_in_expression, incomparable_in_template, lists_in_template,
};
use crate::runbook::error::Finding;
use crate::runbook::host_probe::HostProbe;
use crate::runbook::model::{Action, Check, EventSpec, Hypothesis, Runbook};
use crate::runbook::next::NextSpec;
use crate::runbook::path::Path;
use crate::runbook::printable::quoted;
use crate::runbook::remedy::RemedySpec;

/// Whether a text has anything for the template engine.
pub(in crate::runbook) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// What the expressions and templates of a runbook contain.
pub(super) struct Contents {
    /// The names that they read, without attributes.
    pub(super) names: BTreeSet<String>,
    /// The templates that print a list.
    pub(super) printed_lists: Vec<Finding>,
}

pub(super) fn validate(runbook: &Runbook, found: &mut Findings) -> Contents {
    let scope = Scope::new(runbook);
    let root = Path::default();
    let mut reader = Reader {
        scope: &scope,
        shapes: Shapes::new(runbook),
        in_event: false,
        read: BTreeSet::new(),
        printed_lists: Vec::new(),
        found,
    };
    for (index, (name, source)) in runbook.lets.iter().enumerate() {
        let path = root.key("let").key(name);
        if source.contains("{{") {
            reader.template(&path, source, View::Let(index));
        } else {
            reader.expression(&path, source, View::Let(index));
        }
    }
    if let Some(inputs) = &runbook.history {
        let path = root.key("history");
        reader.expression(&path.key("path"), &inputs.path, View::Verdict);
        reader.expression(&path.key("elsewhere"), &inputs.elsewhere, View::Verdict);
        for (key, id) in inputs.checks() {
            if !runbook.checks.iter().any(|check| check.id == id) {
                reader
                    .found
                    .add(&path.key(key), format!("{} is not a check", quoted(id)));
            }
        }
    }
    for (index, check) in runbook.checks.iter().enumerate() {
        let path = root.key("checks").index(index);
        reader.command(&path, check, index);
        reader.own(&path, check, View::Own(index));
    }
    reader.events(&root, &runbook.events, View::Verdict);
    for (index, hypothesis) in runbook.hypotheses.iter().enumerate() {
        reader.hypothesis(&root.key("hypotheses").index(index), hypothesis);
    }
    reader.next(&root, &runbook.next);
    for (key, assertion) in [("applies", &runbook.applies), ("healthy", &runbook.healthy)] {
        if let Some(assertion) = assertion {
            let path = root.key(key);
            reader.condition(&path.key("if"), &assertion.condition, View::Verdict);
            reader.template(&path.key("says"), &assertion.says, View::Verdict);
        }
    }
    Contents {
        names: reader.read,
        printed_lists: reader.printed_lists,
    }
}

struct Reader<'a, 'f> {
    scope: &'a Scope<'a>,
    shapes: Shapes<'a>,
    in_event: bool,
    read: BTreeSet<String>,
    printed_lists: Vec<Finding>,
    found: &'f mut Findings,
}

impl Reader<'_, '_> {
    fn command(&mut self, path: &Path, check: &Check, index: usize) {
        // A check with two actions gets the errors of both.
        for (position, word) in check.run.iter().flatten().enumerate() {
            let path = path.key("run").index(position);
            self.template(&path, word, View::Words(index));
        }
        if let Some(line) = &check.shell {
            self.template(&path.key("shell"), line, View::Words(index));
        }
        if let Some(times) = &check.canary {
            self.template(&path.key("canary"), times, View::Words(index));
        }
        if let Some(Action::Host(HostProbe::Source(file))) = check.action() {
            let path = path.key("host").key("source");
            self.template(&path, file, View::Words(index));
        }
        if let Some(list) = &check.for_each {
            let path = path.key("for_each");
            self.expression(&path, list, View::ForEach(index));
            if let Err(message) = self.scope.can_be_list(list) {
                self.found.add(&path, message);
            }
        }
    }

    fn own(&mut self, path: &Path, check: &Check, view: View) {
        for (key, condition) in [
            ("pass", &check.pass),
            ("warn", &check.warn),
            ("crit", &check.crit),
        ] {
            if let Some(condition) = condition {
                self.condition(&path.key(key), condition, view);
            }
        }
        if let Some(list) = &check.affected {
            self.expression(&path.key("affected"), list, view);
        }
        self.events(path, &check.events, view);
        if let Some(metric) = &check.metric {
            let path = path.key("metric").key("value");
            self.expression(&path, &metric.value, view);
        }
        if let Some(show) = &check.show {
            self.template(&path.key("show"), show, view);
        }
    }

    fn events(&mut self, path: &Path, events: &[EventSpec], view: View) {
        self.in_event = true;
        for (index, event) in events.iter().enumerate() {
            let path = path.key("events").index(index);
            self.expression(&path.key("at"), &event.at, view);
            self.is_time(&path.key("at"), &event.at, view);
            self.template(&path.key("what"), &event.what, view);
            self.found.not_blank(&path.key("what"), &event.what);
            if let Some(condition) = &event.condition {
                self.condition(&path.key("if"), condition, view);
            }
        }
        self.in_event = false;
    }

    fn hypothesis(&mut self, path: &Path, hypothesis: &Hypothesis) {
        let view = View::Verdict;
        for (index, evidence) in hypothesis.evidence.iter().enumerate() {
            let path = path.key("evidence").index(index);
            self.condition(&path.key("if"), &evidence.condition, view);
            self.template(&path.key("says"), &evidence.says, view);
        }
        if let Some(remedy) = &hypothesis.remedy {
            self.template(&path.key("remedy"), remedy, view);
        }
        for (index, remedy) in hypothesis.remedies.iter().enumerate() {
            self.remedy(&path.key("remedies").index(index), remedy, view);
        }
        if let Some(text) = &hypothesis.overturned_by {
            self.template(&path.key("overturned_by"), text, view);
        }
        self.next(path, &hypothesis.next);
    }

    fn next(&mut self, path: &Path, next: &[NextSpec]) {
        for (index, next) in next.iter().enumerate() {
            let path = path.key("next").index(index);
            if let Some(condition) = &next.condition {
                self.condition(&path.key("if"), condition, View::Verdict);
            }
            let view = match &next.for_each {
                Some(list) => {
                    self.expression(&path.key("for_each"), list, View::Verdict);
                    View::Item
                }
                None => View::Verdict,
            };
            for (name, template) in &next.vars {
                self.template(&path.key("vars").key(name), template, view);
            }
        }
    }

    fn remedy(&mut self, path: &Path, remedy: &RemedySpec, view: View) {
        if let Some(condition) = &remedy.condition {
            self.condition(&path.key("if"), condition, view);
        }
        for (key, text) in [
            ("title", Some(&remedy.title)),
            ("only_if", remedy.only_if.as_ref()),
            ("commands", remedy.commands.as_ref()),
            ("changes", remedy.changes.as_ref()),
        ] {
            if let Some(text) = text {
                self.template(&path.key(key), text, view);
            }
        }
    }

    fn condition(&mut self, path: &Path, condition: &Condition, view: View) {
        let (key, parts) = match condition {
            Condition::Leaf(source) => {
                self.expression(path, source, view);
                return self.is_condition(path, source, view);
            }
            Condition::Not(part) => return self.condition(&path.key("not"), part, view),
            Condition::All(parts) => ("all", parts),
            Condition::Any(parts) => ("any", parts),
        };
        let path = path.key(key);
        if parts.is_empty() {
            self.found
                .add(&path, "the list is empty\nhint: add a condition");
        }
        for (index, part) in parts.iter().enumerate() {
            self.condition(&path.index(index), part, view);
        }
    }

    fn expression(&mut self, path: &Path, source: &str, view: View) {
        if source.trim().is_empty() {
            self.found.add(path, "the expression is empty");
        } else if is_template(source) {
            let message =
                "an expression cannot contain `{{ }}` or `{% %}`\nhint: remove the braces";
            self.found.add(path, message);
        } else {
            self.names(path, source, check_expression(source), view);
            let problems = incomparable_in_expression(source, &self.shape_of(view));
            self.incomparable(path, problems);
        }
    }

    /// Any text but the empty one is true, so a text alone is no condition.
    fn is_condition(&mut self, path: &Path, source: &str, view: View) {
        let shape = expression_shape(source, &self.shape_of(view));
        if let Some(kind @ (Kind::Text | Kind::Time | Kind::Record)) = shape.map(|it| it.kind) {
            let message = format!(
                "the value is {kind}, not a condition\nhint: compare it with another value, as in `NAME == 'VALUE'`"
            );
            self.found.add(path, message);
        }
    }

    /// What is to be on the timeline must be a time.
    fn is_time(&mut self, path: &Path, source: &str, view: View) {
        let shape = expression_shape(source, &self.shape_of(view));
        if let Some(kind @ (Kind::Text | Kind::Number | Kind::Record)) = shape.map(|it| it.kind) {
            let message = format!(
                "the value is {kind}, not a time\nhint: declare its type under `facts`, as in `types: {{ NAME: time }}`"
            );
            self.found.add(path, message);
        }
    }

    fn template(&mut self, path: &Path, source: &str, view: View) {
        if is_template(source) {
            self.names(path, source, check_template(source), view);
            let problems = incomparable_in_template(source, &self.shape_of(view));
            self.incomparable(path, problems);
            let lists = lists_in_template(source, &self.shape_of(view)).into_iter();
            self.printed_lists.extend(lists.map(|list| Finding {
                path: path.clone(),
                message: format!(
                    "the text contains a list, in brackets and quotes\nhint: write `{list} | join(', ')`, or choose an item: `{list} | first`"
                ),
            }));
        }
    }

    fn shape_of(&self, view: View) -> impl Fn(&str) -> Option<Shape> {
        move |name| self.shapes.of(name, view, self.in_event)
    }

    fn incomparable(&mut self, path: &Path, found: Vec<Incomparable>) {
        for Incomparable { message, has_text } in found {
            let hint = match has_text {
                true => {
                    "\nhint: declare the type of the value: `types` of a check's facts, `type` of a var"
                }
                false => "",
            };
            self.found.add(path, message + hint);
        }
    }

    fn names(&mut self, path: &Path, source: &str, names: Result<Names, SyntaxError>, view: View) {
        match names {
            Ok(names) => {
                for name in names.iter() {
                    let root = name.split('.').next().unwrap_or_default();
                    self.read.insert(root.to_owned());
                    if let Err(message) = self.scope.resolve(name, view) {
                        self.found.add(path, message);
                    }
                }
            }
            Err(error) => {
                let mut message = format!("invalid expression: {error}");
                if !message.contains("\nhint: ") {
                    message.push_str(&other_languages::hint(source));
                }
                self.found.add(path, message);
            }
        }
    }
}
