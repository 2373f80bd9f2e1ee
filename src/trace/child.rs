//! A child process that runs in the place of this one: same process group and terminal, and its caller's signals.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{
    Pid, PidfdFlags, Signal, getpgrp, kill_process, pidfd_open, pidfd_send_signal,
};
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::evidence::trace::Ending;

const FORWARDED: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// What a signal does while there is no child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhenIdle {
    /// What it would do to a process without a handler.
    Default,
    /// It is remembered.
    Remember,
}

/// Forwards this process's signals to its child.
pub(super) struct Forwarder {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    child: Option<OwnedFd>,
    received: Option<i32>,
}

impl Forwarder {
    /// From now on. A signal that the caller has set to be ignored stays ignored, in the child as well.
    pub(super) fn new(idle: WhenIdle) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let ignored = ignored_signals();
        let caught = FORWARDED
            .iter()
            .filter(|number| ignored >> (**number - 1) & 1 == 0);
        let mut signals = Signals::new(caught)?;
        let of_thread = Arc::clone(&state);
        std::thread::spawn(move || {
            for number in signals.forever() {
                let mut state = lock(&of_thread);
                state.received = Some(number);
                match &state.child {
                    // The terminal sends it to the whole process group.
                    Some(_) if matches!(number, SIGINT | SIGQUIT) && in_foreground() => {}
                    Some(child) => send(child.as_fd(), number),
                    None if idle == WhenIdle::Default => {
                        drop(state);
                        let _ = emulate_default_handler(number);
                    }
                    None => {}
                }
            }
        });
        Ok(Self { state })
    }

    /// Starts a child. A signal that arrives in the meantime is forwarded once it runs.
    pub(super) fn spawn(&self, command: &mut Command) -> io::Result<(Child, OwnedFd)> {
        let mut state = lock(&self.state);
        let mut child = command.spawn()?;
        let opened = Pid::from_raw(child.id() as i32)
            .ok_or(io::ErrorKind::NotFound.into())
            .and_then(|pid| Ok(pidfd_open(pid, PidfdFlags::empty())?))
            .and_then(|pidfd| Ok((pidfd.try_clone()?, pidfd)));
        match opened {
            Ok((for_signals, pidfd)) => {
                state.child = Some(for_signals);
                Ok((child, pidfd))
            }
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// Waits for the child's end.
    pub(super) fn wait(&self, mut child: Child) -> io::Result<ExitStatus> {
        let status = child.wait();
        lock(&self.state).child = None;
        status
    }

    /// The last signal, if any arrived.
    pub(super) fn received(&self) -> Option<i32> {
        lock(&self.state).received
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn send(child: BorrowedFd<'_>, number: i32) {
    if let Some(signal) = Signal::from_named_raw(number) {
        // It may have ended by now.
        let _ = pidfd_send_signal(child, signal);
    }
}

/// Whether a key at the terminal sends its signal to this process and to its child.
fn in_foreground() -> bool {
    let terminal = File::open("/dev/tty");
    let group = terminal.and_then(|terminal| Ok(rustix::termios::tcgetpgrp(terminal)?));
    group.is_ok_and(|group| group == getpgrp())
}

/// The signals that the caller has set to be ignored, as bits from that of signal 1.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

impl From<ExitStatus> for Ending {
    fn from(status: ExitStatus) -> Self {
        Self {
            exit: status.code(),
            signal: status.signal(),
        }
    }
}

/// Ends this process as a child has ended: its caller sees the same exit status, or the same signal.
pub fn exit_like(ending: Ending) -> ! {
    if let Some(number) = ending.signal {
        if number == SIGKILL {
            let _ = kill_process(rustix::process::getpid(), Signal::KILL);
        }
        let _ = emulate_default_handler(number);
        std::process::exit(128 + number);
    }
    std::process::exit(ending.exit.unwrap_or(1))
}
