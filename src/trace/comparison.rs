//! How often a command fails with and without a delay, and whether the delay helps. Pure.

use std::fmt::Write as _;

use crate::evidence::provision_log::call_failure;
use crate::evidence::time::seconds;
use crate::evidence::trace::{Call, Run, Trace};

/// The quantile of the normal distribution for intervals of 95 %.
const Z: f64 = 1.959_963_984_540_054;
/// Intervals for more runs than this are not searched for.
const MOST_RUNS: usize = 1_000;

/// Runs of the same kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    failed: usize,
    runs: usize,
}

impl Count {
    fn of<'a>(runs: impl Iterator<Item = &'a Run>) -> Self {
        let mut count = Self::default();
        for run in runs {
            count.runs += 1;
            count.failed += usize::from(has_failed(run));
        }
        count
    }

    fn rate(self) -> f64 {
        self.failed as f64 / self.runs as f64
    }

    /// The Wilson score interval of the failure rate.
    fn interval(self) -> (f64, f64) {
        let (n, p) = (self.runs as f64, self.rate());
        let scale = 1.0 + Z * Z / n;
        let centre = p + Z * Z / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let low = (centre - spread) / scale;
        let high = (centre + spread) / scale;
        (low.max(0.0), high.min(1.0))
    }

    /// Whether this rate is certainly lower than another: the intervals do not overlap.
    fn is_below(self, other: Self) -> bool {
        self.interval().1 < other.interval().0
    }

    fn times(self, factor: usize) -> Self {
        Self {
            failed: self.failed * factor,
            runs: self.runs * factor,
        }
    }

    fn describe(self) -> String {
        let (low, high) = self.interval();
        format!(
            "{} of {} failed: {} (95 % interval: {} to {})",
            self.failed,
            count_of_runs(self.runs),
            percent(self.rate()),
            percent(low),
            percent(high)
        )
    }
}

/// Whether a run failed: the command, or a call whose failure the command did not notice.
fn has_failed(run: &Run) -> bool {
    !run.ending.is_success() || cause(run).is_some()
}

/// The message of the first call in a run that certainly failed.
fn cause(run: &Run) -> Option<String> {
    let failures = run.calls.iter().filter_map(call_failure);
    let mut certain = failures.filter(|failure| failure.is_certain);
    certain.next().map(|failure| failure.text)
}

/// The first push in a run that failed by itself.
fn failed_push(run: &Run) -> Option<String> {
    let pushes = run.calls.iter().filter(|call| call.push.is_some());
    pushes
        .filter_map(call_failure)
        .map(|failure| failure.text)
        .next()
}

/// The failure rates of the runs of a trace, and what they show. `None` for a single run.
pub fn comparison(trace: &Trace) -> Option<String> {
    if trace.runs.len() < 2 {
        return None;
    }
    let (delayed, plain): (Vec<&Run>, Vec<&Run>) =
        trace.runs.iter().partition(|run| run.settle_ms.is_some());
    let mut text = String::new();
    let delay = delayed
        .first()
        .and_then(|run| run.settle_ms)
        .map(milliseconds);
    let without = Count::of(plain.iter().copied());
    if without.runs > 0 {
        let label = if delay.is_some() {
            "Without the delay: "
        } else {
            ""
        };
        let _ = writeln!(text, "{label}{}", without.describe());
    }
    if let Some(durations) = Durations::of(&trace.runs) {
        let _ = writeln!(text, "{}", durations.describe());
    }
    let Some(delay) = delay else {
        return Some(text);
    };
    let with = Count::of(delayed.iter().copied());
    let _ = writeln!(text, "With {delay} after each push: {}", with.describe());
    if without.runs > 0 {
        let pushes: Vec<_> = delayed.iter().map(|run| failed_push(run)).collect();
        let push = pushes
            .iter()
            .all(Option::is_some)
            .then(|| pushes.first().cloned().flatten());
        let _ = writeln!(
            text,
            "{}",
            conclusion(without, with, push.flatten().as_deref())
        );
    }
    Some(text)
}

/// How long the pushes of several runs took that succeeded. A push is synchronous: at its end, the file is visible.
#[derive(Debug, PartialEq, Eq)]
struct Durations {
    pushes: usize,
    /// In nanoseconds.
    median: i64,
    /// The 99th percentile, by nearest rank.
    high: i64,
}

impl Durations {
    fn of(runs: &[Run]) -> Option<Self> {
        let calls = runs.iter().flat_map(|run| &run.calls);
        let pushes = calls.filter(|call| call.push.is_some() && call_failure(call).is_none());
        let took = |call: &Call| {
            let end = call.finished_at?.nanos();
            Some(end.saturating_sub(call.started_at.nanos()))
        };
        let mut durations: Vec<i64> = pushes.filter_map(took).collect();
        durations.sort_unstable();
        let rank = |percent: usize| {
            let rank = (durations.len() * percent).div_ceil(100);
            durations.get(rank.checked_sub(1)?).copied()
        };
        Some(Self {
            pushes: durations.len(),
            median: rank(50)?,
            high: rank(99)?,
        })
    }

    fn describe(&self) -> String {
        format!(
            "Time from the begin of a push to the visible file, at most: median {:.3} s, 99th percentile {:.3} s ({} pushes)",
            seconds(self.median),
            seconds(self.high),
            self.pushes
        )
    }
}

/// What the rates show. `push` is the message of the push that failed in every run with the delay.
fn conclusion(without: Count, with: Count, push: Option<&str>) -> String {
    if let Some(push) = push {
        return format!(
            "The delay does not help: a push fails in every run with it, and no delay changes that: {push}"
        );
    }
    if without.failed == 0 && with.failed == 0 {
        return "No run failed, so these runs do not show whether the delay helps.".to_owned();
    }
    let (still_failing, _) = with.interval();
    if with.is_below(without) {
        let rest = match with.failed {
            0 => format!(
                "No run failed with it; at most {} do.",
                percent(with.interval().1)
            ),
            _ => "It is no cure: runs with it still fail.".to_owned(),
        };
        format!("The delay helps. {rest}")
    } else if without.is_below(with) {
        "The delay makes it worse.".to_owned()
    } else if with.rate() >= without.rate() && still_failing > 0.5 {
        "The delay does not help: most runs fail with it too.".to_owned()
    } else {
        let enough = (2..MOST_RUNS)
            .map(|factor| (factor, without.times(factor), with.times(factor)))
            .take_while(|(_, without, _)| without.runs <= MOST_RUNS)
            .find(|(_, without, with)| with.is_below(*without) || without.is_below(*with));
        let advice = enough.map_or_else(String::new, |(_, without, _)| {
            format!(
                " If the rates stay the same, --repeat {} is enough.",
                without.runs
            )
        });
        format!(
            "Too few runs to tell whether the delay helps ({} of each).{advice}",
            count_of_runs(without.runs.min(with.runs))
        )
    }
}

fn count_of_runs(count: usize) -> String {
    match count {
        1 => "1 run".to_owned(),
        _ => format!("{count} runs"),
    }
}

fn percent(rate: f64) -> String {
    let percent = rate * 100.0;
    // The upper bound of a rare failure needs its decimals.
    match (0.05..9.95).contains(&percent) {
        true => format!("{percent:.1} %"),
        false => format!("{percent:.0} %"),
    }
}

fn milliseconds(count: u64) -> String {
    match count % 1_000 {
        0 => format!("{} s", count / 1_000),
        _ => format!("{count} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn count(failed: usize, runs: usize) -> Count {
        Count { failed, runs }
    }

    fn close(found: (f64, f64), expected: (f64, f64)) -> bool {
        (found.0 - expected.0).abs() < 5e-4 && (found.1 - expected.1).abs() < 5e-4
    }

    /// The values are those of Newcombe's paper of 1998 (Statistics in Medicine 17, p. 857), 81/263 and 15/148.
    #[test]
    fn intervals_are_those_of_wilson() {
        assert!(close(count(81, 263).interval(), (0.2553, 0.3662)));
        assert!(close(count(15, 148).interval(), (0.0624, 0.1605)));
        assert!(close(count(0, 20).interval(), (0.0, 0.1611)));
    }

    #[test]
    fn a_conclusion_needs_enough_runs() {
        for (without, with, expected) in [
            (
                count(10, 10),
                count(0, 10),
                "The delay helps. No run failed with it; at most 28 % do.",
            ),
            (
                count(20, 20),
                count(8, 20),
                "The delay helps. It is no cure: runs with it still fail.",
            ),
            (
                count(10, 10),
                count(10, 10),
                "The delay does not help: most runs fail with it too.",
            ),
            (count(0, 10), count(10, 10), "The delay makes it worse."),
            (
                count(0, 10),
                count(0, 10),
                "No run failed, so these runs do not show whether the delay helps.",
            ),
            (
                count(1, 1),
                count(0, 1),
                "Too few runs to tell whether the delay helps (1 run of each). If the rates stay the same, --repeat 4 is enough.",
            ),
            (
                count(1, 3),
                count(1, 3),
                "Too few runs to tell whether the delay helps (3 runs of each).",
            ),
        ] {
            assert_eq!(
                conclusion(without, with, None),
                expected,
                "{without:?} {with:?}"
            );
        }
    }

    #[test]
    fn a_push_that_fails_in_every_run_is_helped_by_no_delay() {
        let text = conclusion(
            count(1, 1),
            count(1, 1),
            Some("failed to create file: /etc/: Is a directory"),
        );
        assert_eq!(
            text,
            "The delay does not help: a push fails in every run with it, and no delay changes that: \
             failed to create file: /etc/: Is a directory"
        );
    }

    /// A run with pushes that took these seconds.
    fn run(took: impl Iterator<Item = i64>) -> Run {
        use crate::evidence::trace::{Ending, Push, SourceKind, Stamp};
        let ending = Ending {
            exit: Some(0),
            signal: None,
        };
        let call = |seconds: i64| Call {
            program: "pct".to_owned(),
            path: "/usr/sbin/pct".to_owned(),
            arguments: Vec::new(),
            ct: None,
            pid: 1,
            started_at: Stamp::new(0),
            finished_at: Some(Stamp::new(seconds * 1_000_000_000)),
            ending,
            stderr: Some(String::new()),
            stderr_bytes: 0,
            stdout_included: false,
            boot: None,
            push: Some(Push {
                source: "a".to_owned(),
                destination: "/a".to_owned(),
                kind: SourceKind::File,
                size: None,
                sha256: None,
                changed: false,
            }),
        };
        Run {
            started_at: Stamp::new(0),
            finished_at: Stamp::new(0),
            settle_ms: None,
            ending,
            calls: took.map(call).collect(),
        }
    }

    #[test]
    fn the_duration_of_pushes_is_that_of_those_that_succeeded() {
        let found = Durations::of(&[run(1..=200)]).unwrap();
        let second = 1_000_000_000;
        let expected = Durations {
            pushes: 200,
            median: 100 * second,
            high: 198 * second,
        };
        assert_eq!(found, expected);
        let mut failed = run([7, 8].into_iter());
        failed.calls[1].stderr = Some("failed to create file: /a: Is a directory\n".to_owned());
        let found = Durations::of(&[failed]).unwrap();
        assert_eq!((found.pushes, found.high), (1, 7 * second));
        assert_eq!(Durations::of(&[run([].into_iter())]), None);
    }

    #[test]
    fn the_upper_bound_of_a_rare_failure_has_decimals() {
        assert_eq!(
            count(0, 100).describe(),
            "0 of 100 runs failed: 0 % (95 % interval: 0 % to 3.7 %)"
        );
    }
}
