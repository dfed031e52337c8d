//! The encoding lens: one text or some bytes in several encodings, sent as one and read as another, cut anywhere,
//! and raised byte by byte.
//!
//! It stands in the middle of the window, over whatever was there, and keeps everything when it is closed. What is
//! computed is in `Looked`; the pages only paint what is on screen.

mod characters;
mod cut;
mod input;
mod looked;
mod pairs;
mod taken;
mod told;
mod upper;

use std::time::Instant;

use egui::{Align, CentralPanel, Frame, Key, Layout, Margin, Panel, RichText, ScrollArea, Sense, Ui, UiBuilder};

use self::{input::Input, looked::Looked};
pub use self::{
    input::Origin,
    taken::{from_composer, from_rows},
};
use super::{Cx, head, tab};
use crate::{
    gui::{
        actions::Action,
        theme::{TokensExt as _, icons},
        tr,
        views::traffic::count_bytes,
        widgets::{
            self, Look,
            compact::{compact_icon, compact_spacing},
            encoding_menu::add_encoding_menu,
        },
    },
    text::{
        Charset,
        reading::{LOOKED_AT, Rest, Source},
    },
    words::{Lang, number::grouped},
};

/// Encodings side by side.
const MOST: usize = 8;
/// Below these heights the field has one line, or two.
const LOW: f32 = 480.0;
const MEDIUM: f32 = 720.0;
/// The least height of a page.
const PAGE: f32 = 260.0;

/// What the lens is to look at.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Text or bytes.
    pub source: Source,
    /// Where they come from.
    pub origin: Origin,
    /// Where each of several rows ended.
    pub ends: Vec<usize>,
}

/// A page of the lens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// Characters and their bytes.
    #[default]
    Characters,
    /// Sent as one, read as another.
    Pairs,
    /// Cut at a byte.
    Cut,
    /// Upper-cased as bytes.
    Upper,
}

/// What the lens keeps, also while it is closed.
pub struct LensState {
    open: bool,
    focus: bool,
    page: Page,
    input: Input,
    charsets: Vec<Charset>,
    looked: Looked,
    characters: characters::CharactersState,
    pairs: pairs::PairsState,
    cut: cut::CutState,
    upper: upper::UpperState,
}

impl Default for LensState {
    fn default() -> Self {
        Self {
            open: false,
            focus: false,
            page: Page::default(),
            input: Input::default(),
            charsets: vec![Charset::UTF_8, Charset::GBK, Charset::GB2312, Charset::BIG5, Charset::UTF_16LE],
            looked: Looked::default(),
            characters: characters::CharactersState::default(),
            pairs: pairs::PairsState::default(),
            cut: cut::CutState::default(),
            upper: upper::UpperState::default(),
        }
    }
}

impl LensState {
    /// Opens it on this, or as it was left.
    pub fn open(&mut self, taken: Option<Taken>) {
        self.open = true;
        self.focus = true;
        if let Some(taken) = taken {
            self.input.take(taken);
            self.follow_charset();
        }
    }

    /// Closes it. Everything stays as it is for the next time.
    pub fn close(&mut self) {
        self.open = false;
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Which page is on show.
    pub fn show_page(&mut self, page: Page) {
        self.page = page;
    }

    /// How often something was computed anew.
    pub fn computed(&self) -> u64 {
        self.looked.times
    }

    /// Puts one more encoding beside the others, for the last one if there are too many.
    fn add(&mut self, charset: Charset) {
        if !self.charsets.contains(&charset) {
            self.charsets.truncate(MOST - 1);
            self.charsets.push(charset);
        }
    }

    /// The encoding in which bytes came is among those on show.
    fn follow_charset(&mut self) {
        if let Source::Bytes(_, charset) = self.input.source() {
            let charset = *charset;
            self.add(charset);
            self.cut.set_charset(charset);
        }
        self.cut.follow_rows(self.input.ends());
    }
}

/// Paints the lens while it is open.
pub fn lens_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LensState, covered: bool) {
    let lang = cx.lang;
    let tokens = ui.tokens();
    let flat = Frame::new().fill(tokens.panel);
    let popup = egui::Popup::is_any_open(ui.ctx());
    let mut closing = !covered && !popup && ui.input(|input| input.key_pressed(Key::Escape));
    let focus = std::mem::take(&mut state.focus);
    let rows = match ui.available_height() {
        ..LOW => 1,
        LOW..MEDIUM => 2,
        _ => 3,
    };
    ui.spacing_mut().item_spacing.y = 0.0;
    Panel::top("lens_input").show_separator_line(false).frame(flat.inner_margin(Margin::symmetric(16, 10))).show(
        ui,
        |ui| {
            ui.spacing_mut().item_spacing = egui::vec2(8.0, 8.0);
            closing |= header_ui(ui, lang, state.input.origin());
            input::input_ui(ui, lang, &mut state.input, focus, rows);
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = egui::vec2(6.0, 6.0);
                if input::choices_ui(ui, lang, &mut state.input) {
                    state.follow_charset();
                }
                ui.add_space(6.0);
                charsets_ui(ui, lang, state);
            });
        },
    );
    let start = Instant::now();
    state.looked.at(&state.input, &state.charsets);
    let done = state.looked.advance(state.input.source(), state.page, start);
    if !done {
        ui.request_repaint();
    }
    let copied = Panel::top("lens_tabs").show_separator_line(false).frame(flat).show(ui, |ui| tabs_ui(ui, lang, state));
    if copied.inner {
        cx.actions.push(Action::Copy(told::told(lang, state)));
    }
    Panel::bottom("lens_numbers").exact_size(24.0).frame(flat.inner_margin(Margin::symmetric(16, 0))).show(ui, |ui| {
        numbers_ui(ui, lang, state, done);
    });
    CentralPanel::no_frame().frame(flat).show(ui, |ui| {
        if ui.available_height() >= PAGE {
            return page_ui(ui, cx, state);
        }
        // At 200 %: what does not fit is scrolled to.
        ScrollArea::vertical().id_salt("lens_page").auto_shrink(false).show(ui, |ui| {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(ui.available_width(), PAGE), Sense::hover());
            page_ui(&mut ui.new_child(UiBuilder::new().max_rect(rect)), cx, state);
        });
    });
    if closing {
        state.close();
    }
}

fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LensState) {
    let lang = cx.lang;
    match state.page {
        Page::Characters => characters::characters_ui(ui, lang, &mut state.characters, &state.looked),
        Page::Pairs => pairs::pairs_ui(ui, cx, &mut state.pairs, &state.looked),
        Page::Cut => cut::cut_ui(ui, lang, &mut state.cut, &mut state.looked, state.input.ends()),
        Page::Upper => upper::upper_ui(ui, lang, &mut state.upper, &state.looked),
    }
}

/// Title, origin, and the button that closes. Returns whether it was clicked.
fn header_ui(ui: &mut Ui, lang: Lang, origin: Origin) -> bool {
    let tokens = ui.tokens();
    ui.horizontal(|ui| {
        ui.heading(tr!(lang, "lens.title"));
        let text = match origin {
            Origin::Typed => tr!(lang, "lens.lead"),
            Origin::Composer => tr!(lang, "lens.from_composer"),
            Origin::Rows(socket, 1) => tr!(lang, "lens.from_row", socket = socket),
            Origin::Rows(socket, count) => tr!(lang, "lens.from_rows", socket = socket, count = grouped(count as u64)),
        };
        let clicked = ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = widgets::button(ui, tr!(lang, "lens.close"), Look::Plain);
            let clicked = close.on_hover_text(tr!(lang, "lens.close_tip")).clicked();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(text).color(tokens.muted)).truncate());
            });
            clicked
        });
        clicked.inner
    })
    .inner
}

/// The encodings side by side: each can be taken away, and others added.
fn charsets_ui(ui: &mut Ui, lang: Lang, state: &mut LensState) {
    let mut gone = None;
    ui.label(RichText::new(tr!(lang, "lens.beside")).small().color(ui.tokens().muted));
    let several = state.charsets.len() > 1;
    for charset in &state.charsets {
        room(ui, charset.name(), 42.0);
        let name = tr!(lang, "lens.remove", encoding = charset.name());
        let response = ui.add_enabled_ui(several, |ui| {
            compact_spacing(ui);
            let text = RichText::new(charset.name()).font(egui::FontId::monospace(12.0));
            ui.add(egui::Button::new((text, RichText::new(icons::X).size(11.0))).gap(4.0))
        });
        let response = response.inner.accessible_name(name.as_ref()).on_hover_text(name);
        if response.on_disabled_hover_text(tr!(lang, "lens.last_one")).clicked() {
            gone = Some(*charset);
        }
    }
    if let Some(gone) = gone {
        state.charsets.retain(|charset| *charset != gone);
    }
    let full = state.charsets.len() >= MOST;
    let text = tr!(lang, "lens.add");
    room(ui, &text, 42.0);
    let added = ui.add_enabled_ui(!full, |ui| add_encoding_menu(ui, lang, &text));
    let (response, added) = added.inner;
    response.on_disabled_hover_text(tr!(lang, "lens.full", count = MOST));
    if let Some(charset) = added {
        state.add(charset);
    }
}

/// Begins a new line if this text and so much beside it do not fit into this one. What has a scope of its own is never
/// wrapped by the layout, but squeezed.
fn room(ui: &mut Ui, text: &str, beside: f32) {
    let font = egui::FontId::monospace(12.0);
    let width = ui.painter().layout_no_wrap(text.to_owned(), font, ui.tokens().text).size().x;
    if ui.available_size_before_wrap().x < width + beside {
        ui.end_row();
    }
}

/// The pages by name. Returns whether the one on show is to be copied.
fn tabs_ui(ui: &mut Ui, lang: Lang, state: &mut LensState) -> bool {
    head(ui, |ui| {
        for (page, text) in [
            (Page::Characters, tr!(lang, "lens.characters")),
            (Page::Pairs, tr!(lang, "lens.pairs")),
            (Page::Cut, tr!(lang, "lens.cut")),
            (Page::Upper, tr!(lang, "lens.upper")),
        ] {
            if tab(ui, &text, state.page == page) {
                state.page = page;
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let roomy = ui.available_width() > 140.0;
            compact_icon(ui, icons::COPY, &tr!(lang, "ladder.copy"), roomy).clicked()
        })
        .inner
    })
}

/// How much there is, and what of it is not on show.
fn numbers_ui(ui: &mut Ui, lang: Lang, state: &LensState, done: bool) {
    let tokens = ui.tokens();
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        let muted = |ui: &mut Ui, text: String| ui.label(RichText::new(text).small().color(tokens.muted));
        let Some(tally) = &state.looked.tally else { return };
        muted(ui, tr!(lang, "lens.count", count = grouped(tally.characters as u64)).into_owned());
        let units = tr!(lang, "lens.units", count = grouped(tally.units as u64));
        muted(ui, units.into_owned()).on_hover_text(tr!(lang, "lens.units_tip"));
        if let Source::Bytes(bytes, charset) = state.input.source() {
            muted(ui, format!("{}: {}", charset.name(), count_bytes(lang, bytes.len())));
        }
        if tally.not_text > 0 {
            let text = tr!(lang, "lens.not_text", count = grouped(tally.not_text as u64));
            ui.label(RichText::new(text).small().color(tokens.error));
        }
        let shown = grouped(state.looked.passage.characters.len() as u64);
        let rest = match state.looked.passage.rest() {
            Rest::None => None,
            Rest::Characters(count) => Some(tr!(lang, "lens.rest", shown = shown, count = grouped(count as u64))),
            Rest::Bytes(count) => Some(tr!(lang, "lens.rest_bytes", shown = shown, count = grouped(count as u64))),
        };
        if let Some(rest) = rest {
            ui.label(RichText::new(rest).small().color(tokens.warn));
        }
        if !done {
            muted(ui, tr!(lang, "lens.counting").into_owned());
        }
    });
    debug_assert!(state.looked.passage.characters.len() <= LOOKED_AT);
}
