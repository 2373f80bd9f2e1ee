//! Random numbers that depend on a seed alone (SplitMix64).

use super::Nanos;

/// A sequence of random numbers.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0x9E37_79B9)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// True in this many of a hundred cases.
    pub(super) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// A time from `low` to `high`, in whole microseconds.
    pub(super) fn between(&mut self, low: Nanos, high: Nanos) -> Nanos {
        let width = (high - low).max(0) / 1_000 + 1;
        low + self.below(width as usize) as Nanos * 1_000
    }

    /// A time from `low` to `high`, both above zero, whose order of magnitude is random.
    pub(super) fn magnitude(&mut self, low: Nanos, high: Nanos) -> Nanos {
        let share = self.below(1 << 20) as f64 / f64::from(1 << 20);
        let time = low as f64 * (high as f64 / low as f64).powf(share);
        (time as Nanos / 1_000) * 1_000
    }

    /// One of several, each as often as its weight says.
    pub(super) fn weighted<T: Copy>(&mut self, choices: &[(usize, T)]) -> T {
        let total: usize = choices.iter().map(|(weight, _)| weight).sum();
        let mut left = self.below(total);
        for (weight, choice) in choices {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        choices[0].1
    }

    /// One of several, each as often as the others.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
