//! Signals that arrive before the command that they are to end has begun.
//!
//! A command with a report must end with one, also if a signal arrives while lxcdiag still reads its runbooks. Any other
//! command ends as programs do by default.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::{emulate_default_handler, unregister};
use signal_hook::{SigId, flag};

const SIGNALS: [i32; 4] = [SIGINT, SIGQUIT, SIGTERM, SIGHUP];

/// How long a signal waits for the command to begin: what is read first, such as a pipe, may never end.
const PATIENCE: Duration = Duration::from_secs(2);

/// The signals that the caller of lxcdiag ignores, such as `nohup`: bit 0 stands for signal 1.
static IGNORED: OnceLock<u64> = OnceLock::new();
static EARLY: Mutex<Option<Early>> = Mutex::new(None);

struct Early {
    /// The last signal; 0 without one.
    arrived: Arc<AtomicUsize>,
    /// Whether signals have their default effect.
    default: Arc<AtomicBool>,
    ids: Vec<SigId>,
    watch: Handle,
    /// Dropped when the wait is over.
    _waiting: Sender<()>,
}

/// Catches signals from now on, until [`take`] or [`restore_default`]. If that is not possible, they keep their default.
pub(super) fn catch() {
    let _ = IGNORED.set(ignored().unwrap_or_default());
    let early = Early::new().ok();
    *EARLY.lock().unwrap_or_else(PoisonError::into_inner) = early;
}

/// The signal that has arrived, if any did. Later ones are for the caller, who must have a handler already.
pub(super) fn take() -> Option<i32> {
    let early = EARLY
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()?;
    early.end();
    early.default.store(false, Ordering::SeqCst);
    i32::try_from(early.arrived.load(Ordering::SeqCst))
        .ok()
        .filter(|signal| *signal != 0)
}

/// Lets signals end the process, those included that have arrived, until [`take`].
pub(super) fn restore_default() {
    let early = EARLY.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(early) = early.as_ref() else {
        return;
    };
    early.default.store(true, Ordering::SeqCst);
    early.watch.close();
    if let Ok(signal @ 1..) = i32::try_from(early.arrived.load(Ordering::SeqCst)) {
        let _ = emulate_default_handler(signal);
    }
}

/// Whether the caller of lxcdiag ignores a signal.
pub(super) fn is_ignored(signal: i32) -> bool {
    let mask = IGNORED.get().copied().unwrap_or_default();
    mask & 1 << (signal - 1) != 0
}

/// The signals that this process ignores, before any is caught.
fn ignored() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mut lines = status.lines();
    let mask = lines.find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

impl Early {
    fn new() -> std::io::Result<Self> {
        let (waiting, over) = channel();
        let (to_thread, from_here) = channel();
        // If no thread can be started, no signal may be caught.
        std::thread::Builder::new().spawn(move || {
            if let Ok(signals) = from_here.recv() {
                end_late(signals, &over);
            }
        })?;
        let caught = SIGNALS.into_iter().filter(|signal| !is_ignored(*signal));
        let signals = Signals::new(caught.clone())?;
        let mut early = Self {
            arrived: Arc::default(),
            default: Arc::default(),
            ids: Vec::new(),
            watch: signals.handle(),
            _waiting: waiting,
        };
        for signal in caught {
            flag::register_conditional_default(signal, Arc::clone(&early.default))?;
            let number = usize::try_from(signal).unwrap_or_default();
            let id = flag::register_usize(signal, Arc::clone(&early.arrived), number)?;
            early.ids.push(id);
        }
        let _ = to_thread.send(signals);
        Ok(early)
    }

    fn end(&self) {
        self.watch.close();
        for id in &self.ids {
            unregister(*id);
        }
    }
}

/// Ends the process by a signal that nobody took in time.
fn end_late(mut signals: Signals, over: &Receiver<()>) {
    let Some(signal) = signals.forever().next() else {
        return;
    };
    if over.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
        let _ = emulate_default_handler(signal);
    }
}
