//! The chunks of a body whose length nobody knew when it began. RFC 9112 section 7.1.
//!
//! A size is believed only as far as its bytes came: nothing is allocated for it.

use std::ops::Range;

use super::HEAD;

/// Goes from chunk to chunk (section 7.1).
pub(super) struct Chunks<'b> {
    pub bytes: &'b [u8],
    /// Behind the last whole chunk.
    pub at: usize,
}

impl Chunks<'_> {
    /// Where the next chunk's data stand: `None` if it did not come whole, empty at the last one, whose trailers are passed
    /// over.
    ///
    /// # Errors
    /// Where there is no chunk.
    pub fn next(&mut self) -> Result<Option<Range<usize>>, usize> {
        let Some((line, behind)) = self.line(self.at)? else { return Ok(None) };
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let size = str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let size = size.and_then(|digits| usize::from_str_radix(digits, 16).ok()).ok_or(self.at)?;
        if size == 0 {
            let mut at = behind;
            while let Some((line, behind)) = self.line(at)? {
                at = behind;
                if line.is_empty() {
                    self.at = at;
                    return Ok(Some(at..at));
                }
            }
            return Ok(None);
        }
        let end = behind.checked_add(size).ok_or(self.at)?;
        match self.bytes.get(end..).unwrap_or_default() {
            [b'\r', b'\n', ..] => {
                self.at = end + 2;
                Ok(Some(behind..end))
            }
            [] | [b'\r'] => Ok(None),
            _ => Err(end),
        }
    }

    /// The line at an offset, without its end, and where the next one begins.
    fn line(&self, at: usize) -> Result<Option<(&[u8], usize)>, usize> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let Some(length) = memchr::memchr(b'\n', rest) else {
            // No size has so many digits, and no extension is worth so many bytes.
            return if rest.len() > HEAD { Err(at) } else { Ok(None) };
        };
        let line = rest.get(..length).and_then(|line| line.strip_suffix(b"\r")).ok_or(at)?;
        Ok(Some((line, at + length + 1)))
    }
}
