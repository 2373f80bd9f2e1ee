//! What the current evaluation in this thread has read.
//!
//! A value that is only known within bounds can leave a question open: was this time before that one, is this gap
//! longer than 3 s? An expression with such questions is evaluated once for each combination of answers. One of these
//! cases is the true one: if all of them have the same result, it holds; otherwise the result is unknown.

use std::cell::RefCell;

use super::{Missing, Reason};

/// How many cases are tried for one expression: enough for six questions.
const MOST_CASES: usize = 64;

/// How many reasons are named for an unknown result.
const MOST_REASONS: usize = 3;

/// Too many cases.
#[derive(Debug)]
pub(super) struct TooManyCases;

/// The purpose of a result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is compared or computed with. An inexact value then has no text, because texts cannot be compared like
    /// the values.
    #[default]
    Reasoning,
    /// It is a text to read or run: a time is written as its start, a gap as both bounds.
    Display,
}

thread_local! {
    static TRACE: RefCell<Trace> = RefCell::default();
}

#[derive(Debug, Default)]
pub(super) struct Trace {
    purpose: Purpose,
    /// The names that were read and had no value.
    missing: Vec<Missing>,
    /// The last filter that found no item, because its list is empty.
    empty: Option<&'static str>,
    /// Why the result is unknown for all answers.
    refused: Vec<Missing>,
    /// The open questions.
    questions: Vec<Missing>,
    /// The answers in the current case, in the order of the questions.
    case: Case,
    uncertain: bool,
}

#[derive(Debug, Default)]
struct Case {
    answers: Vec<bool>,
    asked: usize,
    number: usize,
}

impl Trace {
    pub(super) fn start(purpose: Purpose) {
        TRACE.replace(Self {
            purpose,
            ..Self::default()
        });
    }

    /// Begins the next case. `Ok(false)` if there is none.
    ///
    /// # Errors
    /// There are more cases than are tried.
    pub(super) fn next_case() -> Result<bool, TooManyCases> {
        TRACE.with_borrow_mut(|trace| {
            let case = &mut trace.case;
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

    /// Runs an evaluation within another one, without changing its trace.
    pub(super) fn apart<T>(evaluate: impl FnOnce() -> T) -> T {
        let outer = TRACE.take();
        let result = evaluate();
        TRACE.replace(outer);
        result
    }

    /// Whether the evaluation read an inexact value.
    pub(super) fn is_uncertain() -> bool {
        TRACE.with_borrow(|trace| trace.uncertain)
    }

    /// Notes that an inexact value was read.
    pub(super) fn note_uncertain() {
        TRACE.with_borrow_mut(|trace| trace.uncertain = true);
    }

    /// Answers an open question, as in the current case.
    pub(super) fn decide<M: Into<Missing>>(question: impl FnOnce() -> M) -> bool {
        let (answer, is_new) = TRACE.with_borrow_mut(|trace| {
            trace.uncertain = true;
            let case = &mut trace.case;
            let known = case.answers.get(case.asked).copied();
            if known.is_none() {
                case.answers.push(true);
            }
            case.asked += 1;
            let is_new = known.is_none() && trace.questions.len() < MOST_REASONS;
            (known.unwrap_or(true), is_new)
        });
        if is_new {
            // Converting a value to text notes that it was read.
            let question = Self::apart(question).into();
            TRACE.with_borrow_mut(|trace| push_new(&mut trace.questions, question));
        }
        answer
    }

    /// Makes the result unknown.
    pub(super) fn refuse<M: Into<Missing>>(reason: impl FnOnce() -> M) {
        let is_new = TRACE.with_borrow_mut(|trace| {
            trace.uncertain = true;
            trace.refused.len() < MOST_REASONS
        });
        if is_new {
            let reason = Self::apart(reason).into();
            TRACE.with_borrow_mut(|trace| push_new(&mut trace.refused, reason));
        }
    }

    /// Notes that an inexact value was converted to text.
    pub(super) fn note_inexact_text() {
        if TRACE.with_borrow(|trace| trace.purpose == Purpose::Reasoning) {
            Self::refuse(|| "the text of an inexact value".to_owned());
        }
    }

    pub(super) fn note_missing(name: String, reason: Reason) {
        let missing = Missing::Value { name, reason };
        TRACE.with_borrow_mut(|trace| push_new(&mut trace.missing, missing));
    }

    pub(super) fn missing() -> Vec<Missing> {
        TRACE.with_borrow_mut(|trace| std::mem::take(&mut trace.missing))
    }

    pub(super) fn note_empty(filter: &'static str) {
        TRACE.with_borrow_mut(|trace| trace.empty = Some(filter));
    }

    /// Takes the last filter that found no item.
    pub(super) fn empty() -> Option<&'static str> {
        TRACE.with_borrow_mut(|trace| trace.empty.take())
    }

    /// Takes why the result is unknown for all answers.
    pub(super) fn refused() -> Vec<Missing> {
        TRACE.with_borrow_mut(|trace| std::mem::take(&mut trace.refused))
    }

    /// The open questions of all cases.
    pub(super) fn questions() -> Vec<Missing> {
        TRACE.with_borrow(|trace| trace.questions.clone())
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
