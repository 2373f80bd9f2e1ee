//! Loops: once for each value that is known.

use super::super::event::EventKind;
use super::super::syntax::{Command, List, Word};
use super::super::text::Text;
use super::Walker;
use super::compound::used;
use super::query;
use super::state::{Context, Flow, Input, Shell, Value};

/// A loop over more values is followed once, with an unknown one.
const MOST_VALUES: usize = 64;

impl Walker<'_> {
    pub(super) fn for_loop(
        &mut self,
        shell: &mut Shell,
        name: &str,
        words: Option<&[Word]>,
        body: &List,
        context: &Context,
    ) -> Flow {
        let values = match words {
            Some(words) => {
                let words = self.expand(shell, words, &used(context));
                words.into_iter().map(|word| word.text).collect()
            }
            None => shell.positions.clone().unwrap_or_default(),
        };
        let values: Vec<Text> =
            if values.len() > MOST_VALUES || values.is_empty() && words.is_none() {
                let symbol = self.symbol(format!("${name}"));
                vec![Text::new(&symbol, super::Place::default())]
            } else {
                values
            };
        for value in values {
            shell.set(name, Value::Scalar(value));
            let flow = self.body(shell, body, context);
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    pub(super) fn loop_while(
        &mut self,
        shell: &mut Shell,
        command: &Command,
        condition: &List,
        body: &List,
        context: &Context,
    ) -> Flow {
        let mut context = context.clone();
        if let Some(names) = query::reads(condition) {
            return self.read_loop(shell, &names, body, &context);
        }
        // What the body changes is not known when the loop begins again.
        context.polling = true;
        let arms = self.branches.len();
        self.loops += 1;
        self.list(shell, condition, &context.condition());
        let mut flow = self.list(shell, body, &context);
        // `while [ $# -gt 0 ]; do …; shift; done`: once for each argument.
        let mut left = MOST_VALUES;
        while flow == Flow::Next && left > 0 {
            left = left.min(shell.positions.as_ref().map_or(0, Vec::len));
            if left > 0 {
                flow = self.list(shell, body, &context);
                let now = shell.positions.as_ref().map_or(0, Vec::len);
                left = if now < left { now } else { 0 };
            }
        }
        self.loops -= 1;
        self.branches.truncate(arms);
        self.emit(
            shell,
            &context,
            command.place,
            EventKind::Sleep { polling: true },
        );
        match flow {
            Flow::Exit | Flow::Return if query::body_always_ends(body) => flow,
            _ => Flow::Next,
        }
    }

    /// `while read -r name; do …; done`: once for each line, if they are known.
    fn read_loop(
        &mut self,
        shell: &mut Shell,
        names: &[String],
        body: &List,
        context: &Context,
    ) -> Flow {
        let lines: Vec<Text> = match &context.input {
            Input::Text(text) => lines(text),
            Input::Inherited | Input::File(_) | Input::Unknown => Vec::new(),
        };
        let context = Context {
            input: Input::Inherited,
            ..context.clone()
        };
        if lines.is_empty() || lines.len() > MOST_VALUES {
            for name in names {
                let symbol = self.symbol(format!("${name}"));
                let text = Text::new(&symbol, super::Place::default());
                shell.set(name, Value::Scalar(text));
            }
            return self.body(shell, body, &context);
        }
        for line in lines {
            let mut rest = line.as_str();
            for (index, name) in names.iter().enumerate() {
                rest = rest.trim_start();
                let last = index + 1 == names.len();
                let end = rest.find(char::is_whitespace).filter(|_| !last);
                let (value, more) = rest.split_at(end.unwrap_or(rest.len()));
                shell.set(
                    name,
                    Value::Scalar(Text::new(value.trim_end(), line.place())),
                );
                rest = more;
            }
            let flow = self.body(shell, body, &context);
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    pub(super) fn body(&mut self, shell: &mut Shell, body: &List, context: &Context) -> Flow {
        let arms = self.branches.len();
        let context = Context {
            polling: context.polling || query::leaves_loop(body),
            ..context.clone()
        };
        self.loops += 1;
        let flow = self.list(shell, body, &context);
        self.loops -= 1;
        self.branches.truncate(arms);
        match flow {
            Flow::Break | Flow::Next => Flow::Next,
            flow => flow,
        }
    }
}

pub(super) fn lines(text: &Text) -> Vec<Text> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.as_str().split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        if !content.trim().is_empty() {
            lines.push(text.slice(start, start + content.len()));
        }
        start += line.len();
    }
    lines
}
