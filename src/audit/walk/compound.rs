//! Branches, loops, functions and groups.

use std::rc::Rc;

use super::super::branches::Arm;
use super::super::event::{EventKind, Status, Word as Argument};
use super::super::syntax::{Command, Kind, List, Word};
use super::super::text::Text;
use super::{Context, DEEPEST_CALL, Flow, MOST_EVENTS, Shell, Walker, query};

impl Walker<'_> {
    pub(super) fn command(
        &mut self,
        shell: &mut Shell,
        command: &Command,
        context: &Context,
    ) -> Flow {
        self.steps += 1;
        let is_full = self.events.len() > MOST_EVENTS
            || self.symbols.are_used_up()
            || self.has_expanded_too_much();
        if self.steps > self.limit || is_full {
            if self.steps <= self.limit + 1 {
                self.steps = self.limit + 1;
                let why = "the script runs too many commands to follow";
                self.unknown(shell, context, command.place, Some(why.to_owned()));
            }
            return Flow::Exit;
        }
        if let Kind::Simple { assignments, words } = &command.kind {
            return self.simple(shell, command, (assignments, words), context);
        }
        let mut context = context.clone();
        let sinks = (shell.stdout.clone(), shell.stderr.clone());
        self.redirect(shell, &command.redirects, &mut context);
        let flow = self.compound(shell, command, &context);
        (shell.stdout, shell.stderr) = sinks;
        flow
    }

    fn compound(&mut self, shell: &mut Shell, command: &Command, context: &Context) -> Flow {
        match &command.kind {
            Kind::Simple { .. } => Flow::Next,
            Kind::Group(list) => self.list(shell, list, context),
            Kind::Subshell(list) => {
                let mut subshell = shell.clone();
                let arms = self.branches.len();
                self.list(&mut subshell, list, context);
                self.branches.truncate(arms);
                Flow::Next
            }
            Kind::For { name, words, body } => {
                self.for_loop(shell, name, words.as_deref(), body, context)
            }
            Kind::CountingFor { expression, body } => {
                self.arithmetic(shell, expression, command.place);
                self.body(shell, body, context)
            }
            Kind::Loop { condition, body } => {
                self.loop_while(shell, command, condition, body, context)
            }
            Kind::If {
                condition,
                then,
                otherwise,
            } => {
                self.list(shell, condition, &context.condition());
                self.branches(shell, [Some(then), Some(otherwise)], context)
            }
            Kind::Case { word, arms } => self.case(shell, word, arms, context),
            Kind::Function { name, body } => {
                let functions = Rc::make_mut(&mut shell.functions);
                functions.insert(name.clone(), Rc::clone(body));
                Flow::Next
            }
            Kind::Test(words) => {
                let mut tested = vec![Argument {
                    text: Text::new("[[", command.place),
                    ..Argument::default()
                }];
                for word in words {
                    let text = self.expand_joined(shell, word, &used(context));
                    tested.push(Argument {
                        text,
                        ..Argument::default()
                    });
                }
                self.emit(shell, context, command.place, EventKind::Command(tested));
                Flow::Next
            }
            Kind::Arithmetic(expression) => {
                self.arithmetic(shell, expression, command.place);
                Flow::Next
            }
        }
    }

    /// Two branches; a missing one does nothing.
    pub(super) fn branches(
        &mut self,
        shell: &mut Shell,
        lists: [Option<&List>; 2],
        context: &Context,
    ) -> Flow {
        let branch = self.new_branch();
        let arms = self.branches.len();
        let before = shell.clone();
        let mut flows = [Flow::Next; 2];
        let mut after = Vec::new();
        for ((list, flow), taken) in lists.iter().zip(&mut flows).zip([true, false]) {
            let mut state = before.clone();
            self.branches.push(Arm { branch, taken });
            if let Some(list) = list {
                *flow = self.list(&mut state, list, context);
            }
            self.branches.truncate(arms);
            after.push(state);
        }
        let [then, otherwise] = flows;
        let mut after = after.into_iter();
        let (Some(first), Some(second)) = (after.next(), after.next()) else {
            return Flow::Next;
        };
        match (then == Flow::Next, otherwise == Flow::Next) {
            (true, true) => {
                *shell = first;
                self.join(shell, second, true);
                Flow::Next
            }
            (true, false) => {
                *shell = first;
                self.branches.push(Arm {
                    branch,
                    taken: true,
                });
                Flow::Next
            }
            (false, true) => {
                *shell = second;
                self.branches.push(Arm {
                    branch,
                    taken: false,
                });
                Flow::Next
            }
            (false, false) => then,
        }
    }

    fn case(
        &mut self,
        shell: &mut Shell,
        word: &Word,
        arms: &[(Vec<Word>, List)],
        context: &Context,
    ) -> Flow {
        let value = self.expand_joined(shell, word, &used(context));
        // Within a function, the arguments of the call decide.
        if !shell.frames.is_empty() && super::super::symbol::is_known(value.as_str()) {
            for (patterns, list) in arms {
                let matches = |pattern: &Word| {
                    query::literal(pattern).map(|p| p == "*" || p == value.as_str())
                };
                let matched: Option<Vec<bool>> = patterns.iter().map(matches).collect();
                match matched {
                    Some(matched) if matched.contains(&true) => {
                        return self.list(shell, list, context);
                    }
                    Some(_) if patterns.iter().all(is_plain) => {}
                    _ => break,
                }
            }
        }
        self.arms(shell, arms, context)
    }

    /// Each arm, or else the arms after it.
    fn arms(&mut self, shell: &mut Shell, arms: &[(Vec<Word>, List)], context: &Context) -> Flow {
        let start = self.branches.len();
        let before = shell.clone();
        let mut states: Vec<Shell> = Vec::new();
        let mut ended = Vec::new();
        let mut exhaustive = false;
        for (patterns, list) in arms {
            let branch = self.new_branch();
            let mut state = before.clone();
            self.branches.push(Arm {
                branch,
                taken: true,
            });
            let inner = self.branches.len();
            let flow = self.list(&mut state, list, context);
            self.branches.truncate(inner - 1);
            self.branches.push(Arm {
                branch,
                taken: false,
            });
            match flow {
                Flow::Next => states.push(state),
                _ => ended.push(Arm {
                    branch,
                    taken: false,
                }),
            }
            exhaustive |= patterns
                .iter()
                .any(|pattern| query::literal(pattern) == Some("*"));
        }
        self.branches.truncate(start);
        ended.into_iter().for_each(|arm| self.branches.push(arm));
        if !exhaustive {
            states.push(before);
        }
        let mut states = states.into_iter();
        let Some(first) = states.next() else {
            return Flow::Exit;
        };
        *shell = first;
        for state in states {
            self.join(shell, state, true);
        }
        Flow::Next
    }

    /// Calls a function.
    pub(super) fn call(
        &mut self,
        shell: &mut Shell,
        name: &str,
        arguments: Vec<Text>,
        context: &Context,
    ) -> Flow {
        let Some(body) = shell.functions.get(name).cloned() else {
            return Flow::Next;
        };
        self.called.insert(name.to_owned());
        if self.depth >= DEEPEST_CALL {
            return Flow::Next;
        }
        self.depth += 1;
        let positions = shell.positions.replace(arguments);
        shell.frames.push(Vec::new());
        let arms = self.branches.len();
        let flow = self.command(shell, &body, context);
        self.branches.truncate(arms);
        for (name, old) in shell.frames.pop().unwrap_or_default().into_iter().rev() {
            match old {
                Some(old) => shell.variables.insert(&name, old),
                None => shell.variables.remove(&name),
            }
        }
        shell.positions = positions;
        self.depth -= 1;
        match flow {
            Flow::Exit => Flow::Exit,
            _ => Flow::Next,
        }
    }
}

fn is_plain(pattern: &Word) -> bool {
    query::literal(pattern).is_some_and(|text| !text.contains(['*', '?', '[']))
}

/// For substitutions in a word whose value is used.
pub(super) fn used(context: &Context) -> Context {
    Context {
        captured: true,
        suppressed: true,
        ..context.with(Status::Unknown)
    }
}
