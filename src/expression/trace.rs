//! What the evaluation under way in this thread came across.
//!
//! A value that is only known within bounds can leave a question open: was this time before that one, is this gap
//! longer than 3 s? An expression that asks such a question is evaluated once for each way in which its questions can be
//! answered. Whatever the truth is, one of these cases is it: a result that all of them share holds, and where two
//! differ the result is unknown.

use std::cell::RefCell;

use super::{Missing, Reason};

/// Cases that are tried for one expression: enough for six questions.
const MOST_CASES: usize = 64;

/// Reasons that are named where a result is unknown.
const MOST_REASONS: usize = 3;

/// There are more cases than are tried.
#[derive(Debug)]
pub(super) struct TooManyCases;

/// What a result is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is reasoned with. A value that is not known exactly has no text then, for two texts cannot be compared as
    /// what they stand for.
    #[default]
    Reasoning,
    /// It is a text to be read or run: a time is written by its start, a gap by both its bounds.
    Display,
}

thread_local! {
    static TRACE: RefCell<Trace> = RefCell::default();
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Trace {
    purpose: Purpose,
    /// The names that were read and had no value.
    missing: Vec<Missing>,
    /// Why the result is unknown whatever the answers are.
    refused: Vec<Missing>,
    /// What could not be answered.
    questions: Vec<Missing>,
    /// The answers of the case under way, in the order in which they are asked for. None in the first evaluation,
    /// which only finds out whether there is anything to ask.
    case: Option<Case>,
    uncertain: bool,
}

#[derive(Debug, Default)]
struct Case {
    answers: Vec<bool>,
    asked: usize,
    number: usize,
}

impl Trace {
    /// Begins an evaluation.
    pub(super) fn start(purpose: Purpose) {
        TRACE.replace(Self {
            purpose,
            ..Self::default()
        });
    }

    /// Begins the first case of an evaluation.
    pub(super) fn start_cases(purpose: Purpose) {
        TRACE.replace(Self {
            purpose,
            case: Some(Case::default()),
            ..Self::default()
        });
    }

    /// Goes on to the next case. `Ok(false)`: there is none.
    ///
    /// # Errors
    /// There are more cases than are tried.
    pub(super) fn next_case() -> Result<bool, TooManyCases> {
        TRACE.with_borrow_mut(|trace| {
            let Some(case) = &mut trace.case else {
                return Ok(false);
            };
            while case.answers.last() == Some(&false) {
                case.answers.pop();
            }
            let Some(last) = case.answers.last_mut() else {
                return Ok(false);
            };
            *last = false;
            case.asked = 0;
            case.number += 1;
            if case.number < MOST_CASES {
                Ok(true)
            } else {
                Err(TooManyCases)
            }
        })
    }

    /// Makes an evaluation amid another one, whose trace stays as it is.
    pub(super) fn apart<T>(evaluate: impl FnOnce() -> T) -> T {
        let outer = TRACE.take();
        let result = evaluate();
        TRACE.replace(outer);
        result
    }

    /// Whether the first evaluation met anything that is not known exactly.
    pub(super) fn is_uncertain() -> bool {
        TRACE.with_borrow(|trace| trace.uncertain)
    }

    /// Notes that a value took part that is not known exactly.
    pub(super) fn note_uncertain() {
        TRACE.with_borrow_mut(|trace| trace.uncertain = true);
    }

    /// Answers a question that cannot be answered: as the case under way has it.
    pub(super) fn decide<M: Into<Missing>>(question: impl FnOnce() -> M) -> bool {
        let (answer, is_new) = TRACE.with_borrow_mut(|trace| {
            trace.uncertain = true;
            let Some(case) = &mut trace.case else {
                return (false, false);
            };
            let known = case.answers.get(case.asked).copied();
            if known.is_none() {
                case.answers.push(true);
            }
            case.asked += 1;
            let is_new = known.is_none() && trace.questions.len() < MOST_REASONS;
            (known.unwrap_or(true), is_new)
        });
        if is_new {
            // To write a value down notes that it was.
            let question = Self::apart(question).into();
            TRACE.with_borrow_mut(|trace| push_new(&mut trace.questions, question));
        }
        answer
    }

    /// Leaves the result unknown, whatever is made of it.
    pub(super) fn refuse<M: Into<Missing>>(reason: impl FnOnce() -> M) {
        let is_new = TRACE.with_borrow_mut(|trace| {
            trace.uncertain = true;
            trace.case.is_some() && trace.refused.len() < MOST_REASONS
        });
        if is_new {
            let reason = Self::apart(reason).into();
            TRACE.with_borrow_mut(|trace| push_new(&mut trace.refused, reason));
        }
    }

    /// Notes that a text is made of a value that is not known exactly.
    pub(super) fn note_inexact_text() {
        if TRACE.with_borrow(|trace| trace.purpose == Purpose::Reasoning) {
            Self::refuse(|| "the text of an inexact value".to_owned());
        }
    }

    pub(super) fn note_missing(name: String, reason: Reason) {
        let missing = Missing::Value { name, reason };
        TRACE.with_borrow_mut(|trace| push_new(&mut trace.missing, missing));
    }

    /// Takes what was missing.
    pub(super) fn missing() -> Vec<Missing> {
        TRACE.with_borrow_mut(|trace| std::mem::take(&mut trace.missing))
    }

    /// Takes why the result is unknown whatever the answers are.
    pub(super) fn refused() -> Vec<Missing> {
        TRACE.with_borrow_mut(|trace| std::mem::take(&mut trace.refused))
    }

    /// The questions that were left open.
    pub(super) fn questions() -> Vec<Missing> {
        TRACE.with_borrow(|trace| trace.questions.clone())
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
