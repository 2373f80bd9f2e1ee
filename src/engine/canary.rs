//! Pushes a unit of lxcdiag's own into a container, reloads systemd and enables the unit, as provisioning scripts do, and
//! records the results. The unit never runs, and is removed at the end, whatever happens.
//!
//! The file that is pushed is in memory, so that nothing stays on the host. In the container, a service of systemd
//! removes the unit if lxcdiag is killed (`canary.sh`).

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::process::Output as ProcessOutput;
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, memfd_create};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::clock::now;
use crate::container::capture::{self, Capture, Limits};
use crate::container::transport::Transport;
use crate::container::{Exchange, Session, spawn};
use crate::evidence::container_id::ContainerId;
use crate::evidence::recording::{Ending, Output};
use crate::evidence::time::{SECOND, seconds};
use crate::runbook::CANARY;
use crate::shell_quote::command_line;

const PATH: &str = "/etc/systemd/system/lxcdiag-canary.service";
/// Its target is its own, and nothing starts that.
const TEXT: &str = "[Unit]
Description=Canary of lxcdiag, to be removed
[Service]
Type=oneshot
ExecStart=/bin/true
[Install]
WantedBy=lxcdiag-canary.target
";

/// The most pushes of one check.
const MOST: u32 = 1_000;

/// A busy host may take long to start `pct`, and a push waits up to 10 s for the container's lock.
const PUSH_LIMIT: Duration = Duration::from_secs(60);

/// A reload of many units may take long on a busy host.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// How long an interrupted run waits for a push that has begun.
const PUSH_GRACE: Duration = Duration::from_secs(3);

/// The parts of `canary.sh`. The service runs the first one only: systemd would expand `%` and `${…}` in its command line.
const GUARD: &str = include_str!("canary/guard.sh");
const ROUNDS: &str = include_str!("canary/rounds.sh");

/// A canary in a container.
pub(super) struct Canary {
    began: (i64, Instant),
    /// The push that runs.
    push: Option<JoinHandle<io::Result<ProcessOutput>>>,
    /// The container may have the unit, or the service that removes it.
    is_left: bool,
    stdout: String,
    stderr: String,
}

impl Canary {
    pub(super) fn new(now: i64) -> Self {
        Self {
            began: (now, Instant::now()),
            push: None,
            is_left: false,
            stdout: String::new(),
            stderr: String::new(),
        }
    }

    /// Pushes and enables the unit `times` times. If the future is dropped, [`Self::remove`] cleans up.
    ///
    /// # Errors
    /// Why it ended early.
    pub(super) async fn run(
        &mut self,
        session: &mut Session,
        transport: &dyn Transport,
        ct: ContainerId,
        times: &str,
        limit: Duration,
    ) -> Result<(), Ending> {
        let errored = |reason: String| Ending::Errored(reason);
        let times: u32 = match times.trim().parse() {
            Ok(times @ 1..=MOST) => times,
            _ => {
                let reason = format!("invalid number of pushes `{times}`: expected 1 to {MOST}");
                return Err(errored(reason));
            }
        };
        let source =
            file().map_err(|error| errored(format!("cannot create the file to push: {error}")))?;
        let path = format!("/proc/{}/fd/{}", std::process::id(), source.as_raw_fd());
        let argv = transport.push(ct, &path, PATH).map_err(errored)?;
        self.is_left = true;
        self.command(session, "prepare").await.map_err(errored)?;
        let deadline = self.began.1 + limit;
        for round in 1..=times {
            if Instant::now() >= deadline {
                return Err(Ending::TimedOut);
            }
            self.round(session, &argv, round).await.map_err(errored)?;
        }
        Ok(())
    }

    async fn round(
        &mut self,
        session: &mut Session,
        argv: &[String],
        round: u32,
    ) -> Result<(), String> {
        tracing::debug!("{}", command_line(argv));
        let began = now();
        let child =
            spawn(argv, false).map_err(|error| format!("cannot start pct push: {error}"))?;
        let push = self.push.insert(tokio::spawn(child.wait_with_output()));
        let output = timeout(PUSH_LIMIT, &mut *push).await;
        let output = output
            .map_err(|_| format!("pct push did not end within {} s", PUSH_LIMIT.as_secs()))?;
        let ended = now();
        self.push = None;
        let output = output
            .map_err(io::Error::other)
            .and_then(|output| output)
            .map_err(|error| format!("cannot wait for pct push: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let pushed = output.status.success() && said.trim().is_empty();
        for line in said.lines().filter(|line| !line.trim().is_empty()) {
            let _ = writeln!(self.stderr, "{round}: pct push: {line}");
        }
        let (found, said) = self.command(session, "enable").await?;
        for line in said.lines() {
            let _ = writeln!(self.stderr, "{round}: systemctl: {line}");
        }
        let mut found = found.split_whitespace();
        let enabled = found.next().unwrap_or("no");
        let reload = found.next().unwrap_or("-");
        let [created, complete] = [found.next(), found.next()].map(|text| stamp(text?));
        let _ = write!(
            self.stdout,
            "round={round} push={} reload={reload} enabled={enabled} began={} ended={}",
            if pushed { "ok" } else { "failed" },
            in_seconds(began),
            in_seconds(ended),
        );
        let since = |name: &str, from: Option<i64>, to: Option<i64>| match (from, to) {
            (Some(from), Some(to)) => format!(" {name}={:.6}", seconds(to - from)),
            _ => String::new(),
        };
        let visible = since("visible_after", created, complete);
        let late = since("late", Some(ended), complete);
        let _ = writeln!(self.stdout, "{visible}{late}");
        Ok(())
    }

    /// Removes the unit, and ends the service that would. After a run that was interrupted, too.
    pub(super) async fn remove(&mut self, session: &mut Session) -> Result<(), String> {
        if let Some(push) = &mut self.push {
            // If it ends later, the service removes the file.
            if timeout(PUSH_GRACE, &mut *push).await.is_err() {
                return Ok(());
            }
            self.push = None;
        }
        if !std::mem::take(&mut self.is_left) {
            return Ok(());
        }
        match self.command(session, "remove").await {
            Ok(_) => Ok(()),
            Err(reason) => Err(format!("{reason}; {CANARY} may be left in the container")),
        }
    }

    /// The result so far.
    pub(super) fn exchange(self, ending: Ending) -> Exchange {
        let (started_at, began) = self.began;
        Exchange {
            started_at: Some(started_at),
            duration: i64::try_from(began.elapsed().as_nanos()).ok(),
            ending,
            stdout: captured(&self.stdout, capture::STDOUT),
            stderr: captured(&self.stderr, capture::STDERR),
            session_lost: false,
        }
    }

    /// Runs a part of the script in the container. Returns both streams.
    async fn command(
        &mut self,
        session: &mut Session,
        part: &str,
    ) -> Result<(String, String), String> {
        let script = format!("{GUARD}{ROUNDS}");
        let argv = ["sh", "-c", &script, "lxcdiag-canary", part, GUARD].map(str::to_owned);
        tracing::debug!("canary: {part}: {}", command_line(&argv));
        let exchange = session.run(&argv, COMMAND_LIMIT).await;
        let (stdout, stderr) = (exchange.stdout.text(), exchange.stderr.text());
        let what = match exchange.ending {
            Ending::Exited(0) => return Ok((stdout, stderr)),
            Ending::Exited(status) => format!("exit status {status}"),
            Ending::TimedOut => format!("timed out after {} s", COMMAND_LIMIT.as_secs()),
            Ending::Errored(reason) | Ending::Skipped(reason) => reason,
            Ending::Probed => String::new(),
        };
        let said = stderr.lines().next();
        let said = said.map(|line| format!(": {line}")).unwrap_or_default();
        Err(format!("cannot {part} the canary: {what}{said}"))
    }
}

fn captured(text: &str, limits: Limits) -> Output {
    let mut capture = Capture::new(limits);
    capture.push(text.as_bytes());
    capture.into_output()
}

/// The unit as a file that only this process has.
fn file() -> io::Result<std::fs::File> {
    let mut file = std::fs::File::from(memfd_create("lxcdiag-canary", MemfdFlags::CLOEXEC)?);
    file.write_all(TEXT.as_bytes())?;
    Ok(file)
}

/// A timestamp of `stat` in nanoseconds; none if the file system does not know it.
fn stamp(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.')?;
    let nanos = whole.parse::<i64>().ok()?.checked_mul(SECOND)?;
    Some(nanos.checked_add(fraction.parse().ok()?)?).filter(|nanos| *nanos > 0)
}

/// Seconds since the Unix epoch, to the microsecond.
fn in_seconds(nanos: i64) -> String {
    format!("{}.{:06}", nanos / SECOND, nanos % SECOND / 1_000)
}
