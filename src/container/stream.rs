//! One of the shell's two output streams: what is the current command's, and what is nobody's.

use tokio::io::{AsyncRead, AsyncReadExt};

use super::capture::{Capture, Limits, OUTSIDE};
use super::marks::{Mark, Piece, Scanner};
use crate::evidence::recording::Output;

/// A quarter of what a pipe of Linux's default size holds: most commands print less.
const READ_SIZE: usize = 16 * 1024;

#[derive(Debug)]
pub(super) struct Stream<R> {
    /// Gone once the end of the file was read.
    pipe: Option<R>,
    /// What one read has brought.
    buffer: Vec<u8>,
    scanner: Scanner,
    sorter: Sorter,
}

/// Puts each piece where it belongs.
#[derive(Debug)]
struct Sorter {
    last_mark: Option<Mark>,
    /// There while the stream is between a command's marks, and after, until it is taken.
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

    /// Reads once and sorts what came. Never returns once the stream has ended. Dropping the future
    /// loses nothing.
    pub(super) async fn read(&mut self) {
        let Some(pipe) = &mut self.pipe else {
            return std::future::pending().await;
        };
        self.buffer.clear();
        // An error is an end: nothing more can be had.
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

    /// What was captured of the command so far, to its end or not.
    pub(super) fn take_output(&mut self) -> Output {
        // Unless its end was seen: then what is held may be the beginning of a mark yet to come.
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

    /// What was said outside any marks, up to [`OUTSIDE`].
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
