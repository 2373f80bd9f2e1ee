//! A volume without mounting it: the kind of its file system, and the superblock of ext4.

use std::io;

use crc::{CRC_32_ISCSI, Crc};
use ext4_view::Ext4Read;

use super::super::disk::Disk;
use super::inode::number;

/// Where the superblock of ext4 is, and how long it is.
const SUPERBLOCK: u64 = 1024;
const LENGTH: usize = 1024;
/// Places in it.
const BLOCKS: usize = 0x04;
const FREE_BLOCKS: usize = 0x0c;
const FREE_INODES: usize = 0x10;
const MAGIC: usize = 0x38;
const INCOMPATIBLE: usize = 0x60;
const RO_COMPATIBLE: usize = 0x64;
const BLOCKS_HIGH: usize = 0x150;
const FREE_BLOCKS_HIGH: usize = 0x158;
const CHECKSUM: usize = 0x3fc;
/// Features. Proxmox VE creates every file system with multiple mount protection, which ext4-view does not accept. It
/// concerns writers only.
const MULTIPLE_MOUNT_PROTECTION: u32 = 0x100;
const SIXTY_FOUR_BIT: u32 = 0x80;
const METADATA_CHECKSUMS: u32 = 0x400;

/// The signatures of what a volume can contain other than ext4: where, what, and its name.
const SIGNATURES: [(u64, &[u8], &str); 6] = [
    (0, b"XFSB", "xfs"),
    (0, b"LUKS\xba\xbe", "luks"),
    (0, b"QFI\xfb", "qcow2"),
    (512, b"LABELONE", "lvm"),
    (4086, b"SWAPSPACE2", "swap"),
    (0x10040, b"_BHRfS_M", "btrfs"),
];

/// An opened volume.
#[derive(Clone)]
pub(super) struct Volume {
    disk: Disk,
    superblock: [u8; LENGTH],
}

/// The blocks that can still be written, of those that ext4 counts as free: it keeps 2 %, but at most 4,096, for itself.
pub(super) fn writable(free: u64, blocks: u64) -> u64 {
    free.saturating_sub((blocks / 50).min(4096))
}

/// What a volume contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Ext4 {
        /// The free blocks that can be written.
        free_blocks: u64,
        free_inodes: u64,
    },
    /// Another kind, by its name.
    Other(&'static str),
    /// Nothing but zeros where the superblock should be.
    Zeros,
    Unrecognized,
}

impl Volume {
    /// Reads the superblock.
    pub(super) fn new(disk: Disk) -> io::Result<Self> {
        let mut superblock = [0; LENGTH];
        disk.read_exact_at(&mut superblock, SUPERBLOCK)?;
        Ok(Self { disk, superblock })
    }

    fn number(&self, at: usize) -> u32 {
        self.field(at, 4).unwrap_or_default()
    }

    /// A field of the superblock.
    pub(super) fn field(&self, at: usize, length: usize) -> Option<u32> {
        number(&self.superblock, at, length)
    }

    /// Whether its block numbers have 64 bits.
    pub(super) fn is_wide(&self) -> bool {
        self.number(INCOMPATIBLE) & SIXTY_FOUR_BIT != 0
    }

    pub(super) const fn disk(&self) -> &Disk {
        &self.disk
    }

    fn is_ext4(&self) -> bool {
        self.superblock.get(MAGIC..MAGIC + 2) == Some(&[0x53, 0xef])
    }

    /// What it contains.
    pub(super) fn content(&self) -> Content {
        if self.is_ext4() && self.number(BLOCKS) > 0 {
            let count = |low: usize, high: usize| {
                let high = if self.is_wide() { self.number(high) } else { 0 };
                u64::from(high) << 32 | u64::from(self.number(low))
            };
            let free = count(FREE_BLOCKS, FREE_BLOCKS_HIGH);
            return Content::Ext4 {
                free_blocks: writable(free, count(BLOCKS, BLOCKS_HIGH)),
                free_inodes: u64::from(self.number(FREE_INODES)),
            };
        }
        let has = |(at, signature, _): &&(u64, &[u8], &str)| {
            let mut bytes = vec![0; signature.len()];
            self.disk.read_exact_at(&mut bytes, *at).is_ok() && bytes == *signature
        };
        match SIGNATURES.iter().find(has) {
            Some((_, _, name)) => Content::Other(name),
            None if self.superblock.iter().all(|byte| *byte == 0) => Content::Zeros,
            None => Content::Unrecognized,
        }
    }

    /// The superblock without multiple mount protection.
    fn for_reading(&self) -> [u8; LENGTH] {
        let mut superblock = self.superblock;
        let features = self.number(INCOMPATIBLE) & !MULTIPLE_MOUNT_PROTECTION;
        if let Some(bytes) = superblock.get_mut(INCOMPATIBLE..INCOMPATIBLE + 4) {
            bytes.copy_from_slice(&features.to_le_bytes());
        }
        if self.number(RO_COMPATIBLE) & METADATA_CHECKSUMS != 0 {
            // As ext4 computes it: without the final inversion.
            let sum = !superblock
                .get(..CHECKSUM)
                .map_or(0, |bytes| Crc::<u32>::new(&CRC_32_ISCSI).checksum(bytes));
            if let Some(bytes) = superblock.get_mut(CHECKSUM..) {
                bytes.copy_from_slice(&sum.to_le_bytes());
            }
        }
        superblock
    }
}

impl Ext4Read for Volume {
    fn read(
        &mut self,
        start: u64,
        into: &mut [u8],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync + 'static>> {
        self.disk.read_exact_at(into, start).map_err(Box::new)?;
        let superblock = self.for_reading();
        for (at, byte) in (start..).zip(into.iter_mut()) {
            let place = at
                .checked_sub(SUPERBLOCK)
                .and_then(|place| superblock.get(usize::try_from(place).ok()?));
            match place {
                Some(own) => *byte = *own,
                None if at >= SUPERBLOCK => break,
                None => {}
            }
        }
        Ok(())
    }
}
