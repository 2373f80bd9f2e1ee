//! Copies what a program writes to standard error, and keeps it.

use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, OFlags, fcntl_setfl, fstat};
use rustix::io::Errno;

use crate::container::capture::{Capture, STDERR};
use crate::evidence::recording::Output;

/// How much is copied at once.
const CHUNK: usize = 64 << 10;

/// A pipe in the place of a program's standard error.
pub(super) struct Tap {
    reader: PipeReader,
    /// Whether standard output goes through it as well.
    pub(super) with_stdout: bool,
}

/// What was copied.
pub(super) struct Copied {
    pub(super) output: Output,
    /// The pipe, if a process that outlives the program has it open.
    open: Option<PipeReader>,
}

impl Tap {
    /// Puts a pipe in the place of a command's standard error. If standard output is the same pipe or file, both go
    /// through it, which keeps their order.
    pub(super) fn insert(command: &mut Command) -> io::Result<Self> {
        let (reader, writer): (PipeReader, PipeWriter) = io::pipe()?;
        let with_stdout = are_one_stream(io::stdout().as_fd(), io::stderr().as_fd());
        if with_stdout {
            command.stdout(Stdio::from(writer.try_clone()?));
        }
        command.stderr(Stdio::from(writer));
        Ok(Self {
            reader,
            with_stdout,
        })
    }

    /// Copies until the program has ended, and what it wrote until then.
    pub(super) fn copy(mut self, program: BorrowedFd<'_>) -> Copied {
        let mut capture = Capture::new(STDERR);
        let mut chunk = vec![0; CHUNK];
        let mut has_ended = false;
        let mut open = None;
        // Without data, a read must not wait for a process that outlives the program.
        let _ = fcntl_setfl(&self.reader, OFlags::NONBLOCK);
        loop {
            match self.reader.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => {
                    let bytes = chunk.get(..count).unwrap_or_default();
                    capture.push(bytes);
                    // The reader is gone: the program gets SIGPIPE, as without the pipe.
                    if write_all(io::stderr().as_fd(), bytes).is_err() {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => break,
                Err(_) if has_ended => {
                    open = Some(self.reader);
                    break;
                }
                Err(_) => has_ended = wait(self.reader.as_fd(), program),
            }
        }
        Copied {
            output: capture.into_output(),
            open,
        }
    }
}

impl Copied {
    /// Starts a process that copies what is still to come, and ends with the last writer: without it, a process that
    /// the program leaves behind would lose its standard error.
    pub(super) fn keep_open(self, relay: &Path) -> Output {
        if let Some(reader) = self.open
            && let Ok(stderr) = io::stderr().as_fd().try_clone_to_owned()
        {
            let _ = fcntl_setfl(&reader, OFlags::empty());
            close_fds::set_fds_cloexec(3, &[]);
            let _ = Command::new(relay)
                .current_dir("/")
                .stdin(Stdio::from(reader))
                .stdout(Stdio::from(stderr))
                .stderr(Stdio::null())
                .spawn();
        }
        self.output
    }
}

/// Waits until there is data, or the program has ended; whether it has.
fn wait(reader: BorrowedFd<'_>, program: BorrowedFd<'_>) -> bool {
    let mut waiting = [
        PollFd::from_borrowed_fd(reader, PollFlags::IN),
        PollFd::from_borrowed_fd(program, PollFlags::IN),
    ];
    let [_, ended] = match poll(&mut waiting, None) {
        Ok(_) => waiting.map(|fd| !fd.revents().is_empty()),
        Err(Errno::INTR) => [false, false],
        Err(_) => [true, true],
    };
    ended
}

/// Writes all of it, to a stream that may be set not to wait.
pub(super) fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(to, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let _ = poll(&mut [PollFd::from_borrowed_fd(to, PollFlags::OUT)], None);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether two streams are the same pipe, socket or file. A terminal stays one, and devices keep no order.
fn are_one_stream(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> bool {
    let (Ok(one), Ok(other)) = (fstat(one), fstat(other)) else {
        return false;
    };
    let is_device = FileType::from_raw_mode(one.st_mode) == FileType::CharacterDevice;
    !is_device && (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}
