//! The memory that files are read and received into.

use std::ops::{Deref, DerefMut};

#[cfg(target_os = "linux")]
use memmap2::{Advice, MmapMut};

/// Bytes that are read and written at a time: larger ones fall out of the processor's cache between the calls, and smaller
/// ones cost more calls and more of the other side's waking.
pub(super) const BLOCK: usize = 512 << 10;
const LEAST: usize = 4 << 10;
/// Files from here on are worth the clearing of a large page and the reserving of their room on the disk.
pub(super) const LARGE: u64 = 8 << 20;
/// A large page, where there are any.
#[cfg(target_os = "linux")]
const PAGE: usize = 2 << 20;

/// Room for a block, and for what a way has around it. There is none before it is known [what for](Self::suit).
pub(super) struct Block {
    memory: Memory,
    bytes: usize,
}

enum Memory {
    None,
    Heap(Vec<u8>),
    /// One large page: contiguous, so that a block stays in the processor's cache from the call that fills it to the one
    /// that takes it away. (Of 128 small ones, here and there, some share their place in it.)
    #[cfg(target_os = "linux")]
    Page(MmapMut),
}

impl Block {
    /// Room for so many bytes, of files of any size.
    pub fn new(bytes: usize) -> Self {
        Self { memory: Memory::None, bytes }
    }

    /// Room for a block of one file of this size, and never none: also behind an empty file something may be read.
    pub fn for_file(size: u64) -> Self {
        let mut block = Self::new(usize::try_from(size).unwrap_or(BLOCK).clamp(LEAST, BLOCK));
        block.suit(size);
        block
    }

    /// For a file of this size, or of which so much has come already. What was in it is lost where this changes it.
    pub fn suit(&mut self, size: u64) {
        #[cfg(target_os = "linux")]
        if size >= LARGE
            && !matches!(self.memory, Memory::Page(_))
            && self.bytes <= PAGE
            && let Ok(page) = MmapMut::map_anon(PAGE)
            // Systems that are not to give any have it as ordinary memory.
            && page.advise(Advice::HugePage).is_ok()
        {
            self.memory = Memory::Page(page);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = size;
        if matches!(self.memory, Memory::None) {
            self.memory = Memory::Heap(vec![0; self.bytes]);
        }
    }
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.memory {
            Memory::None => &[],
            Memory::Heap(bytes) => bytes,
            #[cfg(target_os = "linux")]
            Memory::Page(page) => page.get(..self.bytes).unwrap_or_default(),
        }
    }
}

impl DerefMut for Block {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.memory {
            Memory::None => &mut [],
            Memory::Heap(bytes) => bytes,
            #[cfg(target_os = "linux")]
            Memory::Page(page) => page.get_mut(..self.bytes).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_its_bytes_whatever_it_is_for() {
        let mut block = Block::new(BLOCK + 5);
        assert_eq!(block.len(), 0);
        for size in [0, LARGE - 1, LARGE, 1 << 40, 0] {
            block.suit(size);
            assert_eq!(block.len(), BLOCK + 5);
            block.fill(7);
        }
        assert_eq!(Block::for_file(0).len(), LEAST);
        assert_eq!(Block::for_file(300_001).len(), 300_001);
        assert_eq!(Block::for_file(1 << 40).len(), BLOCK);
    }
}
