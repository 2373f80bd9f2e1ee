//! The progress bar of a sweep, on a terminal.

use std::cell::{Cell, RefCell};

use super::super::progress::Progress;
use crate::evidence::container_id::ContainerId;
use crate::sweep::row::Row;

/// The progress bar.
pub(super) struct Bar {
    bar: Progress,
    problems: Cell<usize>,
    /// The containers that are being visited, the longest first.
    running: RefCell<Vec<ContainerId>>,
}

impl Bar {
    pub(super) fn new(total: usize) -> Self {
        let bar = Self {
            bar: Progress::bar(total),
            problems: Cell::new(0),
            running: RefCell::default(),
        };
        bar.update();
        bar
    }

    /// The visit of a container starts.
    pub(super) fn start(&self, ct: ContainerId) {
        self.running.borrow_mut().push(ct);
        self.update();
    }

    /// A container is done.
    pub(super) fn done(&self, row: &Row) {
        self.running.borrow_mut().retain(|it| *it != row.ct);
        let has_problems = usize::from(!row.problems().is_empty());
        self.problems.set(self.problems.get() + has_problems);
        self.bar.advance();
        self.update();
    }

    fn update(&self) {
        let problems = self.problems.get();
        self.bar.say(&in_words(problems, &self.running.borrow()));
    }
}

/// The most important part comes first: a narrow terminal cuts the rest.
fn in_words(problems: usize, running: &[ContainerId]) -> String {
    let mut words = format!("problems: {problems}");
    if !running.is_empty() {
        let running: Vec<_> = running.iter().map(ContainerId::to_string).collect();
        words = format!("{words}; running {}", running.join(", "));
    }
    words
}
