//! The output of a command, in which the middle may be missing.

use crate::evidence::recording::Output;

/// The longest partial line that is dropped with the middle.
const FAR: usize = 4 << 10;

/// Redacts head and tail. The partial lines around a dropped middle are dropped too: half a secret has no shape, and maybe
/// no name. The output still says how many bytes the command wrote.
pub(super) fn redact(output: &mut Output, mut redacted: impl FnMut(&[u8]) -> Option<Vec<u8>>) {
    let written = output.total_bytes();
    let mut changed = cut(output);
    for part in [&mut output.head, &mut output.tail] {
        if let Some(bytes) = redacted(part) {
            *part = bytes;
            changed = true;
        }
    }
    if changed {
        output.written = Some(written);
    }
}

/// Drops the partial lines, and returns whether there were any. This happens once: then the original size is known.
fn cut(output: &mut Output) -> bool {
    if output.dropped == 0 || output.written.is_some() {
        return false;
    }
    let kept = output.head.len() - broken(output.head.iter().rev());
    let begin = broken(output.tail.iter());
    output.dropped += (output.head.len() - kept + begin) as u64;
    output.head.truncate(kept);
    output.tail.drain(..begin);
    true
}

/// The length of the partial line, as seen from where it was broken: up to the first line break, else up to the first
/// blank.
fn broken<'a>(bytes: impl ExactSizeIterator<Item = &'a u8> + Clone) -> usize {
    let most = bytes.len().min(FAR);
    let mut near = bytes.clone().take(most);
    near.position(|byte| *byte == b'\n')
        .or_else(|| bytes.clone().take(most).position(u8::is_ascii_whitespace))
        .unwrap_or(most)
}
