//! When a task began and ended, as precisely as its traces allow. Pure, except for [`boot_moment`].

use rustix::time::{ClockId, Timespec, clock_gettime};

use super::files::nanos;
use super::upid::Upid;
use crate::evidence::time::{FILE_STAMP_SLACK, Interval, SECOND};

/// The clock tick of `/proc/PID/stat` and of UPIDs: 1/100 s on every architecture of Proxmox VE.
const TICK: i64 = 10_000_000;

/// How long after the start second of a task its process may be forked on a host under load:
/// `fork_worker` reads the clock, opens pipes, then forks.
const FORK_LATENCY: i64 = SECOND / 4;

/// When a task's output was last written, and whether its last line has the task's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastWrite {
    /// Nanoseconds since the epoch, by the kernel's coarse clock.
    pub(super) at: i64,
    pub(super) final_line: bool,
}

impl LastWrite {
    fn moment(self) -> Interval {
        Interval::new(self.at, self.at.saturating_add(FILE_STAMP_SLACK))
    }
}

/// When this system booted, by its current clock; as wide as the time to read two clocks.
pub(super) fn boot_moment() -> Interval {
    let before = clock_gettime(ClockId::Boottime);
    let now = clock_gettime(ClockId::Realtime);
    let after = clock_gettime(ClockId::Boottime);
    let nanos = |time: Timespec| nanos(time.tv_sec, time.tv_nsec);
    Interval::new(
        nanos(now).saturating_sub(nanos(after)),
        nanos(now).saturating_sub(nanos(before)),
    )
}

/// The time of a moment in ticks since `boot`.
pub(super) fn tick(ticks: i64, boot: Interval) -> Interval {
    let ticks = ticks.saturating_mul(TICK);
    Interval::new(
        boot.start.saturating_add(ticks),
        boot.end.saturating_add(ticks).saturating_add(TICK),
    )
}

/// When a task began: the start of its process in ticks since `boot`, if that agrees with the whole
/// second in the UPID.
///
/// They do not agree for a task of an earlier boot, or if the clock was set in the meantime. The process is
/// forked after the second is taken, so if it started just before, one of them is slightly off: the
/// result then covers both.
pub(super) fn begin(upid: &Upid, boot: Interval) -> Interval {
    let second = whole_second(upid.start);
    let precise = tick(upid.ticks, boot);
    let latest = second.end.saturating_add(FORK_LATENCY);
    if precise.end >= second.start && precise.start < latest {
        precise
    } else if precise.start >= second.start.saturating_sub(SECOND) && precise.start < latest {
        Interval::spanning(precise, second)
    } else {
        second
    }
}

/// When a task ended: the last write to its output, if that agrees with the second in which Proxmox VE
/// noted the end.
///
/// That second may be late, because it is taken when the task list is next read, and a killed task
/// writes no last line: the end then lies anywhere between the two.
pub(super) fn end(begin: Interval, noted: u32, write: Option<LastWrite>) -> Interval {
    // Perl's `time` reads the coarse clock, which lags as a file's timestamp does.
    let second = whole_second(noted).shifted(Interval::new(0, FILE_STAMP_SLACK));
    let Some(write) = write else { return second };
    let close = write.at >= second.start.saturating_sub(SECOND);
    if write.at > second.end || write.moment().end < begin.start {
        second
    } else if write.final_line && close {
        write.moment()
    } else {
        Interval::spanning(write.moment(), second)
    }
}

/// When a task ended whose end Proxmox VE has not noted yet, although its output has a status.
pub(super) fn end_unnoted(write: LastWrite) -> Option<Interval> {
    write.final_line.then(|| write.moment())
}

fn whole_second(seconds: u32) -> Interval {
    let start = i64::from(seconds).saturating_mul(SECOND);
    Interval::new(start, start.saturating_add(SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    // 0x6B03719F s, 0x47B03 = 293635 ticks = 2936.35 s.
    const S: i64 = 1_795_387_807;
    const UPID: &str = "UPID:vm:0000436C:00047B03:6B03719F:push_file:958:root@pam:";

    fn upid() -> Upid {
        Upid::parse(UPID).unwrap()
    }

    /// The boot that makes the process start `offset` ms after the UPID's second began.
    fn boot(offset: i64) -> Interval {
        let start = S * SECOND + offset * 1_000_000 - 2_936_350_000_000;
        Interval::new(start, start + 500)
    }

    #[test]
    fn ticks_are_used_if_they_agree_with_the_second() {
        let ms = |from: i64| {
            Interval::new(
                S * SECOND + from * 1_000_000,
                S * SECOND + (from + 10) * 1_000_000 + 500,
            )
        };
        let second = Interval::new(S * SECOND, (S + 1) * SECOND);
        let cases = [
            (0, ms(0)),
            (400, ms(400)),
            (990, ms(990)),
            (1_240, ms(1_240)), // forked late, on a busy host
            (-5, ms(-5)),       // the tick began before the second did
            (1_250, second),    // later than any fork
            (-11, Interval::new(ms(-11).start, second.end)),
            (-1_000, Interval::new((S - 1) * SECOND, second.end)),
            (-1_001, second),     // the clock was set since
            (86_400_000, second), // an earlier boot
        ];
        for (offset, expected) in cases {
            assert_eq!(begin(&upid(), boot(offset)), expected, "{offset} ms");
        }
    }

    #[test]
    fn extreme_clocks_do_not_overflow() {
        for boot in [i64::MIN, 0, i64::MAX] {
            let second = Interval::new(S * SECOND, (S + 1) * SECOND);
            assert_eq!(begin(&upid(), Interval::at(boot)), second);
        }
    }

    #[test]
    fn the_last_write_is_the_end_if_it_agrees() {
        let began = Interval::at((S - 5) * SECOND);
        let second = Interval::new(S * SECOND, (S + 1) * SECOND + 10_000_000);
        let write = |ms: i64, final_line| {
            Some(LastWrite {
                at: S * SECOND + ms * 1_000_000,
                final_line,
            })
        };
        let at = |ms: i64| S * SECOND + ms * 1_000_000;
        let cases = [
            (None, second),
            (write(300, true), Interval::new(at(300), at(310))),
            (write(-1_000, true), Interval::new(at(-1_000), at(-990))),
            (write(1_000, true), Interval::new(at(1_000), at(1_010))),
            (write(1_010, true), Interval::new(at(1_010), at(1_020))),
            (write(1_011, true), second), // touched later
            (write(-1_001, true), Interval::new(at(-1_001), at(1_010))), // noted late
            (write(-6_000, true), second), // older than the task
            (write(300, false), Interval::new(at(0), at(1_010))), // killed, some time then
            (write(-700, false), Interval::new(at(-700), at(1_010))),
        ];
        for (write, expected) in cases {
            assert_eq!(end(began, S as u32, write), expected, "{write:?}");
        }
    }

    #[test]
    fn the_boot_moment_is_in_the_past_and_narrow() {
        let boot = boot_moment();
        assert!(boot.start > 0 && boot.end - boot.start < SECOND, "{boot:?}");
        let uptime: f64 = std::fs::read_to_string("/proc/uptime")
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let expected = now.as_secs_f64() - uptime;
        assert!((crate::evidence::time::seconds(boot.start) - expected).abs() < 0.5);
    }
}
