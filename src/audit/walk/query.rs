//! Questions about a syntax tree: what a list sets, names, tests or leaves.

use std::collections::HashSet;

use super::super::syntax::{
    Assigned, Item, Kind, List, ParameterName, Part, PartKind, Pipeline, Word as SyntaxWord,
};

use super::arithmetic::assigned;

pub(super) fn first_word(pipeline: &Pipeline) -> Option<&str> {
    let [command] = pipeline.commands.as_slice() else {
        return None;
    };
    match &command.kind {
        Kind::Simple { words, .. } => literal(words.first()?),
        Kind::Group(list) => match list.as_slice() {
            [item] if item.rest.is_empty() => first_word(&item.first),
            _ => None,
        },
        _ => None,
    }
}

/// The text of a word without expansions.
pub(super) fn literal(word: &SyntaxWord) -> Option<&str> {
    match word.parts.as_slice() {
        [
            Part {
                kind: PartKind::Literal(text),
                ..
            },
        ] => Some(text.as_str()),
        _ => None,
    }
}

/// Whether a word begins with an argument of the function: `"$@"`, `$1`.
pub(super) fn is_argument(word: &SyntaxWord) -> bool {
    word.parts.iter().any(|part| match &part.kind {
        PartKind::Parameter(parameter) => matches!(
            parameter.name,
            ParameterName::Position(_) | ParameterName::AllPositions { .. }
        ),
        _ => false,
    })
}

pub(super) fn does_nothing(pipeline: &Pipeline) -> bool {
    matches!(first_word(pipeline), Some("true" | ":" | "/bin/true"))
}

pub(super) fn leaves(pipeline: &Pipeline) -> bool {
    matches!(
        first_word(pipeline),
        Some("exit" | "return" | "break" | "continue")
    )
}

/// Commands that ask about something, so that what follows `&&` may well not run.
pub(super) fn is_test(pipeline: &Pipeline) -> bool {
    let Some(last) = pipeline.commands.last() else {
        return false;
    };
    if pipeline.negated || matches!(last.kind, Kind::Test(_) | Kind::Arithmetic(_)) {
        return true;
    }
    let Kind::Simple { words, .. } = &last.kind else {
        return false;
    };
    let mut words = words.iter().map(|word| literal(word).unwrap_or_default());
    match words.next() {
        Some("[" | "test" | "grep" | "command" | "which" | "type" | "false") => true,
        Some("pct") => words.any(|word| matches!(word, "status" | "list" | "is-active" | "test")),
        _ => false,
    }
}

/// Whether a command reads the status of the one before it.
pub(super) fn tests_status(item: &Item) -> bool {
    let Some(command) = item.first.commands.first() else {
        return false;
    };
    let reads = |word: &SyntaxWord| {
        word.parts.iter().any(|part| match &part.kind {
            PartKind::Parameter(parameter) => parameter.name == ParameterName::Status,
            _ => false,
        })
    };
    match &command.kind {
        Kind::Simple { assignments, words } => {
            let assigned = assignments
                .iter()
                .any(|assignment| match &assignment.value {
                    Assigned::Scalar(word) => reads(word),
                    _ => false,
                });
            assigned || words.iter().any(reads)
        }
        Kind::Test(words) => words.iter().any(reads),
        Kind::If { condition, .. } => condition.first().is_some_and(tests_status),
        Kind::Case { word, .. } => reads(word),
        Kind::Arithmetic(expression) => expression.contains("$?"),
        _ => false,
    }
}

/// The words of all commands in a list that could be names of functions.
pub(super) fn names_in<'a>(list: &'a List, names: &mut HashSet<&'a str>) {
    let pipelines = list
        .iter()
        .flat_map(|item| std::iter::once(&item.first).chain(item.rest.iter().map(|(_, p)| p)));
    for command in pipelines.flat_map(|pipeline| &pipeline.commands) {
        match &command.kind {
            Kind::Simple { words, .. } => {
                for word in words {
                    names.extend(literal(word));
                }
            }
            Kind::Group(list)
            | Kind::Subshell(list)
            | Kind::For { body: list, .. }
            | Kind::CountingFor { body: list, .. } => names_in(list, names),
            Kind::Loop { condition, body } => {
                names_in(condition, names);
                names_in(body, names);
            }
            Kind::If {
                condition,
                then,
                otherwise,
            } => {
                for list in [condition, then, otherwise] {
                    names_in(list, names);
                }
            }
            Kind::Case { arms, .. } => {
                for (_, list) in arms {
                    names_in(list, names);
                }
            }
            Kind::Function { body, .. } => {
                if let Kind::Group(list) = &body.kind {
                    names_in(list, names);
                }
            }
            Kind::Test(_) | Kind::Arithmetic(_) => {}
        }
    }
}

/// The variables of a loop's `read`.
pub(super) fn reads(condition: &List) -> Option<Vec<String>> {
    let [item] = condition.as_slice() else {
        return None;
    };
    let [command] = item.first.commands.as_slice() else {
        return None;
    };
    let Kind::Simple { words, .. } = &command.kind else {
        return None;
    };
    let mut words = words.iter().map(literal);
    if words.next()? != Some("read") {
        return None;
    }
    let names = words.flatten().filter(|word| !word.starts_with('-'));
    Some(names.map(str::to_owned).collect())
}

pub(super) fn pipelines(list: &List) -> impl Iterator<Item = &Pipeline> {
    list.iter()
        .flat_map(|item| std::iter::once(&item.first).chain(item.rest.iter().map(|(_, p)| p)))
}

/// Whether a loop may be left before its end: then it waits for something.
pub(super) fn leaves_loop(list: &List) -> bool {
    pipelines(list)
        .flat_map(|pipeline| &pipeline.commands)
        .any(|command| match &command.kind {
            Kind::Simple { words, .. } => {
                matches!(
                    words.first().and_then(literal),
                    Some("break" | "return" | "exit")
                )
            }
            Kind::Group(list) => leaves_loop(list),
            Kind::If {
                then, otherwise, ..
            } => leaves_loop(then) || leaves_loop(otherwise),
            Kind::Case { arms, .. } => arms.iter().any(|(_, list)| leaves_loop(list)),
            _ => false,
        })
}

/// Whether a body cannot end without leaving the loop.
pub(super) fn body_always_ends(list: &List) -> bool {
    list.last().is_some_and(|item| {
        item.rest.is_empty() && matches!(first_word(&item.first), Some("exit" | "return"))
    })
}

/// Calls a function with each name that a list sets, and the value that it gets, if it is written there.
pub(super) fn names_set(list: &List, found: &mut impl FnMut(&str, Option<&SyntaxWord>)) {
    for item in list {
        let pipelines = std::iter::once(&item.first).chain(item.rest.iter().map(|(_, next)| next));
        for command in pipelines.flat_map(|pipeline| &pipeline.commands) {
            match &command.kind {
                Kind::Simple { assignments, words } => {
                    if words.is_empty() {
                        for assignment in assignments {
                            match &assignment.value {
                                Assigned::Scalar(word) => found(&assignment.name, Some(word)),
                                _ => found(&assignment.name, None),
                            }
                        }
                    }
                    let names = words.iter().map(|word| (word, literal_start(word)));
                    match words.first().and_then(literal) {
                        Some("local" | "export" | "declare" | "readonly") => {
                            for (word, text) in names.skip(1) {
                                if let Some((name, _)) = text.split_once('=') {
                                    found(name, Some(word));
                                }
                            }
                        }
                        Some("read" | "mapfile" | "readarray" | "getopts") => {
                            for (_, name) in names.skip(1) {
                                found(name, None);
                            }
                        }
                        Some("let") => {
                            for name in names.skip(1).flat_map(|(_, text)| assigned(text)) {
                                found(name, None);
                            }
                        }
                        Some("printf") if words.get(1).and_then(literal) == Some("-v") => {
                            for (_, name) in names.skip(2).take(1) {
                                found(name, None);
                            }
                        }
                        _ => {}
                    }
                }
                Kind::For { name, body, .. } => {
                    found(name, None);
                    names_set(body, found);
                }
                Kind::CountingFor { expression, body } => {
                    for name in assigned(expression) {
                        found(name, None);
                    }
                    names_set(body, found);
                }
                Kind::Group(list) | Kind::Subshell(list) => names_set(list, found),
                Kind::Loop { condition, body } => {
                    names_set(condition, found);
                    names_set(body, found);
                }
                Kind::If {
                    condition,
                    then,
                    otherwise,
                } => {
                    for list in [condition, then, otherwise] {
                        names_set(list, found);
                    }
                }
                Kind::Case { arms, .. } => {
                    for (_, list) in arms {
                        names_set(list, found);
                    }
                }
                Kind::Function { body, .. } => {
                    if let Kind::Group(list) = &body.kind {
                        names_set(list, found);
                    }
                }
                Kind::Arithmetic(expression) => {
                    for name in assigned(expression) {
                        found(name, None);
                    }
                }
                Kind::Test(_) => {}
            }
        }
    }
}

pub(super) fn literal_start(word: &SyntaxWord) -> &str {
    match word.parts.first().map(|part| &part.kind) {
        Some(PartKind::Literal(text)) => text.as_str(),
        _ => "",
    }
}
