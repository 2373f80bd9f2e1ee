//! Numbers and times between two bounds: arithmetic and comparisons without the exact value.

/// A value between `least` and `most`, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds<T> {
    pub(super) least: T,
    pub(super) most: T,
}

/// A comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl<T: PartialOrd + Copy> Bounds<T> {
    /// Whether the comparison holds; `None` if that depends on the exact values.
    pub(super) fn compare(self, comparison: Comparison, other: Self) -> Option<bool> {
        let certain = |always: bool, never: bool| match (always, never) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        match comparison {
            Comparison::Less => certain(self.most < other.least, self.least >= other.most),
            Comparison::LessOrEqual => certain(self.most <= other.least, self.least > other.most),
            Comparison::Greater => other.compare(Comparison::Less, self),
            Comparison::GreaterOrEqual => other.compare(Comparison::LessOrEqual, self),
            Comparison::Equal => certain(
                self.least == other.most && self.most == other.least,
                self.most < other.least || other.most < self.least,
            ),
            Comparison::Unequal => self.compare(Comparison::Equal, other).map(|equal| !equal),
        }
    }
}

/// The least and the greatest corner of a range, unless a corner is not finite.
fn around(corners: &[f64]) -> Option<Bounds<f64>> {
    let finite = corners.iter().all(|corner| corner.is_finite());
    finite.then(|| Bounds {
        least: corners.iter().copied().fold(f64::INFINITY, f64::min),
        most: corners.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    })
}

/// Each operation rounds as for exact numbers, and rounding keeps the order: no result is outside the bounds.
impl Bounds<f64> {
    pub(super) fn add(self, other: Self) -> Option<Self> {
        around(&[self.least + other.least, self.most + other.most])
    }

    pub(super) fn subtract(self, other: Self) -> Option<Self> {
        around(&[self.least - other.most, self.most - other.least])
    }

    pub(super) fn multiply(self, other: Self) -> Option<Self> {
        self.corners(other, |a, b| a * b)
    }

    /// Also `None` if the divisor can be zero.
    pub(super) fn divide(self, other: Self) -> Option<Self> {
        let can_be_zero = other.least <= 0.0 && other.most >= 0.0;
        (!can_be_zero).then(|| self.corners(other, |a, b| a / b))?
    }

    fn corners(self, other: Self, apply: impl Fn(f64, f64) -> f64) -> Option<Self> {
        around(&[
            apply(self.least, other.least),
            apply(self.least, other.most),
            apply(self.most, other.least),
            apply(self.most, other.most),
        ])
    }

    pub(super) fn negate(self) -> Self {
        Self {
            least: -self.most,
            most: -self.least,
        }
    }

    pub(super) fn absolute(self) -> Self {
        if self.least >= 0.0 {
            self
        } else if self.most <= 0.0 {
            self.negate()
        } else {
            Self {
                least: 0.0,
                most: self.most.max(-self.least),
            }
        }
    }

    /// Whether it is zero; `None` if it can be zero and something else.
    pub(super) fn is_zero(self) -> Option<bool> {
        self.compare(
            Comparison::Equal,
            Self {
                least: 0.0,
                most: 0.0,
            },
        )
    }
}
