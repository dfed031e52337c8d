//! Before one can chat: which UDP socket, bound where, and so who can reach it.

use egui::{Align, Layout, RichText, Ui};

use crate::{
    gui::{
        Cx,
        actions::Action,
        theme::{self, TokensExt as _},
        tr,
        views::{describe, new_socket::address_buttons},
        widgets::{self, Field, Look},
    },
    journal::Kind,
    net::{UdpSpec, options::parse_bind},
    words,
};

/// The address as typed; until then the one of last time.
#[derive(Debug, Default)]
pub struct SetupState {
    typed: Option<String>,
}

/// Paints the form, and the sockets that are there already.
pub fn setup_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut SetupState) {
    let lang = cx.lang;
    let tokens = ui.tokens();
    ui.add_space((ui.available_height() * 0.16).max(24.0));
    ui.horizontal_top(|ui| {
        ui.add_space(((ui.available_width() - 560.0) / 2.0).max(16.0));
        ui.vertical(|ui| {
            ui.set_max_width(560.0);
            ui.spacing_mut().item_spacing.y = 12.0;
            ui.heading(tr!(lang, "chat.title"));
            ui.label(RichText::new(tr!(lang, "chat.lead")).color(tokens.muted));
            let last = cx.model.settings.chat.address;
            let typed = state.typed.get_or_insert_with(|| last.to_string());
            let parsed = parse_bind(typed);
            let (error, help) = match &parsed {
                Ok(address) => (None, Some(cx.model.reach(lang, address.ip()))),
                Err(error) => (Some(words::address_error(lang, error)), None),
            };
            let label = tr!(lang, "new.address");
            let port = parsed.as_ref().map_or(0, std::net::SocketAddr::port);
            let mut chosen = None;
            let field = Field::new(&label, typed).placeholder("127.0.0.1:8081").error(error).help(help);
            let response = field.beside(|ui| chosen = address_buttons(ui, lang, port)).show(ui);
            if let Some(address) = chosen {
                *typed = address;
            }
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let wrong = tr!(lang, "new.wrong_field");
            let reason = parsed.is_err().then_some(wrong.as_ref());
            let tip = tr!(lang, "chat.open_tip");
            let clicked = widgets::verb(ui, &tr!(lang, "chat.open"), Look::Primary, &tip, reason).clicked();
            if (clicked || entered)
                && let Ok(address) = parsed
            {
                cx.actions.push(Action::OpenChat(UdpSpec { address, ..UdpSpec::default() }));
                state.typed = None;
            }
            open_ones(ui, cx);
        });
    });
}

/// UDP sockets of the bench that can be chatted with as well. One that is connected hears one peer only.
fn open_ones(ui: &mut Ui, cx: &mut Cx<'_>) {
    let usable = |entry: &&crate::journal::SocketEntry| {
        entry.kind == Kind::UdpSocket && entry.state.is_open() && entry.peer.is_none() && entry.local.is_some()
    };
    let sockets: Vec<_> = cx.model.sockets.iter().filter(usable).collect();
    if sockets.is_empty() {
        return;
    }
    ui.add_space(8.0);
    ui.label(theme::section(ui, &tr!(cx.lang, "chat.use_open")));
    ui.with_layout(Layout::top_down(Align::Min), |ui| {
        for entry in sockets {
            let address = describe::addresses(cx.model, entry);
            let text = tr!(cx.lang, "chat.use", address = address);
            if widgets::button(ui, text, Look::Plain).clicked() {
                cx.actions.push(Action::UseForChat(Some(entry.id)));
            }
        }
    });
}
