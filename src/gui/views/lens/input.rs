//! What is looked at: typed as text or as hex, or taken over from a row or from the composer.
//!
//! What is short can be edited here. What is longer stays as it came, up to a mebibyte, because a field would lay all
//! of it out with every key; its beginning is shown, and can be edited if one wishes.

use egui::{Event, Frame, Id, Margin, RichText, ScrollArea, TextEdit, TextStyle, Ui};

use super::Taken;
use crate::{
    gui::{
        theme::{RADIUS, TokensExt as _, icons},
        tr,
        views::traffic::{count_bytes, visible},
        widgets::{
            self,
            compact::{compact_button, compact_icon},
            encoding_menu::encoding_menu,
        },
    },
    journal::SocketId,
    text::{
        Charset, ComposeError, Mode,
        hex::{self, HexError},
        reading::Source,
    },
    words::{self, Lang, number::grouped},
};

/// Characters that can be edited; as hex, so many bytes.
const EDITABLE: usize = 4_096;
/// Characters of the field: three a byte.
const FIELD: usize = EDITABLE * 3;
/// What stands there when the lens is opened for the first time: one of each kind.
const EXAMPLE: &str = "你好, hello 間";

/// Where it comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// It was typed here.
    #[default]
    Typed,
    /// From the field for messages.
    Composer,
    /// From so many rows of a socket.
    Rows(SocketId, usize),
}

/// What is looked at, as it stands in the field.
#[derive(Debug)]
pub struct Input {
    mode: Mode,
    typed: String,
    charset: Charset,
    /// What is too long for the field.
    long: Option<Source>,
    origin: Origin,
    /// Where each of the rows ended, from which bytes were taken.
    ends: Vec<usize>,
    /// What stood there before text became hex or hex text, and what it became: turned back, nothing is lost.
    turned: Option<(String, String)>,
    /// What something else has replaced.
    before: Option<Box<Input>>,
    /// Bytes beyond the limit that were not taken.
    over: usize,
    error: Option<HexError>,
    source: Source,
    /// Changes with everything that is looked at.
    revision: u64,
}

impl Default for Input {
    fn default() -> Self {
        Self {
            mode: Mode::Text,
            typed: EXAMPLE.into(),
            charset: Charset::UTF_8,
            long: None,
            origin: Origin::Typed,
            ends: Vec::new(),
            turned: None,
            before: None,
            over: 0,
            error: None,
            source: Source::Text(EXAMPLE.into()),
            revision: 1,
        }
    }
}

impl Input {
    /// Looks at something else. What was there can be had back.
    pub fn take(&mut self, taken: Taken) {
        let revision = self.revision;
        let mut before = std::mem::take(self);
        before.before = None;
        let Taken { mut source, origin, ends } = taken;
        self.over = source.limit();
        self.origin = origin;
        self.ends = ends;
        self.revision = revision;
        self.before = Some(Box::new(before));
        self.show(source);
    }

    /// What was there before.
    fn back(&mut self) {
        if let Some(before) = self.before.take() {
            let revision = self.revision;
            *self = *before;
            self.revision = revision + 1;
        }
    }

    /// Puts a source into the field, or keeps it beside it.
    fn show(&mut self, source: Source) {
        self.turned = None;
        self.error = None;
        self.long = None;
        self.typed.clear();
        match &source {
            Source::Text(text) => {
                self.mode = Mode::Text;
                if text.len() <= FIELD && text.chars().count() <= EDITABLE {
                    self.typed.clone_from(text);
                } else {
                    self.long = Some(source.clone());
                }
            }
            Source::Bytes(bytes, charset) => {
                self.mode = Mode::Hex;
                self.charset = *charset;
                if bytes.len() <= EDITABLE {
                    self.typed = hex::line(bytes, usize::MAX);
                } else {
                    self.long = Some(source.clone());
                }
            }
        }
        self.source = source;
        self.revision += 1;
    }

    /// Reads the field again.
    fn read(&mut self) {
        self.error = None;
        match self.mode {
            Mode::Text => self.source = Source::Text(self.typed.clone()),
            Mode::Hex => match hex::parse(&self.typed) {
                Ok(bytes) => self.source = Source::Bytes(bytes, self.charset),
                // What was there last stays on show while one types.
                Err(error) => return self.error = Some(error),
            },
        }
        self.revision += 1;
    }

    /// The field was edited: it is no longer what came.
    fn edited(&mut self) {
        self.ends.clear();
        self.read();
    }

    /// Text becomes hex, or hex text.
    fn turn(&mut self) {
        let turned = self.turned.take().filter(|(_, made)| *made == self.typed);
        let made = match (&self.source, self.mode) {
            (_, Mode::Hex) if self.error.is_some() => String::new(),
            (Source::Bytes(bytes, charset), Mode::Hex) => charset.decode(bytes),
            // What the encoding lacks is left out; turned back, it is there again.
            (Source::Text(text), _) => {
                let encoded = self.charset.encode(text, crate::text::Unmappable::Skip);
                hex::line(&encoded.unwrap_or_default(), usize::MAX)
            }
            (Source::Bytes(..), Mode::Text) => return,
        };
        let made = turned.map_or(made, |(before, _)| before);
        self.turned = Some((std::mem::replace(&mut self.typed, made.clone()), made));
        self.mode = match self.mode {
            Mode::Text => Mode::Hex,
            Mode::Hex => Mode::Text,
        };
        self.edited();
    }

    /// What is looked at.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Changes with everything that is looked at.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Where it comes from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Where the rows ended from which it was taken, if there were several.
    pub fn ends(&self) -> &[usize] {
        &self.ends
    }

    fn set_charset(&mut self, charset: Charset) {
        self.charset = charset;
        match &mut self.source {
            Source::Bytes(_, read_as) => *read_as = charset,
            Source::Text(_) => {}
        }
        if let Some(Source::Bytes(_, read_as)) = &mut self.long {
            *read_as = charset;
        }
        self.turned = None;
        self.revision += 1;
    }
}

/// Paints the field of so many lines, and what is wrong with it.
pub fn input_ui(ui: &mut Ui, lang: Lang, input: &mut Input, focus: bool, rows: usize) {
    if input.long.is_some() {
        long_ui(ui, lang, input);
    } else {
        field_ui(ui, lang, input, focus, rows);
    }
    if let Some(error) = &input.error {
        widgets::error_line(ui, words::compose_error(lang, &ComposeError::Hex(error.clone())));
    }
    if input.over > 0 {
        let text = tr!(lang, "lens.over", count = count_bytes(lang, input.over));
        ui.label(RichText::new(text).small().color(ui.tokens().warn));
    }
}

/// Text or hex, the encoding of bytes, and the way back to what was there. Returns whether bytes are now read in
/// another encoding.
pub fn choices_ui(ui: &mut Ui, lang: Lang, input: &mut Input) -> bool {
    let mut mode = input.mode;
    if input.long.is_none() {
        let modes = [
            (Mode::Text, tr!(lang, "composer.mode_text").into_owned(), String::new()),
            (Mode::Hex, tr!(lang, "composer.mode_hex").into_owned(), tr!(lang, "lens.hex_tip").into_owned()),
        ];
        if widgets::choices(ui, &tr!(lang, "lens.input"), &mut mode, &modes) && mode != input.mode {
            input.turn();
        }
    }
    let mut chosen = None;
    if input.mode == Mode::Hex {
        let name = tr!(lang, "lens.bytes_are", encoding = input.charset.name());
        super::room(ui, input.charset.name(), 110.0);
        ui.label(RichText::new(tr!(lang, "lens.read_as")).small().color(ui.tokens().muted));
        chosen = encoding_menu(ui, lang, input.charset, &name, |_| {}).1;
    }
    if let Some(charset) = chosen {
        input.set_charset(charset);
    }
    if input.before.is_some() {
        super::room(ui, "", 40.0);
        let back = compact_icon(ui, icons::UNDO, &tr!(lang, "lens.back"), false);
        if back.on_hover_text(tr!(lang, "lens.back_tip")).clicked() {
            input.back();
            return true;
        }
    }
    chosen.is_some()
}

fn field_ui(ui: &mut Ui, lang: Lang, input: &mut Input, focus: bool, rows: usize) {
    let tokens = ui.tokens();
    let id = Id::unique("lens_field");
    let focused = ui.memory(|memory| memory.has_focus(id));
    if focused && let Some(pasted) = long_paste(ui, input.typed.len()) {
        return take_pasted(input, pasted);
    }
    let border = if focused { tokens.tcp } else { tokens.line };
    let frame = Frame::new().fill(tokens.sunken).stroke(egui::Stroke::new(1.0, border)).corner_radius(RADIUS);
    let hint = match input.mode {
        Mode::Text => tr!(lang, "lens.hint_text"),
        Mode::Hex => tr!(lang, "composer.hint_hex"),
    };
    let style = if input.mode == Mode::Hex { TextStyle::Monospace } else { TextStyle::Body };
    let height = rows as f32 * 19.0;
    let response = frame.inner_margin(Margin::symmetric(10, 5)).show(ui, |ui| {
        ui.set_min_size(egui::vec2(ui.available_width(), height));
        let area = ScrollArea::vertical().id_salt("lens_field").max_height(height).min_scrolled_height(height);
        area.auto_shrink(false)
            .show(ui, |ui| {
                let edit = TextEdit::multiline(&mut input.typed)
                    .id(id)
                    .font(style)
                    .frame(Frame::NONE)
                    .hint_text(RichText::new(hint).color(tokens.faint))
                    .desired_width(f32::INFINITY)
                    .desired_rows(rows)
                    .char_limit(FIELD);
                ui.add(edit).accessible_name(tr!(lang, "lens.input"))
            })
            .inner
    });
    if focus {
        response.inner.request_focus();
    }
    if response.inner.changed() {
        input.origin = Origin::Typed;
        input.over = 0;
        input.edited();
    }
}

/// The beginning of what is too long for the field, and how long it is.
fn long_ui(ui: &mut Ui, lang: Lang, input: &mut Input) {
    let tokens = ui.tokens();
    let (beginning, length) = match &input.long {
        Some(Source::Text(text)) => (text.chars().take(200).map(visible).collect(), count_bytes(lang, text.len())),
        Some(Source::Bytes(bytes, _)) => (hex::line(bytes, 64), count_bytes(lang, bytes.len())),
        None => return,
    };
    let mut edit = false;
    let frame = Frame::new().fill(tokens.sunken).stroke(egui::Stroke::new(1.0, tokens.line)).corner_radius(RADIUS);
    frame.inner_margin(Margin::symmetric(10, 5)).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.add(egui::Label::new(RichText::new(beginning).monospace()).truncate());
        ui.horizontal(|ui| {
            widgets::hint(ui, tr!(lang, "lens.long", length = length));
            let text = tr!(lang, "lens.edit_beginning", count = grouped(EDITABLE as u64));
            edit = compact_button(ui, &text).clicked();
        });
    });
    if edit {
        let beginning = match input.long.take() {
            Some(Source::Text(text)) => {
                let end = text.char_indices().nth(EDITABLE).map_or(text.len(), |(at, _)| at);
                Source::Text(text.get(..end).unwrap_or_default().to_owned())
            }
            Some(Source::Bytes(bytes, charset)) => {
                Source::Bytes(bytes.get(..EDITABLE).unwrap_or(&bytes).to_vec(), charset)
            }
            None => return,
        };
        let origin = input.origin;
        input.take(Taken { source: beginning, origin, ends: Vec::new() });
    }
}

/// Takes a paste that the field is too small for out of the input.
fn long_paste(ui: &Ui, typed: usize) -> Option<String> {
    ui.input_mut(|input| {
        let is_long = |event: &Event| matches!(event, Event::Paste(text) if typed + text.len() > FIELD);
        let at = input.events.iter().position(is_long)?;
        match input.events.remove(at) {
            Event::Paste(text) => Some(text),
            _ => None,
        }
    })
}

fn take_pasted(input: &mut Input, pasted: String) {
    let source = match input.mode {
        Mode::Text => Source::Text(pasted),
        Mode::Hex => match hex::parse(&pasted) {
            Ok(bytes) => Source::Bytes(bytes, input.charset),
            Err(error) => return input.error = Some(error),
        },
    };
    input.take(Taken { source, origin: Origin::Typed, ends: Vec::new() });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(source: Source) -> Taken {
        Taken { source, origin: Origin::Composer, ends: Vec::new() }
    }

    fn hex_input(bytes: &[u8]) -> Input {
        let mut input = Input::default();
        input.take(taken(Source::Bytes(bytes.to_vec(), Charset::GBK)));
        input
    }

    #[test]
    fn turned_to_text_and_back_nothing_is_lost() {
        let mut input = hex_input(b"\xC4\xE3\xFF");
        assert_eq!((input.typed.as_str(), input.mode), ("C4 E3 FF", Mode::Hex));
        input.turn();
        assert_eq!((input.typed.as_str(), input.mode), ("你\u{FFFD}", Mode::Text));
        input.turn();
        assert_eq!((input.typed.as_str(), input.mode), ("C4 E3 FF", Mode::Hex));
        input.turn();
        input.typed.push('好');
        input.edited();
        input.turn();
        assert_eq!(input.typed, "C4 E3 BA C3");
        input.turn();
        assert_eq!(input.typed, "你\u{FFFD}好", "GBK lacks U+FFFD, and the text is there all the same");
    }

    #[test]
    fn what_is_no_hex_is_an_error_and_what_was_there_stays() {
        let mut input = hex_input(b"\xC4\xE3");
        let revision = input.revision();
        input.typed = "C4 E".into();
        input.edited();
        assert!(input.error.is_some());
        assert_eq!(input.source(), &Source::Bytes(b"\xC4\xE3".to_vec(), Charset::GBK));
        assert_eq!(input.revision(), revision);
        input.typed = "C4 E4".into();
        input.edited();
        assert!(input.error.is_none() && input.revision() > revision);
    }

    #[test]
    fn what_is_long_stays_whole_and_what_was_there_can_be_had_back() {
        let mut input = Input::default();
        input.take(taken(Source::Text("a".repeat(2 << 20))));
        assert_eq!((input.source().len(), input.over, input.typed.len()), (1 << 20, 1 << 20, 0));
        assert!(input.long.is_some());
        input.take(taken(Source::Bytes(vec![0x41; 100_000], Charset::GBK)));
        assert_eq!(input.over, 0);
        input.set_charset(Charset::UTF_16LE);
        assert!(matches!(input.source(), Source::Bytes(_, Charset::UTF_16LE)));
        let revision = input.revision();
        input.back();
        assert_eq!(input.source().len(), 1 << 20);
        assert!(input.revision() > revision && input.before.is_none());
    }
}
