//! A row's text in its colours: `�` in the colour of errors where the bytes are not text, pictures of control
//! characters, and dim hex for the bytes of a character that the next read will finish.

use std::collections::HashMap;

use egui::{
    Color32, FontId,
    text::{LayoutJob, TextFormat, TextWrapping},
};

use super::rows;
use crate::{
    gui::theme::Tokens,
    journal::{
        Journal, Kind,
        lens::{RowText, row_text},
    },
    text::Charset,
};

/// The texts of the rows on screen. A row of a stream may take many rows before it to read: once, not every frame.
#[derive(Debug, Default)]
pub struct Texts {
    charset: Charset,
    of: HashMap<u64, (u64, RowText)>,
    frame: u64,
}

impl Texts {
    /// Begins a frame: what was not asked for in the last one is forgotten.
    pub fn begin(&mut self, charset: Charset) {
        if self.charset != charset {
            *self = Self { charset, frame: self.frame, ..Self::default() };
        }
        let last = self.frame;
        self.of.retain(|_, (asked, _)| *asked == last);
        self.frame += 1;
    }

    /// The beginning of a row's text; empty if it is gone or has no payload.
    pub fn of(&mut self, journal: &Journal, seq: u64, kind: Kind) -> &RowText {
        let read = || row_text(journal, seq, kind, self.charset, rows::PREVIEW).unwrap_or_default();
        let (asked, text) = self.of.entry(seq).or_insert_with(|| (0, read()));
        *asked = self.frame;
        text
    }
}

/// The text with every character visible.
pub fn plain(text: &RowText) -> String {
    text.glyphs.iter().map(|glyph| rows::visible(glyph.character)).collect()
}

/// The text on one line of this width. The n-th character of the job is the n-th glyph.
pub fn line(text: &RowText, bytes: &[u8], font: &FontId, color: Color32, tokens: &Tokens, width: f32) -> LayoutJob {
    let mut job = LayoutJob { break_on_newline: false, wrap: cut_at(width), ..LayoutJob::default() };
    // A narrow cell shows the beginning only: laying out what is cut off would cost most of the frame.
    let fits = (width / 3.0) as usize + 1;
    let mut utf8 = [0; 4];
    for glyph in text.glyphs.iter().take(fits) {
        let shown = rows::visible(glyph.character);
        let color = match glyph.valid {
            false => tokens.error,
            true if shown != glyph.character => tokens.muted,
            true => color,
        };
        job.append(shown.encode_utf8(&mut utf8), 0.0, TextFormat::simple(font.clone(), color));
    }
    let held = bytes.get(text.held.clone()).unwrap_or_default();
    if !held.is_empty() && text.glyphs.len() <= fits {
        let space = if text.glyphs.is_empty() { 0.0 } else { 6.0 };
        job.append(&rows::hex(held, 8), space, TextFormat::simple(font.clone(), tokens.faint));
    }
    job
}

/// Wrapping that ends a line with `…` where it is wider than this.
pub fn cut_at(width: f32) -> TextWrapping {
    TextWrapping { max_width: width.max(0.0), max_rows: 1, break_anywhere: true, ..TextWrapping::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Batch, Event, Record, SocketId, Span};

    #[test]
    fn only_what_is_on_screen_is_remembered() {
        let mut batch = Batch::default();
        let event = Event::Received { full: 3 };
        let record = Record { at: 0, socket: SocketId(1), generation: 0, event, peer: None, bytes: Span::default() };
        batch.push(record, b"a\nb");
        batch.push(record, b"c");
        let mut journal = Journal::default();
        journal.push(batch);

        let mut texts = Texts::default();
        texts.begin(Charset::UTF_8);
        assert_eq!(plain(texts.of(&journal, 0, Kind::TcpConnection)), "a␊b");
        assert_eq!(plain(texts.of(&journal, 9, Kind::TcpConnection)), "");
        texts.begin(Charset::UTF_8);
        assert_eq!(plain(texts.of(&journal, 1, Kind::TcpConnection)), "c");
        texts.begin(Charset::UTF_8);
        assert_eq!(texts.of.len(), 1);
        texts.begin(Charset::GBK);
        assert!(texts.of.is_empty());
    }
}
