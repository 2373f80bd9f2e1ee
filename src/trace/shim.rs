//! The program that is in the place of `pct` or `lxc-attach`: records the call, and runs the real one.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::arguments::{Meaning, meaning};
use super::child::{Forwarder, WhenIdle, exit_like};
use super::directory::{Directory, KEEPER, RELAY};
use super::keeper::keep;
use super::relay::{Tap, write_all};
use super::source;
use crate::clock::now;
use crate::evidence::trace::{Boot, Call, Ending, Stamp};
use crate::host::Host;

/// The exit statuses of a shell for a command that does not exist, and for one that cannot be run.
const NOT_FOUND: i32 = 127;
const NOT_RUNNABLE: i32 = 126;
/// Within this time, a push that the script has just started in the background is recorded.
const RECORDED: Duration = Duration::from_millis(500);

/// One of the programs in the directory of a trace.
pub struct Shim {
    directory: Directory,
    name: String,
}

impl Shim {
    /// This process, if it was started as one of them.
    pub fn of_this_process() -> Option<Self> {
        let program = OsStr::from_bytes(rustix::param::linux_execfn().to_bytes());
        let (directory, name) = Directory::of_program(Path::new(program))?;
        let name = name.to_owned();
        Some(Self { directory, name })
    }

    /// Runs the real program with these words, and ends as it ends.
    pub fn run(self, words: &[OsString]) -> ! {
        match self.name.as_str() {
            RELAY => relay(),
            KEEPER => keep(&self.directory),
            _ => self.stand_in(words),
        }
        exit_like(Ending {
            exit: Some(0),
            signal: None,
        })
    }

    fn stand_in(&self, words: &[OsString]) -> ! {
        exit_like(self.call(words).unwrap_or_else(|error| {
            let _ = writeln!(io::stderr(), "lxcdiag: cannot run {}: {error}", self.name);
            let exit = match error.kind() {
                io::ErrorKind::NotFound => NOT_FOUND,
                _ => NOT_RUNNABLE,
            };
            Ending {
                exit: Some(exit),
                signal: None,
            }
        }))
    }

    fn call(&self, words: &[OsString]) -> io::Result<Ending> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = self.directory.real(&self.name, &path);
        let program = program.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let arguments = words.get(1..).unwrap_or_default();
        let mut command = Command::new(&program);
        command
            .args(arguments)
            .env("PATH", self.directory.removed_from(&path));
        if let Some(name) = words.first() {
            command.arg0(name);
        }

        let arguments: Vec<_> = arguments
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let Meaning {
            ct,
            push,
            interactive,
        } = meaning(&self.name, &arguments);
        let forwarder = Forwarder::new(WhenIdle::Default)?;
        let settle = self.directory.settings().settle();
        if let Some(settle) = settle {
            if push.is_none() {
                std::thread::sleep(RECORDED);
            }
            self.settle_pushes(settle);
        }
        let tap = match interactive {
            true => None,
            false => Some(Tap::insert(&mut command)?),
        };
        let push = push.map(|(source, destination)| source::look(&source, &destination));
        let mut call = Call {
            program: self.name.clone(),
            path: program.to_string_lossy().into_owned(),
            arguments,
            ct,
            pid: std::process::id(),
            started_at: Stamp::new(now()),
            finished_at: None,
            ending: Ending::default(),
            stderr: None,
            stderr_bytes: 0,
            stdout_included: tap.as_ref().is_some_and(|tap| tap.with_stdout),
            boot: ct
                .and_then(|ct| Host::at("/").init_started(ct))
                .map(|at| Boot {
                    from: Stamp::new(at.start),
                    to: Stamp::new(at.end),
                }),
            push,
        };
        // A call that is not recorded still runs.
        let _ = self.directory.record(&call);
        let mut pushed = call.push.clone();
        let hashing = std::thread::spawn(move || {
            pushed.as_mut().map(source::hash);
            pushed
        });
        let (child, pidfd) = forwarder.spawn(&mut command)?;
        // This end of the pipe is the program's.
        drop(command);
        let copied = tap.map(|tap| tap.copy(pidfd.as_fd()));
        let ending = Ending::from(forwarder.wait(child)?);
        call.finished_at = Some(Stamp::new(now()));
        call.ending = ending;
        if let Ok(pushed) = hashing.join() {
            call.push = pushed;
        }
        if let Some(copied) = copied {
            let output = copied.keep_open(&self.directory.relay());
            call.stderr_bytes = output.total_bytes();
            call.stderr = Some(output.text());
        }
        let _ = self.directory.record(&call);
        if let Some(settle) = settle.filter(|_| call.push.is_some()) {
            std::thread::sleep(settle);
        }
        Ok(ending)
    }

    /// Waits until every push began that long ago. A push in the foreground has waited after its end; one in the
    /// background is as if the script had a `sleep` in its next line.
    fn settle_pushes(&self, settle: Duration) {
        let calls = self.directory.calls();
        let pushes = calls.iter().filter(|call| call.push.is_some());
        let latest = pushes.map(|call| call.started_at.nanos()).max();
        let until = latest.map(|at| at.saturating_add_unsigned(settle.as_nanos() as u64));
        let missing = until.map_or(0, |until| until.saturating_sub(now()));
        std::thread::sleep(Duration::from_nanos(missing.try_into().unwrap_or(0)));
    }
}

/// Copies standard input to standard output until its end.
fn relay() {
    let mut chunk = vec![0; 64 << 10];
    loop {
        match io::stdin().read(&mut chunk) {
            Ok(0) => return,
            Ok(count) => {
                let bytes = chunk.get(..count).unwrap_or_default();
                if write_all(io::stdout().as_fd(), bytes).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
