//! A command's output, of which the middle may be missing.

use crate::evidence::recording::Output;

/// How far from where the middle was dropped the line there may begin or end.
const FAR: usize = 4 << 10;

/// Redacts both parts. What stands where the middle was dropped is dropped with it, to the ends of
/// the line: half a secret has no shape and maybe no name. The output still says how many bytes the
/// command wrote.
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

/// Whether something was cut. It is done once: afterwards the length before is known.
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

/// How many bytes are broken of a text as seen from where it was broken: those before the first line
/// break, else those before the first blank.
fn broken<'a>(bytes: impl ExactSizeIterator<Item = &'a u8> + Clone) -> usize {
    let most = bytes.len().min(FAR);
    let mut near = bytes.clone().take(most);
    near.position(|byte| *byte == b'\n')
        .or_else(|| bytes.clone().take(most).position(u8::is_ascii_whitespace))
        .unwrap_or(most)
}
