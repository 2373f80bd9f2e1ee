//! The marks that the shell in the container prints around each command's output. Pure.
//!
//! `\x1e` `lxcdiag` NONCE WORDS `\x1e`, printed in one write. The nonce is 128 random bits that commands
//! do not know, so output that merely looks like a mark is only bytes.

use memchr::memmem::Finder;

/// Upper limit of the length of WORDS; `end`, three numbers and a flag are shorter.
const LONGEST: usize = 96;

/// A mark. The number is that of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The supervisor has started the runner.
    Hello,
    /// The container lacks `sleep`, which timeouts need.
    NoSleep,
    /// The shells cannot change their names in `/proc`, which timeouts need.
    NoProc,
    /// The runner waits for commands.
    Ready,
    /// The runner was killed, with this status, and the command with it. The supervisor has started another runner.
    Killed(i32),
    /// Every byte from here to the end mark is output of the command.
    Begin(u64),
    /// The program does not exist.
    Missing(u64),
    /// The program exists, but cannot be executed.
    Denied(u64),
    /// The command has ended, and its processes are cleaned up.
    End(u64, End),
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// As `wait` gives it: above 128 by signal.
    pub(super) status: i32,
    /// It was killed after its timeout.
    pub(super) timed_out: bool,
}

impl Mark {
    fn parse(words: &[u8]) -> Option<Self> {
        let words = std::str::from_utf8(words).ok()?;
        let mut words = words.split(' ');
        let kind = words.next()?;
        match kind {
            "hello" => return Some(Self::Hello),
            "no-sleep" => return Some(Self::NoSleep),
            "no-proc" => return Some(Self::NoProc),
            "ready" => return Some(Self::Ready),
            _ => {}
        }
        let number = words.next()?.parse().ok()?;
        Some(match kind {
            "killed" => Self::Killed(i32::try_from(number).ok()?),
            "begin" => Self::Begin(number),
            "missing" => Self::Missing(number),
            "denied" => Self::Denied(number),
            "end" => Self::End(
                number,
                End {
                    status: words.next()?.parse().ok()?,
                    timed_out: words.next()? == "yes",
                },
            ),
            _ => return None,
        })
    }
}

/// One piece of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Bytes(&'a [u8]),
    Mark(Mark),
}

/// Splits a stream into bytes and marks, wherever the reads happen to cut it.
#[derive(Debug)]
pub(super) struct Scanner {
    opening: Vec<u8>,
    finder: Finder<'static>,
    /// Bytes that may be the beginning of a mark; fewer than an opening and [`LONGEST`].
    held: Vec<u8>,
}

impl Scanner {
    pub(super) fn new(nonce: &str) -> Self {
        let opening = format!("\x1elxcdiag {nonce} ").into_bytes();
        Self {
            finder: Finder::new(&opening).into_owned(),
            opening,
            held: Vec::new(),
        }
    }

    /// Passes the pieces of `chunk` to `sink`, in order.
    pub(super) fn feed(&mut self, chunk: &[u8], mut sink: impl FnMut(Piece<'_>)) {
        if self.held.is_empty() {
            let rest = self.scan(chunk, &mut sink);
            self.held.extend_from_slice(rest);
        } else {
            let mut joined = std::mem::take(&mut self.held);
            joined.extend_from_slice(chunk);
            let rest = self.scan(&joined, &mut sink);
            self.held.extend_from_slice(rest);
        }
    }

    /// Passes on what was held back for a mark that never came.
    pub(super) fn finish(&mut self, mut sink: impl FnMut(Piece<'_>)) {
        let held = std::mem::take(&mut self.held);
        emit(&held, &mut sink);
    }

    /// Returns the end of `bytes` that may belong to a mark.
    fn scan<'a>(&self, mut bytes: &'a [u8], sink: &mut impl FnMut(Piece<'_>)) -> &'a [u8] {
        while let Some(at) = self.finder.find(bytes) {
            let (before, from_mark) = bytes.split_at(at);
            let (_, words) = from_mark.split_at(self.opening.len());
            let end = memchr::memchr(0x1e, words);
            if end.is_none() && words.len() < LONGEST {
                emit(before, sink);
                return from_mark;
            }
            let (words, after) = words.split_at(end.unwrap_or_default());
            if let (Some(mark), Some((_, after))) = (Mark::parse(words), after.split_first()) {
                emit(before, sink);
                sink(Piece::Mark(mark));
                bytes = after;
            } else {
                // The nonce, but not a valid mark.
                let (false_alarm, after) = bytes.split_at(at + 1);
                emit(false_alarm, sink);
                bytes = after;
            }
        }
        let (complete, held) = bytes.split_at(self.possible_opening(bytes));
        emit(complete, sink);
        held
    }

    /// The start of an opening that the next chunk may complete; the end of `bytes` if there is none.
    fn possible_opening(&self, bytes: &[u8]) -> usize {
        // In an opening, only the first byte is \x1e.
        let first = bytes.len().saturating_sub(self.opening.len() - 1);
        let (_, end) = bytes.split_at(first);
        memchr::memrchr(0x1e, end)
            .filter(|at| self.opening.starts_with(end.split_at(*at).1))
            .map_or(bytes.len(), |at| first + at)
    }
}

fn emit(bytes: &[u8], sink: &mut impl FnMut(Piece<'_>)) {
    if !bytes.is_empty() {
        sink(Piece::Bytes(bytes));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All bytes of a stream that is cut at `cuts`, with marks shown as `[…]`.
    fn scanned(stream: &[u8], cuts: &[usize]) -> Vec<u8> {
        let mut scanner = Scanner::new("N0");
        let mut seen = Vec::new();
        let mut sink = |piece: Piece<'_>| match piece {
            Piece::Bytes(bytes) => seen.extend_from_slice(bytes),
            Piece::Mark(mark) => seen.extend_from_slice(format!("[{mark:?}]").as_bytes()),
        };
        let mut from = 0;
        for cut in cuts.iter().copied().chain([stream.len()]) {
            let cut = cut.clamp(from, stream.len());
            scanner.feed(&stream[from..cut], &mut sink);
            from = cut;
        }
        scanner.finish(&mut sink);
        seen
    }

    #[test]
    fn only_marks_with_the_nonce_and_valid_words_count() {
        let cases: [(&[u8], &[u8]); 7] = [
            (b"a\x1elxcdiag N0 begin 7\x1eb", b"a[Begin(7)]b"),
            (
                b"\x1elxcdiag N0 end 7 137 yes\x1e",
                b"[End(7, End { status: 137, timed_out: true })]",
            ),
            (b"\x1elxcdiag N1 begin 7\x1e", b"\x1elxcdiag N1 begin 7\x1e"),
            (b"\x1elxcdiag N0 ends 7\x1e", b"\x1elxcdiag N0 ends 7\x1e"),
            (
                b"\x1elxcdiag N0 \x1elxcdiag N0 missing 1\x1e",
                b"\x1elxcdiag N0 [Missing(1)]",
            ),
            (b"cut \x1elxcdiag N0 beg", b"cut \x1elxcdiag N0 beg"),
            (
                b"\x1e\x1e\x1elxcdiag N0 denied 2\x1e\x1e",
                b"\x1e\x1e[Denied(2)]\x1e",
            ),
        ];
        for (stream, expected) in cases {
            assert_eq!(scanned(stream, &[]), expected);
            for cut in 0..=stream.len() {
                assert_eq!(scanned(stream, &[cut]), expected, "cut at {cut}");
            }
        }
        let long = [b"\x1elxcdiag N0 ".as_slice(), &[b'x'; 200]].concat();
        assert_eq!(scanned(&long, &[50, 60]), long);
    }

    proptest! {
        #[test]
        fn where_a_stream_is_cut_makes_no_difference(
            parts in prop::collection::vec(
                prop_oneof![
                    Just(b"\x1elxcdiag N0 end 3 0 no\x1e".to_vec()),
                    Just(b"\x1elxcdiag N".to_vec()),
                    Just(b"\x1e".to_vec()),
                    prop::collection::vec(any::<u8>(), 0..6),
                ],
                0..8,
            ),
            mut cuts in prop::collection::vec(0_usize..120, 0..8),
        ) {
            let stream = parts.concat();
            cuts.sort_unstable();
            prop_assert_eq!(scanned(&stream, &cuts), scanned(&stream, &[]));
        }
    }
}
