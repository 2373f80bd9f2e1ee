//! Whether a file in an ext4 image is immutable, which ext4-view does not show.
//!
//! Reads directories with few extents, as /etc is. What it does not understand is unknown.

use super::superblock::Volume;

/// The inode of the root directory.
const ROOT: u32 = 2;
/// Flags of an inode.
const IMMUTABLE: u32 = 0x10;
const EXTENTS: u32 = 0x8_0000;
/// An extent tree begins with this.
const EXTENT_MAGIC: u32 = 0xf30a;
/// Where an inode has its extents, the four that it has place for, and how long each is.
const EXTENT_TREE: usize = 0x28;
const MAX_EXTENTS: u32 = 4;
const EXTENT: usize = 12;
/// Most blocks of an extent to read.
const MAX_BLOCKS: u64 = 256;

impl Volume {
    /// Whether a file has the attribute that prevents all changes. Links are not followed.
    pub(super) fn is_immutable(&self, path: &str) -> Option<bool> {
        let mut inode = self.inode(ROOT)?;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            inode = self.inode(self.entry(&inode, name.as_bytes())?)?;
        }
        Some(number(&inode, 0x20, 4)? & IMMUTABLE != 0)
    }

    fn block_size(&self) -> Option<u64> {
        1024_u64
            .checked_shl(self.field(0x18, 4)?)
            .filter(|size| *size <= 65536)
    }

    fn bytes(&self, at: u64, length: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.disk().read_exact_at(&mut bytes, at).ok()?;
        Some(bytes)
    }

    fn inode(&self, inode: u32) -> Option<Vec<u8>> {
        let index = inode.checked_sub(1)?;
        let per_group = self.field(0x28, 4)?;
        let group = u64::from(index.checked_div(per_group)?);
        let size = self.field(0x58, 2)?;
        let descriptor_size = if self.is_wide() {
            self.field(0xfe, 2)?
        } else {
            32
        };
        let block = self.block_size()?;
        let descriptors = block.checked_mul(u64::from(self.field(0x14, 4)?) + 1)?;
        let at = descriptors.checked_add(group * u64::from(descriptor_size))?;
        let descriptor = self.bytes(at, usize::try_from(descriptor_size).ok()?)?;
        let high = number(&descriptor, 0x28, 4).unwrap_or(0);
        let table = u64::from(high) << 32 | u64::from(number(&descriptor, 0x08, 4)?);
        let place = u64::from(index % per_group) * u64::from(size);
        let at = table.checked_mul(block)?.checked_add(place)?;
        self.bytes(at, usize::try_from(size).ok()?)
    }

    /// The inode of a name in a directory.
    fn entry(&self, directory: &[u8], name: &[u8]) -> Option<u32> {
        let tree = directory.get(EXTENT_TREE..)?;
        let is_leaf = number(tree, 0, 2)? == EXTENT_MAGIC && number(tree, 6, 2)? == 0;
        if number(directory, 0x20, 4)? & EXTENTS == 0 || !is_leaf {
            return None;
        }
        let block = self.block_size()?;
        for at in 0..number(tree, 2, 2)?.min(MAX_EXTENTS) {
            let extent = tree.get(EXTENT * (usize::try_from(at).ok()? + 1)..)?;
            let start = u64::from(number(extent, 6, 2)?) << 32 | u64::from(number(extent, 8, 4)?);
            for index in 0..u64::from(number(extent, 4, 2)?).min(MAX_BLOCKS) {
                let at = start.checked_add(index)?.checked_mul(block)?;
                let entries = self.bytes(at, usize::try_from(block).ok()?)?;
                if let Some(inode) = find(&entries, name) {
                    return Some(inode);
                }
            }
        }
        None
    }
}

/// The inode of a name in a block of a directory.
fn find(mut entries: &[u8], name: &[u8]) -> Option<u32> {
    loop {
        let inode = number(entries, 0, 4)?;
        let length = usize::try_from(number(entries, 4, 2)?).ok()?;
        let named = usize::try_from(number(entries, 6, 1)?).ok()?;
        if inode != 0 && entries.get(8..8 + named)? == name {
            return Some(inode);
        }
        entries = entries.get(length.max(8)..)?;
    }
}

/// A number of up to four bytes, little endian.
pub(super) fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let field = bytes.get(at..at.checked_add(length)?)?;
    Some(
        field
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u32::from(*byte)),
    )
}
