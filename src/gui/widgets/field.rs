//! A labelled text field whose error stands under it, and a choice among a few words.

use egui::{Button, FontId, Response, RichText, Stroke, StrokeKind, TextEdit, TextStyle, Ui, vec2};

use super::{error_line, hint};
use crate::gui::theme::{RADIUS, TokensExt as _, medium};

/// A labelled line of text.
#[must_use = "it is painted by `show`"]
pub struct Field<'a> {
    label: &'a str,
    text: &'a mut String,
    width: f32,
    placeholder: &'a str,
    error: Option<String>,
    help: Option<String>,
    beside: Option<Beside<'a>>,
}

type Beside<'a> = Box<dyn FnOnce(&mut Ui) + 'a>;

impl<'a> Field<'a> {
    /// A field for `text`; addresses and numbers, so in the face of bytes.
    pub fn new(label: &'a str, text: &'a mut String) -> Self {
        Self { label, text, width: 220.0, placeholder: "", error: None, help: None, beside: None }
    }

    /// Its width in points.
    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// What stands in it while it is empty.
    pub fn placeholder(mut self, placeholder: &'a str) -> Self {
        self.placeholder = placeholder;
        self
    }

    /// What is wrong with what was typed.
    pub fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }

    /// What using it means; shown where there is no error.
    pub fn help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// What stands at its right.
    pub fn beside(mut self, contents: impl FnOnce(&mut Ui) + 'a) -> Self {
        self.beside = Some(Box::new(contents));
        self
    }

    /// Label above, error or help below.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            let label = ui.label(RichText::new(self.label).color(tokens.muted));
            let failed = self.error.is_some();
            let field = ui.scope(|ui| {
                if failed {
                    let widgets = &mut ui.visuals_mut().widgets;
                    for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
                        state.bg_stroke = Stroke::new(1.0, tokens.error);
                    }
                    ui.visuals_mut().selection.stroke.color = tokens.error;
                }
                let edit = line(self.text, self.width);
                let edit = edit.hint_text(RichText::new(self.placeholder).color(tokens.faint));
                let Some(beside) = self.beside else { return ui.add(edit) };
                ui.horizontal(|ui| {
                    let response = ui.add(edit);
                    beside(ui);
                    response
                })
                .inner
            });
            ui.set_max_width(self.width.max(320.0).min(ui.available_width()));
            if let Some(error) = self.error {
                error_line(ui, error);
            } else if let Some(help) = self.help {
                hint(ui, help);
            }
            field.inner.labelled_by(label.id)
        })
        .inner
    }
}

/// A single line in the face of bytes, padded as in the mock-up.
pub fn line(text: &mut String, width: f32) -> TextEdit<'_> {
    TextEdit::singleline(text)
        .font(TextStyle::Monospace)
        .margin(egui::Margin::symmetric(10, 5))
        .desired_width(width)
        .char_limit(1_000)
}

/// One of a few words, side by side; returns whether it changed.
pub fn choice<T: Clone + PartialEq>(ui: &mut Ui, label: &str, value: &mut T, words: &[(T, String, String)]) -> bool {
    let muted = ui.tokens().muted;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.label(RichText::new(label).color(muted));
        choices(ui, label, value, words)
    })
    .inner
}

/// The same where the label already stands elsewhere.
pub fn choices<T: Clone + PartialEq>(ui: &mut Ui, label: &str, value: &mut T, words: &[(T, String, String)]) -> bool {
    let tokens = ui.tokens();
    let before = value.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (option, word, tip) in words {
            let chosen = *value == *option;
            let color = if chosen { tokens.tcp } else { tokens.text };
            let text = RichText::new(word).font(FontId::new(12.0, medium())).color(color);
            let mut button = Button::new(text).min_size(vec2(0.0, 26.0)).selected(chosen);
            if chosen {
                button = button.fill(tokens.selection).stroke(Stroke::new(1.0, tokens.tcp));
            }
            let response = ui.add(button).accessible_name(format!("{label}: {word}"));
            if response.has_focus() {
                // The chosen one has a border of this colour too.
                let ring = Stroke::new(1.5, tokens.tcp);
                ui.painter().rect_stroke(response.rect.expand(2.5), RADIUS + 2, ring, StrokeKind::Outside);
            }
            let response = if tip.is_empty() { response } else { response.on_hover_text(tip) };
            if response.clicked() {
                *value = option.clone();
            }
        }
    });
    *value != before
}
