//! Ctrl+K: every action by name. Typing narrows, arrows choose, Enter runs.

use std::borrow::Cow;

use egui::{
    Align2, Area, Frame, Id, Key, Modifiers, Order, Pos2, RichText, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role,
    vec2,
};

use super::Cx;
use crate::{
    gui::{
        actions::Action,
        commands::{UiCommand, Unavailable},
        theme::{CARD_RADIUS, TokensExt as _},
        tr, widgets,
    },
    words::Lang,
};

/// What is typed and which line is chosen.
#[derive(Debug, Default)]
pub struct PaletteState {
    /// Whether it is open.
    pub open: bool,
    query: String,
    chosen: usize,
    just_opened: bool,
}

impl PaletteState {
    /// Opens it, empty, or closes it.
    pub fn toggle(&mut self) {
        let open = !self.open;
        *self = Self { open, just_opened: open, ..Self::default() };
    }
}

const WIDTH: f32 = 560.0;
const LINE: f32 = 34.0;
const LINES: f32 = 10.0;

/// The palette, over everything else, while it is open.
pub fn palette_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut PaletteState) {
    if !state.open {
        return;
    }
    let screen = ui.ctx().content_rect();
    let at = Pos2::new(screen.center().x, screen.top() + 72.0);
    let area = Area::new(Id::unique("palette")).order(Order::Foreground).pivot(Align2::CENTER_TOP).fixed_pos(at);
    let inner = area.show(ui.ctx(), |ui| {
        Frame::popup(ui.style()).corner_radius(CARD_RADIUS).inner_margin(8).show(ui, |ui| {
            ui.set_width(WIDTH);
            contents(ui, cx, state);
        });
    });
    let elsewhere = ui.input(|input| input.pointer.any_click()) && inner.response.clicked_elsewhere();
    let escape = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    if escape || (elsewhere && !state.just_opened) {
        state.open = false;
    }
    state.just_opened = false;
}

fn contents(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut PaletteState) {
    // Before the field, which would move its cursor with them.
    let (up, down, enter) = ui.input_mut(|input| {
        (
            input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp),
            input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown),
            input.consume_key(Modifiers::NONE, Key::Enter),
        )
    });
    let name = tr!(cx.lang, "palette.name");
    let hint = RichText::new(tr!(cx.lang, "palette.hint")).color(ui.tokens().faint);
    let edit = egui::TextEdit::singleline(&mut state.query)
        .hint_text(hint)
        .desired_width(f32::INFINITY)
        .char_limit(200)
        .margin(egui::Margin::symmetric(10, 7));
    let field = ui.add(edit).accessible_name(name);
    if state.just_opened || !field.has_focus() {
        field.request_focus();
    }
    if field.changed() {
        state.chosen = 0;
    }
    let all = UiCommand::ALL.into_iter().filter(|command| *command != UiCommand::Palette);
    // What is called so goes before what only does so.
    let (mut found, others): (Vec<UiCommand>, Vec<UiCommand>) =
        all.partition(|command| matches(&state.query, |lang| command.text(lang)));
    found.extend(others.into_iter().filter(|command| matches(&state.query, |lang| command.tip(lang))));
    ui.add_space(4.0);
    if found.is_empty() {
        widgets::hint(ui, tr!(cx.lang, "palette.nothing"));
        return;
    }
    let last = found.len() - 1;
    state.chosen = (state.chosen + down).saturating_sub(up).min(last);
    let moved = up + down > 0 || field.changed();
    let mut run = enter.then(|| found.get(state.chosen).copied()).flatten();
    ScrollArea::vertical().max_height(LINE * LINES).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (index, command) in found.iter().enumerate() {
            let response = entry(ui, cx, *command, index == state.chosen);
            if index == state.chosen && moved {
                response.scroll_to_me(None);
            }
            if response.clicked() {
                run = Some(*command);
            }
        }
    });
    if let Some(command) = run
        && command.unavailable(cx.model).is_none()
    {
        state.open = false;
        cx.actions.push(Action::Run(command));
    }
}

/// Every word that was typed occurs in the text of one of the two languages: who sees Chinese may type English.
fn matches(query: &str, text: impl Fn(Lang) -> Cow<'static, str>) -> bool {
    let texts = Lang::ALL.map(|lang| text(lang).to_lowercase());
    query.to_lowercase().split_whitespace().all(|word| texts.iter().any(|text| text.contains(word)))
}

fn entry(ui: &mut Ui, cx: &Cx<'_>, command: UiCommand, chosen: bool) -> egui::Response {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
    let text = command.text(cx.lang);
    let why = command.unavailable(cx.model);
    response.widget_info(|| WidgetInfo::selected(Role::Button, why.is_none(), chosen, &text));
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect, 6.0, if chosen { tokens.selection } else { tokens.hover });
    }
    let color = if why.is_some() { tokens.faint } else { tokens.text };
    let body = egui::TextStyle::Body.resolve(ui.style());
    let small = egui::TextStyle::Small.resolve(ui.style());
    let painter = ui.painter();
    painter.text(rect.left_center() + vec2(10.0, 0.0), Align2::LEFT_CENTER, &text, body, color);
    let right = match why {
        Some(Unavailable::NoSocket) => tr!(cx.lang, "palette.no_socket").into_owned(),
        Some(Unavailable::Verb(reason)) => reason.sentence(cx.lang).into_owned(),
        Some(Unavailable::NotNow) => tr!(cx.lang, "palette.not_now").into_owned(),
        None => command.keys(ui.ctx()).unwrap_or_default(),
    };
    painter.text(rect.right_center() - vec2(10.0, 0.0), Align2::RIGHT_CENTER, right, small, tokens.faint);
    response.on_hover_text(command.tip(cx.lang))
}
