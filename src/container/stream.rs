//! One of the shell's two output streams: the output of the current command, and what is outside of any.

use tokio::io::{AsyncRead, AsyncReadExt};

use super::capture::{Capture, Limits, OUTSIDE};
use super::marks::{Mark, Piece, Scanner};
use crate::evidence::recording::Output;

/// A quarter of a pipe of the default size: most commands print less.
const READ_SIZE: usize = 16 * 1024;

#[derive(Debug)]
pub(super) struct Stream<R> {
    /// Absent once its end has been read.
    pipe: Option<R>,
    /// The bytes of one read.
    buffer: Vec<u8>,
    scanner: Scanner,
    sorter: Sorter,
}

/// Assigns each piece to the command or to none.
#[derive(Debug)]
struct Sorter {
    last_mark: Option<Mark>,
    /// Present from a command's begin mark until its output is taken.
    command: Option<Capture>,
    outside: Capture,
    limits: Limits,
}

impl<R: AsyncRead + Unpin> Stream<R> {
    pub(super) fn new(pipe: R, nonce: &str, limits: Limits) -> Self {
        Self {
            pipe: Some(pipe),
            buffer: Vec::with_capacity(READ_SIZE),
            scanner: Scanner::new(nonce),
            sorter: Sorter {
                last_mark: None,
                command: None,
                outside: Capture::new(OUTSIDE),
                limits,
            },
        }
    }

    /// Reads once and sorts the bytes. Never returns once the stream has ended. Cancel-safe.
    pub(super) async fn read(&mut self) {
        let Some(pipe) = &mut self.pipe else {
            return std::future::pending().await;
        };
        self.buffer.clear();
        // After an error there is nothing more to read.
        if pipe.read_buf(&mut self.buffer).await.unwrap_or(0) == 0 {
            self.pipe = None;
            self.scanner.finish(|piece| self.sorter.take(piece));
        }
        self.scanner
            .feed(&self.buffer, |piece| self.sorter.take(piece));
    }

    pub(super) fn has_ended(&self) -> bool {
        self.pipe.is_none()
    }

    pub(super) fn last_mark(&self) -> Option<Mark> {
        self.sorter.last_mark
    }

    /// The output of the command so far, whether it has ended or not.
    pub(super) fn take_output(&mut self) -> Output {
        // Not after its end: then the bytes held may be the beginning of the next mark.
        if let Some(Mark::Begin(_)) = self.sorter.last_mark {
            self.scanner.finish(|piece| self.sorter.take(piece));
        }
        self.sorter
            .command
            .take()
            .map(Capture::into_output)
            .unwrap_or_default()
    }

    pub(super) fn stray_bytes(&self) -> u64 {
        self.sorter.outside.total_bytes()
    }

    /// The text outside of any marks, up to [`OUTSIDE`].
    pub(super) fn take_stray_text(&mut self) -> String {
        let outside = std::mem::replace(&mut self.sorter.outside, Capture::new(OUTSIDE));
        outside.into_output().text().trim().to_owned()
    }
}

impl Sorter {
    fn take(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Mark(mark) => {
                if let Mark::Begin(_) = mark {
                    self.command = Some(Capture::new(self.limits));
                }
                self.last_mark = Some(mark);
            }
            Piece::Bytes(bytes) => match (&self.last_mark, &mut self.command) {
                (Some(Mark::Begin(_)), Some(capture)) => capture.push(bytes),
                _ => self.outside.push(bytes),
            },
        }
    }
}
