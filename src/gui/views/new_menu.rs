//! What opens under "New": the three kinds, each as a form or at once with its defaults, and the sockets of
//! before.

use egui::{Align, Button, Layout, Popup, PopupCloseBehavior, RichText, ScrollArea, Ui, vec2};

use super::{
    Cx,
    classic::{ClassicState, classic_ui},
    describe,
};
use crate::{
    gui::{
        actions::Action,
        commands::UiCommand,
        draft::{Draft, NewKind},
        theme::{self, TokensExt as _, icons},
        tr,
        widgets::{self, Look},
    },
    net::SocketSpec,
    words::Lang,
};

/// Whether the menu is open.
#[derive(Debug, Default)]
pub struct NewMenuState {
    /// It is.
    pub open: bool,
    /// The classic programs in it.
    classic: ClassicState,
}

/// Recent sockets that the menu lists.
const RECENT: usize = 4;
/// What is around the menu and between its parts.
const AROUND: f32 = 28.0;
/// Height of the lists of sockets at least: a title and some rows.
const LEAST: f32 = 110.0;
/// Width of the menu: a sentence on what to watch has to be readable.
const WIDTH: f32 = 460.0;

/// The button and its menu.
pub fn new_menu_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut NewMenuState) {
    let text = format!("＋ {} {}", tr!(cx.lang, "sidebar.new"), icons::CHEVRON_DOWN);
    let tip = UiCommand::NewSocket.keys(ui.ctx()).unwrap_or_default();
    let name = tr!(cx.lang, "sidebar.new");
    let button = widgets::button(ui, text, Look::Primary).on_hover_text(tip).accessible_name(name.clone());
    if button.clicked() {
        state.open = !state.open;
    }
    let popup = Popup::menu(&button)
        .open_bool(&mut state.open)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name(name)
        .gap(4.0)
        .width(WIDTH);
    let shown = popup.show(|ui| {
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing = vec2(4.0, 2.0);
        for kind in NewKind::ALL {
            kind_row(ui, cx, kind);
        }
        classic_ui(ui, cx, &mut state.classic);
        let recent = &cx.model.settings.recent;
        let favourites = &cx.model.settings.favourites;
        let recent: Vec<_> = recent.iter().filter(|spec| !favourites.contains(spec)).take(RECENT).cloned().collect();
        // What is below the button and not above the lists, so that the menu ends inside of the window.
        let room = ui.ctx().content_rect().bottom() - button.rect.bottom() - ui.min_rect().height() - AROUND;
        let room = room.max(LEAST);
        // As in the list of programs: how high the menu is must not depend on how high it was.
        let area = ScrollArea::vertical().id_salt("before").max_height(room).min_scrolled_height(room);
        area.auto_shrink([false, true]).show(ui, |ui| {
            list(ui, cx, &tr!(cx.lang, "new.favourites"), favourites);
            list(ui, cx, &tr!(cx.lang, "new.recent"), &recent);
        });
    });
    if shown.is_none() {
        state.classic.closed();
    }
}

/// The name of a kind, as sockets of it are called.
pub fn kind_name(lang: Lang, kind: NewKind) -> String {
    match kind {
        NewKind::TcpServer => tr!(lang, "sidebar.tcp_server"),
        NewKind::TcpClient => tr!(lang, "sidebar.tcp_client"),
        NewKind::Udp => tr!(lang, "sidebar.udp"),
    }
    .into_owned()
}

fn kind_row(ui: &mut Ui, cx: &mut Cx<'_>, kind: NewKind) {
    let (icon, at_once) = match kind {
        NewKind::TcpServer => (icons::SERVER, tr!(cx.lang, "new.server_at_once")),
        NewKind::TcpClient => (icons::PLUG, tr!(cx.lang, "new.client_at_once")),
        NewKind::Udp => (icons::RADIO, tr!(cx.lang, "new.udp_at_once")),
    };
    row(
        ui,
        cx,
        |ui, cx| {
            if widgets::icon_button(ui, icons::PLAY, &at_once).clicked() {
                if let Some(spec) = Draft::new(kind, cx.model).spec() {
                    cx.actions.push(Action::OpenNew(spec));
                }
                ui.close();
            }
        },
        |ui, cx, width| {
            let muted = ui.tokens().muted;
            let text = (RichText::new(icon).size(15.0).color(muted), RichText::new(kind_name(cx.lang, kind)));
            let button = Button::new(text).min_size(vec2(width, 30.0)).gap(10.0);
            if left(ui, button).accessible_name(kind_name(cx.lang, kind)).clicked() {
                cx.actions.push(Action::ShowNew(kind));
                ui.close();
            }
        },
    );
}

fn list(ui: &mut Ui, cx: &mut Cx<'_>, title: &str, specs: &[SocketSpec]) {
    if specs.is_empty() {
        return;
    }
    ui.add_space(6.0);
    ui.label(theme::section(ui, title));
    for spec in specs {
        row(
            ui,
            cx,
            |ui, cx| {
                let kept = cx.model.settings.favourites.contains(spec);
                let (icon, name) = if kept {
                    (icons::STAR_FILLED, tr!(cx.lang, "new.forget_favourite"))
                } else {
                    (icons::STAR, tr!(cx.lang, "new.keep"))
                };
                if widgets::icon_button(ui, icon, &name).clicked() {
                    cx.actions.push(Action::ToggleFavourite(spec.clone()));
                }
            },
            |ui, cx, width| {
                let line = describe::spec_line(cx.lang, spec);
                let text = RichText::new(&line).size(12.0);
                let response = left(ui, Button::new(text).min_size(vec2(width, 26.0)).truncate());
                let response = response.accessible_name(line);
                if response.on_hover_text(tr!(cx.lang, "new.open_again")).clicked() {
                    cx.actions.push(Action::OpenNew(spec.clone()));
                    ui.close();
                }
            },
        );
    }
}

/// A row with something small at its right end; the rest of the width is for what is at its left.
pub(super) fn row(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    right: impl FnOnce(&mut Ui, &mut Cx<'_>),
    main: impl FnOnce(&mut Ui, &mut Cx<'_>, f32),
) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            right(ui, cx);
            let width = ui.available_width();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| main(ui, cx, width));
        });
    });
}

/// A button of a menu: its text at the left.
fn left(ui: &mut Ui, button: Button<'_>) -> egui::Response {
    ui.scope(|ui| {
        ui.spacing_mut().button_padding = vec2(8.0, 4.0);
        ui.add(button.right_text(""))
    })
    .inner
}
