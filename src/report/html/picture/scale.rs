//! The positions of events on the axis, and of the labels beside it. Pure arithmetic.

use crate::evidence::time::{Interval, SECOND};

/// A stretch is cut if it is this many times as long as the decisive span,
const MANY: u64 = 2;
/// or, without decisive events, as all shorter stretches together.
const MOST: u64 = 20;
/// The part of the axis that a cut takes.
const CUT: f64 = 0.06;

/// An axis of length 1 with parts that are to scale, and cuts between them.
pub(super) struct Scale {
    /// Adjacent stretches of time, and whether each is cut.
    stretches: Vec<(i64, i64, bool)>,
    /// Nanoseconds that are to scale.
    drawn: u64,
}

impl Scale {
    /// The scale for these events. The span between the first and the last decisive event is never cut: no part
    /// of it is longer than the whole.
    pub(super) fn new(events: &[Interval], decisive: Option<(i64, i64)>) -> Self {
        let mut ends: Vec<_> = events
            .iter()
            .flat_map(|event| [event.start, event.end])
            .collect();
        ends.sort_unstable();
        ends.dedup();
        let stretches: Vec<_> = ends
            .windows(2)
            .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
            .collect();
        let (first, last) = decisive.unwrap_or_default();
        let longest = match last.abs_diff(first) {
            0 => longest_shown(&stretches),
            span => span.saturating_mul(MANY),
        };
        let stretches: Vec<_> = stretches
            .into_iter()
            .map(|(from, to)| (from, to, to.abs_diff(from) > longest))
            .collect();
        let drawn = stretches.iter().filter(|(_, _, cut)| !cut);
        let drawn = drawn.map(|(from, to, _)| to.abs_diff(*from)).sum();
        Self { stretches, drawn }
    }

    /// The position of a time, from 0 to 1.
    pub(super) fn place(&self, at: i64) -> f64 {
        let cuts = self.cuts().count() as f64;
        let whole = self.drawn as f64 + self.cut_length() * cuts;
        if whole == 0.0 {
            return 0.5;
        }
        let before = |(from, to, cut): &(i64, i64, bool)| {
            let part = at.clamp(*from, *to).abs_diff(*from) as f64;
            match cut {
                true => part / to.abs_diff(*from) as f64 * self.cut_length(),
                false => part,
            }
        };
        self.stretches.iter().map(before).sum::<f64>() / whole
    }

    /// The length of a cut, in nanoseconds of the axis.
    fn cut_length(&self) -> f64 {
        (self.drawn as f64 * CUT).max(1.0)
    }

    /// The stretches that are cut.
    pub(super) fn cuts(&self) -> impl Iterator<Item = (i64, i64)> {
        let cut = self.stretches.iter().filter(|(_, _, cut)| *cut);
        cut.map(|(from, to, _)| (*from, *to))
    }

    /// The stretches that are to scale.
    pub(super) fn parts(&self) -> impl Iterator<Item = (i64, i64)> {
        let parts = self.stretches.chunk_by(|a, b| !a.2 && !b.2);
        parts.filter_map(|part| match (part.first()?, part.last()?) {
            ((_, _, true), _) => None,
            ((from, _, _), (_, to, _)) => Some((*from, *to)),
        })
    }

    /// The longest round time that takes at most this part of the axis, and the part it takes.
    pub(super) fn ruler(&self, most: f64) -> Option<(i64, f64)> {
        let whole = self.drawn as f64 + self.cut_length() * self.cuts().count() as f64;
        let fits = |nanos: &i64| *nanos as f64 / whole <= most;
        let longest = round_times().take_while(fits).last()?;
        (self.drawn > 0).then(|| (longest, longest as f64 / whole))
    }
}

/// 1 µs, 2 µs, 5 µs, …; from 10 s on, the times of a clock.
fn round_times() -> impl Iterator<Item = i64> {
    const MINUTE: i64 = 60 * SECOND;
    let decades = (3..=9).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_i64.pow(power)));
    let clocks = [10 * SECOND, 20 * SECOND]
        .into_iter()
        .chain([1, 2, 5, 10, 30, 60, 120, 360, 720, 1_440, 14_400].map(|count| count * MINUTE));
    decades.chain(clocks)
}

/// The longest stretch before the first that is [`MOST`] times as long as all the shorter ones.
fn longest_shown(stretches: &[(i64, i64)]) -> u64 {
    let mut lengths: Vec<_> = stretches
        .iter()
        .map(|(from, to)| to.abs_diff(*from))
        .collect();
    lengths.sort_unstable();
    let (mut shown, mut longest) = (0_u64, 0);
    for length in lengths {
        if shown > 0 && length > shown.saturating_mul(MOST) {
            break;
        }
        shown += length;
        longest = length;
    }
    longest
}

/// The tops of labels of these heights, each as close as possible to its wanted position, without overlaps,
/// and within the length, which is at least their sum.
///
/// Isotonic regression: labels that would overlap move together (pool adjacent violators).
pub(super) fn apart(wanted: &[f64], heights: &[f64], length: f64) -> Vec<f64> {
    // After subtracting the heights above, the labels only have to be in order.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    let mut above = 0.0;
    for (wanted, height) in wanted.iter().zip(heights) {
        let mut pool = (wanted - above, 1);
        above += height;
        while let Some((mean, count)) = pools.pop_if(|(mean, _)| *mean > pool.0) {
            let sum = mean * count as f64 + pool.0 * pool.1 as f64;
            pool.1 += count;
            pool.0 = sum / pool.1 as f64;
        }
        pools.push(pool);
    }
    let free = (length - above).max(0.0);
    let shifts = pools
        .into_iter()
        .flat_map(|(mean, count)| std::iter::repeat_n(mean.clamp(0.0, free), count));
    let mut above = 0.0;
    shifts
        .zip(heights)
        .map(|(shift, height)| {
            let top = shift + above;
            above += height;
            top
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scale(moments: &[(i64, i64)], deciding: Option<(i64, i64)>) -> Scale {
        let moments: Vec<_> = moments.iter().map(|(a, b)| Interval::new(*a, *b)).collect();
        Scale::new(&moments, deciding)
    }

    #[test]
    fn distances_are_to_scale() {
        let scale = scale(&[(0, 0), (10, 20), (40, 40)], None);
        let places = [0, 10, 20, 30, 40].map(|at| scale.place(at));
        assert_eq!(places, [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(scale.parts().collect::<Vec<_>>(), [(0, 40)]);
        assert_eq!(scale.cuts().count(), 0);
    }

    #[test]
    fn simultaneous_events_are_in_the_middle() {
        assert_eq!(scale(&[(7, 7), (7, 7)], Some((7, 7))).place(7), 0.5);
    }

    #[test]
    fn a_wait_much_longer_than_all_others_is_cut() {
        // 1,500 is not 20 times as long as 100; 40,000 is more than 20 times as long as both together.
        let moments = [0, 100, 1_600, 41_600].map(|at| (at, at));
        let scale = scale(&moments, None);
        assert_eq!(scale.cuts().collect::<Vec<_>>(), [(1_600, 41_600)]);
        assert_eq!(scale.parts().collect::<Vec<_>>(), [(0, 1_600)]);
        // The cut takes 6 % of the length of the rest.
        assert!((scale.place(1_600) - 1.0 / 1.06).abs() < 1e-9);
        assert_eq!(scale.place(41_600), 1.0);
    }

    #[test]
    fn a_wait_of_more_than_twice_the_decisive_span_is_cut() {
        let moments = [(0, 0), (21, 21), (31, 31), (51, 51)];
        let scale = scale(&moments, Some((21, 31)));
        assert_eq!(scale.cuts().collect::<Vec<_>>(), [(0, 21)]);
        let scale = super::tests::scale(&moments, Some((0, 51)));
        assert_eq!(scale.cuts().count(), 0);
    }

    #[test]
    fn a_long_event_is_cut_in_its_middle() {
        let scale = scale(&[(0, 0), (5, 1_000), (10, 10)], Some((0, 10)));
        assert_eq!(scale.cuts().collect::<Vec<_>>(), [(10, 1_000)]);
    }

    #[test]
    fn the_ruler_is_a_round_time() {
        let scale = scale(&[(0, 0), (3 * SECOND, 3 * SECOND)], None);
        let (nanos, part) = scale.ruler(0.4).unwrap();
        assert_eq!(nanos, SECOND);
        assert!((part - 1.0 / 3.0).abs() < 1e-9);
        let day = 86_400 * SECOND;
        let days = super::tests::scale(&[(0, 0), (30 * day, 30 * day)], None);
        assert_eq!(days.ruler(0.4).unwrap().0, 10 * day);
        assert_eq!(super::tests::scale(&[(0, 0)], None).ruler(0.4), None);
    }

    #[test]
    fn overlapping_labels_move_apart_as_little_as_possible() {
        // The first two move apart; the third is where it is wanted.
        assert_eq!(
            apart(&[50.0, 50.0, 90.0], &[20.0, 20.0, 20.0], 200.0),
            [40.0, 60.0, 90.0]
        );
        // No label leaves the picture.
        assert_eq!(apart(&[-30.0, 95.0], &[20.0, 20.0], 100.0), [0.0, 80.0]);
    }

    proptest! {
        #[test]
        fn any_times_keep_their_order(
            mut moments in proptest::collection::vec(any::<(i64, i64)>(), 1..12),
            decide in any::<bool>(),
        ) {
            moments.iter_mut().for_each(|(a, b)| (*a, *b) = (*a.min(b), *a.max(b)));
            moments.sort_unstable();
            let deciding = decide.then(|| (moments[0].0, moments[moments.len() / 2].0));
            let scale = scale(&moments, deciding);
            let places: Vec<_> = moments.iter().map(|(from, _)| scale.place(*from)).collect();
            prop_assert!(places.is_sorted(), "{places:?}");
            prop_assert!(places.iter().all(|place| (0.0..=1.000_001).contains(place)));
        }

        #[test]
        fn labels_never_overlap_or_leave_the_picture(
            labels in proptest::collection::vec((-50.0..250.0_f64, 10.0..40.0_f64), 1..20),
            room in 0.0..100.0_f64,
        ) {
            let (mut wanted, heights): (Vec<_>, Vec<_>) = labels.into_iter().unzip();
            wanted.sort_by(f64::total_cmp);
            let length = heights.iter().sum::<f64>() + room;
            let tops = apart(&wanted, &heights, length);
            let mut end = 0.0;
            for (top, height) in tops.iter().zip(&heights) {
                prop_assert!(*top >= end - 1e-6);
                end = top + height;
            }
            prop_assert!(end <= length + 1e-6);
        }
    }
}
