//! Keeps the first and the last bytes of a stream and counts those in between. Pure.

use std::collections::VecDeque;

use crate::evidence::recording::Output;

/// How many bytes to keep of one stream, as long as they are in a report: an escape is up to six bytes long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(super) head: usize,
    pub(super) tail: usize,
}

/// For a command's standard output.
pub(crate) const STDOUT: Limits = Limits {
    head: 256 * 1024,
    tail: 256 * 1024,
};

/// For a command's standard error, where long output is mostly repetition.
pub(crate) const STDERR: Limits = Limits {
    head: 32 * 1024,
    tail: 32 * 1024,
};

/// For output outside of any command, such as the client's own messages.
pub(super) const OUTSIDE: Limits = Limits {
    head: 2 * 1024,
    tail: 2 * 1024,
};

/// Collects the bytes of a stream.
#[derive(Debug)]
pub(crate) struct Capture {
    limits: Limits,
    head: Vec<u8>,
    dropped: u64,
    tail: VecDeque<u8>,
}

impl Capture {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            head: Vec::new(),
            dropped: 0,
            tail: VecDeque::new(),
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let missing = self.limits.head - self.head.len();
        let (head, rest) = bytes.split_at(missing.min(bytes.len()));
        self.head.extend_from_slice(head);

        // Without this, a chunk longer than the tail would be copied whole.
        let (skipped, last) = rest.split_at(rest.len().saturating_sub(self.limits.tail));
        let excess = (self.tail.len() + last.len()).saturating_sub(self.limits.tail);
        self.tail.drain(..excess);
        self.tail.extend(last);
        self.dropped += (skipped.len() + excess) as u64;
    }

    pub(super) fn total_bytes(&self) -> u64 {
        self.head.len() as u64 + self.dropped + self.tail.len() as u64
    }

    pub(crate) fn into_output(self) -> Output {
        let mut output = Output {
            head: self.head,
            dropped: self.dropped,
            tail: self.tail.into(),
            written: None,
        };
        output.shorten(self.limits.head, self.limits.tail);
        output.head.shrink_to_fit();
        output.tail.shrink_to_fit();
        output
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_and_the_last_bytes_are_kept_and_the_rest_is_counted(
            chunks in prop::collection::vec(prop::collection::vec(b'a'..=b'z', 0..12), 0..12),
        ) {
            let mut capture = Capture::new(Limits { head: 10, tail: 7 });
            for chunk in &chunks {
                capture.push(chunk);
            }
            let all = chunks.concat();
            prop_assert_eq!(capture.total_bytes(), all.len() as u64);
            let output = capture.into_output();
            if all.len() <= 17 {
                prop_assert_eq!(output, Output { head: all, ..Output::default() });
            } else {
                prop_assert_eq!(&output.head, &all[..10]);
                prop_assert_eq!(&output.tail, &all[all.len() - 7..]);
                prop_assert_eq!(output.dropped, all.len() as u64 - 17);
            }
        }
    }
}
