//! The source of a push: its size and its SHA-256.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};

use crate::evidence::trace::{Push, SourceKind};

/// Larger files are not hashed.
const MOST: u64 = 64 << 20;
/// How much is read at once.
const CHUNK: usize = 1 << 20;

/// Looks at what is being pushed. A pipe is not opened: that would take its content from `pct`.
pub(super) fn look(source: &str, destination: &str) -> Push {
    let mut push = Push {
        source: source.to_owned(),
        destination: destination.to_owned(),
        kind: SourceKind::Missing,
        size: None,
        sha256: None,
        changed: false,
    };
    let Ok(metadata) = std::fs::metadata(Path::new(source)) else {
        return push;
    };
    push.kind = match metadata.file_type() {
        kind if kind.is_file() => SourceKind::File,
        kind if kind.is_dir() => SourceKind::Directory,
        _ => SourceKind::Other,
    };
    if push.kind == SourceKind::File {
        push.size = Some(metadata.len());
    }
    push
}

/// Adds the SHA-256. This runs beside the push.
pub(super) fn hash(push: &mut Push) {
    if push.kind != SourceKind::File || push.size.is_none_or(|size| size > MOST) {
        return;
    }
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32;
    let mut options = File::options();
    let opened = options.read(true).custom_flags(flags).open(&push.source);
    let Ok(mut file) = opened else { return };
    let Ok(before) = file.metadata() else { return };
    let mut digest = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut total = 0;
    loop {
        match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => {
                digest.update(chunk.get(..count).unwrap_or_default());
                total += count as u64;
            }
            Err(_) => return,
        }
        // It grows faster than it is read.
        if total > MOST {
            push.changed = true;
            return;
        }
    }
    push.sha256 = Some(base16ct::lower::encode_string(&digest.finalize()));
    push.size = Some(total);
    push.changed = !file.metadata().is_ok_and(|after| is_same(&before, &after));
}

/// Whether the push may have changed since it was looked at.
fn is_same(before: &Metadata, after: &Metadata) -> bool {
    let version = |file: &Metadata| (file.len(), file.mtime(), file.mtime_nsec());
    version(before) == version(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_size_and_a_hash_and_nothing_else_has() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("unit");
        std::fs::write(&file, "abc").unwrap();
        let fifo = directory.path().join("fifo");
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let seen = |path: &Path| {
            let mut push = look(path.to_str().unwrap(), "/etc/unit");
            hash(&mut push);
            (push.kind, push.size, push.sha256)
        };
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(
            seen(&file),
            (SourceKind::File, Some(3), Some(sha256.to_owned()))
        );
        assert_eq!(seen(directory.path()), (SourceKind::Directory, None, None));
        assert_eq!(seen(&fifo), (SourceKind::Other, None, None));
        let missing = directory.path().join("missing");
        assert_eq!(seen(&missing), (SourceKind::Missing, None, None));
    }
}
