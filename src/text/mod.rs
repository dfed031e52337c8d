//! Bytes to text and back. Pure.
//!
//! Bytes are the record and text is a view of them: a decoder never loses a byte, an encoder never invents a
//! character. What cannot be done is an error that names the character and its column.
//!
//! - [`charset`]: encodings (WHATWG's and those it lacks). [`escape`]: `\n`, `\x41`, `\u{4F60}`.
//! - [`hex`]: hex as people type and paste it, and as it is shown. [`python`]: bytes as Python writes them.
//! - [`compose`]: what was typed to what is sent. [`http`]: a web server's answer, and what is wrong with it.
//! - [`reading`]: one text in several encodings, cut, read as another one, and raised byte by byte.

pub mod charset;
pub mod compose;
pub mod escape;
pub mod hex;
pub mod http;
pub mod python;
pub mod reading;

pub use self::{
    charset::{Charset, Decoder, EncodeError, Glyph, Unmappable},
    compose::{ComposeError, Composition, Ending, Mode, Part},
};
