//! A block device or an image of one, for reading at any place.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::elsewhere::Elsewhere;

/// How much of a disk of another node is read at once, and most to keep of it.
const PIECE: u64 = 64 * 1024;
const MAX_PIECES: usize = 512;

/// A disk of this node or of another one.
#[derive(Debug, Clone)]
pub(super) enum Disk {
    Here(Arc<File>),
    Elsewhere {
        node: Elsewhere,
        path: PathBuf,
        /// The pieces that have been read, by their number.
        pieces: Arc<Mutex<BTreeMap<u64, Vec<u8>>>>,
    },
}

impl Disk {
    pub(super) fn elsewhere(node: Elsewhere, path: PathBuf) -> Self {
        let pieces = Arc::default();
        Self::Elsewhere { node, path, pieces }
    }

    /// Fills `into` with the bytes at `start`.
    pub(super) fn read_exact_at(&self, into: &mut [u8], start: u64) -> io::Result<()> {
        let (node, path, pieces) = match self {
            Self::Here(file) => return file.read_exact_at(into, start),
            Self::Elsewhere { node, path, pieces } => (node, path, pieces),
        };
        let mut pieces = pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let mut filled = 0;
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = start.saturating_add(filled as u64);
            let number = at / PIECE;
            if !pieces.contains_key(&number) {
                if pieces.len() >= MAX_PIECES {
                    return Err(io::Error::other("too much to read from another node"));
                }
                pieces.insert(number, node.read(path, number * PIECE, PIECE)?);
            }
            let within = usize::try_from(at % PIECE).unwrap_or_default();
            let piece = pieces.get(&number).and_then(|piece| piece.get(within..));
            let piece = piece
                .filter(|piece| !piece.is_empty())
                .ok_or(io::ErrorKind::UnexpectedEof)?;
            let count = rest.len().min(piece.len());
            if let (Some(rest), Some(piece)) = (rest.get_mut(..count), piece.get(..count)) {
                rest.copy_from_slice(piece);
            }
            filled += count;
        }
        Ok(())
    }
}
