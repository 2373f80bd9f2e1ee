//! Waiting for a state. A test that passes never waits long, and a busy machine does not make it fail.

#![allow(dead_code, reason = "not every test needs all of it")]

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// How long a state is waited for. What must not happen by itself in a test takes longer than this.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until there is something, and returns it.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            begun.elapsed() < DEADLINE,
            "{what}: not within {DEADLINE:?}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until a condition holds.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    wait_for(what, || condition().then_some(()));
}

/// Waits until nothing is left, and prints what is if it stays.
#[track_caller]
pub fn wait_until_none<T: Debug>(mut left: impl FnMut() -> Vec<T>) {
    let begun = Instant::now();
    loop {
        let left = left();
        if left.is_empty() {
            return;
        }
        assert!(
            begun.elapsed() < DEADLINE,
            "still there after {DEADLINE:?}: {left:#?}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
