//! The clock that host and container share. The pure modules must not use it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A smaller difference is not a change of the clock: a busy host may pause a process between two readings.
const LEAST_STEP: i64 = 1_000_000_000;

/// Nanoseconds since the Unix epoch; 0 if the clock is set before it.
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
        })
}

/// The time of day by a clock that cannot be set.
pub struct Watch {
    began: i64,
    running: Instant,
}

impl Watch {
    pub fn start() -> Self {
        Self {
            began: now(),
            running: Instant::now(),
        }
    }

    /// Nanoseconds since the Unix epoch; never earlier than before.
    pub fn now(&self) -> i64 {
        let elapsed = i64::try_from(self.running.elapsed().as_nanos()).unwrap_or(i64::MAX);
        self.began.saturating_add(elapsed)
    }

    /// How far the clock was set since the start, in nanoseconds; none if it was not.
    pub fn step(&self) -> Option<i64> {
        let step = now().saturating_sub(self.now());
        (step.saturating_abs() >= LEAST_STEP).then_some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_changes_no_duration() {
        const HOUR: i64 = 3600 * LEAST_STEP;
        assert_eq!(Watch::start().step(), None);
        for step in [HOUR, -HOUR] {
            let began = now() - step;
            let watch = Watch {
                began,
                running: Instant::now(),
            };
            let seen = watch.step().unwrap();
            assert!((seen - step).abs() < HOUR / 2, "{seen}");
            assert!((0..HOUR / 2).contains(&(watch.now() - began)));
        }
    }
}
