//! How far a sweep is, on a terminal.

use std::cell::{Cell, RefCell};

use super::super::progress::Progress;
use crate::sweep::engine;

/// The bar of a sweep.
pub(super) struct Bar {
    shown: Progress,
    problems: Cell<usize>,
    /// The containers that are being visited, in the order in which that began.
    running: RefCell<Vec<u32>>,
}

impl Bar {
    pub(super) fn new(all: usize) -> Self {
        let bar = Self {
            shown: Progress::bar(all),
            problems: Cell::new(0),
            running: RefCell::default(),
        };
        bar.say();
        bar
    }

    /// A container's turn has come.
    pub(super) fn begun(&self, ct: u32) {
        self.running.borrow_mut().push(ct);
        self.say();
    }

    /// A container is done with.
    pub(super) fn done(&self, ct: u32, progress: engine::Progress) {
        self.running.borrow_mut().retain(|it| *it != ct);
        self.problems.set(progress.problems);
        self.shown.done(progress.done);
        self.say();
    }

    fn say(&self) {
        let problems = self.problems.get();
        self.shown.say(&in_words(problems, &self.running.borrow()));
    }
}

/// What matters most comes first: a narrow terminal cuts the rest.
fn in_words(problems: usize, running: &[u32]) -> String {
    let mut words = format!("problems: {problems}");
    if !running.is_empty() {
        let running: Vec<_> = running.iter().map(u32::to_string).collect();
        words = format!("{words}; running {}", running.join(", "));
    }
    words
}
