//! The form for a new socket, in the middle of the window and never in front of it. What is wrong with a field
//! stands under that field as one types.

use std::sync::Arc;

use egui::{Frame, Key, Margin, Response, ScrollArea, Ui};

use super::{
    Cx, describe,
    new_menu::kind_name,
    rules::{self, Subject},
};
use crate::{
    gui::{
        actions::Action,
        draft::{Draft, NewKind, NumberError},
        theme::icons,
        tr,
        widgets::{self, Field, Look, choice},
    },
    net::{Family, Responder, ServerModel, options::AddressError},
    preset::Preset,
    words::{self, Lang, number},
};

/// The form that is open, if one is.
#[derive(Debug, Default)]
pub struct NewSocketState {
    /// As filled in so far.
    pub draft: Option<Draft>,
    /// The classic program that it is the socket of.
    preset: Option<Preset>,
    /// The first field takes the focus when the form appears.
    pub just_opened: bool,
}

impl NewSocketState {
    /// Shows a form.
    pub fn show(&mut self, draft: Draft) {
        *self = Self { draft: Some(draft), preset: None, just_opened: true };
    }

    /// Shows the socket of a classic program, to be changed.
    pub fn show_preset(&mut self, preset: Preset) {
        let draft = Some(Draft::of(&preset.socket));
        *self = Self { draft, preset: Some(preset), just_opened: true };
    }
}

/// The form. It closes itself; while it is covered by something else, Esc is for that.
pub fn new_socket_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut NewSocketState, covered: bool) {
    let Some(draft) = &mut state.draft else { return };
    let lang = cx.lang;
    let had_focus = ui.memory(|memory| memory.focused().is_some());
    let mut fields = Vec::new();
    let mut closing = !covered && ui.input(|input| input.key_pressed(Key::Escape));
    let mut opening = false;
    Frame::new().inner_margin(Margin::symmetric(24, 20)).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(600.0);
            ui.spacing_mut().item_spacing.y = 14.0;
            match &state.preset {
                Some(preset) => {
                    ui.heading(lang.pick(&preset.title));
                    widgets::hint(ui, lang.pick(&preset.watch));
                }
                None => _ = ui.heading(tr!(lang, "new.title")),
            }
            let kinds = NewKind::ALL.map(|kind| (kind, kind_name(lang, kind), String::new()));
            let mut kind = draft.kind;
            if choice(ui, &tr!(lang, "new.kind"), &mut kind, &kinds) {
                draft.set_kind(kind);
                // A socket of another kind is another program.
                state.preset = None;
            }
            match draft.kind {
                NewKind::TcpServer => server(ui, cx, draft, &mut fields),
                NewKind::TcpClient => client(ui, cx, draft, &mut fields),
                NewKind::Udp => udp(ui, cx, draft, &mut fields),
            }
            let spec = draft.spec();
            ui.horizontal(|ui| {
                let word = match draft.kind {
                    NewKind::TcpServer => tr!(lang, "new.listen"),
                    NewKind::TcpClient => tr!(lang, "new.connect"),
                    NewKind::Udp => tr!(lang, "new.bind"),
                };
                let wrong = tr!(lang, "new.wrong_field");
                let reason = spec.is_none().then_some(wrong.as_ref());
                let tip = tr!(lang, "new.enter_opens");
                opening = widgets::verb(ui, &word, Look::Primary, &tip, reason).clicked();
                closing |= widgets::button(ui, tr!(lang, "new.cancel"), Look::Plain).clicked();
                if let Some(spec) = &spec {
                    let kept = cx.model.settings.favourites.contains(spec);
                    let (icon, name) = if kept {
                        (icons::STAR_FILLED, tr!(lang, "new.forget_favourite"))
                    } else {
                        (icons::STAR, tr!(lang, "new.keep"))
                    };
                    if widgets::icon_button(ui, icon, &name).clicked() {
                        cx.actions.push(Action::ToggleFavourite(spec.clone()));
                    }
                }
            });
            // Enter in a field opens; on a button it presses that button.
            let entered = ui.input(|input| input.key_pressed(Key::Enter));
            opening |= entered && (!had_focus || fields.iter().any(Response::lost_focus));
            if state.just_opened
                && let Some(first) = fields.first()
            {
                first.request_focus();
                state.just_opened = false;
            }
            if !closing
                && opening
                && let Some(spec) = spec
            {
                cx.actions.push(match state.preset.take() {
                    Some(preset) => Action::OpenPreset(Box::new(Preset { socket: spec, ..preset })),
                    None => Action::OpenNew(spec),
                });
                closing = true;
            }
        });
    });
    if closing {
        state.draft = None;
    }
}

fn server(ui: &mut Ui, cx: &mut Cx<'_>, draft: &mut Draft, fields: &mut Vec<Response>) {
    let lang = cx.lang;
    fields.push(bind_field(ui, cx, draft));
    let models = [ServerModel::Sequential, ServerModel::Threads, ServerModel::EventLoop].map(|model| {
        let tip = match model {
            ServerModel::Sequential => tr!(lang, "new.tip_sequential"),
            ServerModel::Threads => tr!(lang, "new.tip_threads"),
            ServerModel::EventLoop => tr!(lang, "new.tip_event_loop"),
        };
        (model, describe::model_words(lang, model).into_owned(), tip.into_owned())
    });
    choice(ui, &tr!(lang, "new.model"), &mut draft.model, &models);
    reply(ui, cx, draft);
    two(ui, |ui, second| {
        let error = draft.backlog().err().map(|error| number_error(lang, error));
        let label = tr!(lang, "new.backlog");
        let help = Some(tr!(lang, "new.backlog_help").into_owned());
        fields.push(Field::new(&label, &mut draft.backlog).width(120.0).error(error).help(help).show(ui));
        fields.push(recv_field(second, lang, draft));
    });
    wait_fields(ui, lang, draft, fields);
    ui.vertical(|ui| {
        let tip = tr!(lang, "new.close_on_end_tip");
        ui.checkbox(&mut draft.close_on_end, tr!(lang, "new.close_on_end")).on_hover_text(tip);
        ui.checkbox(&mut draft.reuse_address, tr!(lang, "new.reuse")).on_hover_text(tr!(lang, "new.reuse_tip"));
        nodelay_box(ui, lang, draft);
    });
}

fn client(ui: &mut Ui, cx: &mut Cx<'_>, draft: &mut Draft, fields: &mut Vec<Response>) {
    let lang = cx.lang;
    let error = draft.target().err().map(|error| words::address_error(lang, &error));
    let label = tr!(lang, "new.target");
    let help = Some(tr!(lang, "new.target_help").into_owned());
    let field = Field::new(&label, &mut draft.target).width(320.0).placeholder("127.0.0.1:8008");
    fields.push(field.error(error).help(help).show(ui));
    let families = [
        (Family::Any, tr!(lang, "new.family_any").into_owned(), tr!(lang, "new.family_any_tip").into_owned()),
        (Family::V4, "IPv4".to_owned(), String::new()),
        (Family::V6, "IPv6".to_owned(), String::new()),
    ];
    choice(ui, &tr!(lang, "new.family"), &mut draft.family, &families);
    reply(ui, cx, draft);
    two(ui, |ui, second| {
        let error = draft
            .timeout()
            .err()
            .map(|NumberError { high, .. }| tr!(lang, "new.seconds_range", high = number::grouped(high)).into_owned());
        let label = tr!(lang, "new.timeout");
        let help = Some(tr!(lang, "new.timeout_help").into_owned());
        fields.push(Field::new(&label, &mut draft.timeout).width(120.0).error(error).help(help).show(ui));
        fields.push(recv_field(second, lang, draft));
    });
    wait_fields(ui, lang, draft, fields);
    ui.checkbox(&mut draft.close_on_end, tr!(lang, "new.close_on_end_client"))
        .on_hover_text(tr!(lang, "new.close_on_end_tip"));
    nodelay_box(ui, lang, draft);
}

fn udp(ui: &mut Ui, cx: &mut Cx<'_>, draft: &mut Draft, fields: &mut Vec<Response>) {
    let lang = cx.lang;
    fields.push(bind_field(ui, cx, draft));
    let error = draft.connect().err().map(|error| words::address_error(lang, &error));
    let label = tr!(lang, "new.udp_connect");
    let help = Some(tr!(lang, "new.udp_connect_help").into_owned());
    fields.push(Field::new(&label, &mut draft.connect).width(320.0).error(error).help(help).show(ui));
    reply(ui, cx, draft);
    two(ui, |ui, second| {
        let error = draft.receive_buffer().err().map(|error| number_error(lang, error));
        let label = tr!(lang, "new.receive_buffer");
        let help = Some(tr!(lang, "new.receive_buffer_help").into_owned());
        fields.push(Field::new(&label, &mut draft.receive_buffer).width(160.0).error(error).help(help).show(ui));
        fields.push(recv_field(second, lang, draft));
    });
    wait_fields(ui, lang, draft, fields);
    ui.vertical(|ui| {
        ui.checkbox(&mut draft.broadcast, tr!(lang, "new.broadcast")).on_hover_text(tr!(lang, "new.broadcast_tip"));
        ui.checkbox(&mut draft.reuse_address, tr!(lang, "new.reuse")).on_hover_text(tr!(lang, "new.reuse_tip"));
    });
}

/// The address to bind; under it who can reach a socket bound there.
fn bind_field(ui: &mut Ui, cx: &Cx<'_>, draft: &mut Draft) -> Response {
    let lang = cx.lang;
    let (error, help) = match draft.address() {
        Ok(address) => (None, Some(cx.model.reach(lang, address.ip()))),
        Err(AddressError::Empty) => (Some(words::address_error(lang, &AddressError::Empty)), None),
        Err(error) => (Some(words::address_error(lang, &error)), None),
    };
    let label = tr!(lang, "new.address");
    // The port that is typed stays when the address is chosen with a button.
    let port = draft.address().map_or(0, |address| address.port());
    let mut chosen = None;
    let field = Field::new(&label, &mut draft.address).width(320.0).placeholder("127.0.0.1:8008");
    let field = field.error(error).help(help).beside(|ui| {
        chosen = address_buttons(ui, lang, port);
    });
    let response = field.show(ui);
    if let Some(address) = chosen {
        draft.address = address;
    }
    response
}

/// Buttons for the addresses that are usually bound. Returns the one that was clicked, with this port.
pub fn address_buttons(ui: &mut Ui, lang: Lang, port: u16) -> Option<String> {
    ui.spacing_mut().item_spacing.x = 0.0;
    ui.spacing_mut().button_padding.x = 8.0;
    let mut chosen = None;
    for (ip, tip) in [
        ("127.0.0.1", tr!(lang, "new.this_computer")),
        ("0.0.0.0", tr!(lang, "new.all_v4")),
        ("[::1]", tr!(lang, "new.this_computer_v6")),
        ("[::]", tr!(lang, "new.all_v6")),
    ] {
        if widgets::button(ui, ip, Look::Quiet).on_hover_text(tip).clicked() {
            chosen = Some(format!("{ip}:{port}"));
        }
    }
    chosen
}

fn recv_field(ui: &mut Ui, lang: Lang, draft: &mut Draft) -> Response {
    let error = draft.recv_bytes().err().map(|error| number_error(lang, error));
    let label = tr!(lang, "new.recv_bytes");
    let (text, help) = match draft.kind {
        NewKind::Udp => (&mut draft.udp_recv, tr!(lang, "new.recv_help_udp")),
        _ => (&mut draft.tcp_recv, tr!(lang, "new.recv_help_tcp")),
    };
    Field::new(&label, text).width(160.0).error(error).help(Some(help.into_owned())).show(ui)
}

/// Two fields beside one another, each with half of the width: what is said below one moves nothing of the other.
fn two(ui: &mut Ui, contents: impl FnOnce(&mut Ui, &mut Ui)) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        ui.columns(2, |columns| {
            if let [first, second] = columns {
                contents(first, second);
            }
        });
    });
}

/// What lies between two calls: before each `recv`, and between `send`s.
fn wait_fields(ui: &mut Ui, lang: Lang, draft: &mut Draft, fields: &mut Vec<Response>) {
    two(ui, |ui, second| {
        let error = draft.read_delay().err().map(|error| number_error(lang, error));
        let (label, help) = (tr!(lang, "new.read_delay"), Some(tr!(lang, "new.read_delay_help").into_owned()));
        fields.push(Field::new(&label, &mut draft.read_delay).width(160.0).error(error).help(help).show(ui));
        let error = draft.send_gap().err().map(|error| number_error(lang, error));
        let (label, help) = (tr!(lang, "new.send_gap"), Some(tr!(lang, "new.send_gap_help").into_owned()));
        fields.push(Field::new(&label, &mut draft.send_gap).width(160.0).error(error).help(help).show(second));
    });
}

fn nodelay_box(ui: &mut Ui, lang: Lang, draft: &mut Draft) {
    ui.checkbox(&mut draft.nodelay, "TCP_NODELAY").on_hover_text(tr!(lang, "inspector.nodelay"));
}

/// What is answered; where it is rules, what they say and the way to their editor.
fn reply(ui: &mut Ui, cx: &mut Cx<'_>, draft: &mut Draft) {
    let mut responder = draft.responder().clone();
    let mut edit = false;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        choice(ui, &tr!(cx.lang, "new.reply"), &mut responder, &replies(cx.lang, draft.responder()));
        if let Some(built_in) = rules::built_in_ui(ui, cx.lang, draft.kind) {
            draft.set_responder(built_in.clone());
            responder = built_in;
        }
        edit = reply_note(ui, cx, &responder, 6);
    });
    // Rules are chosen to be written.
    edit |= responder.rules().is_some() && draft.responder().rules().is_none();
    if responder != *draft.responder() {
        draft.set_responder(responder);
    }
    if edit {
        cx.actions.push(Action::EditRules(Subject::Draft));
    }
}

/// What is worth knowing of an answer: rules in words, at most so many sentences. Returns whether they shall be edited.
pub fn reply_note(ui: &mut Ui, cx: &Cx<'_>, responder: &Responder, most: usize) -> bool {
    match responder {
        Responder::Upper => {
            rules::upper_note_ui(ui, cx.lang, cx.model.settings.composer.charset);
            false
        }
        Responder::Rules(responder) => {
            ui.add_space(4.0);
            rules::told_ui(ui, cx.lang, responder, most);
            ui.add_space(2.0);
            widgets::button(ui, tr!(cx.lang, "editor.edit"), Look::Plain).clicked()
        }
        Responder::None | Responder::Echo => false,
    }
}

/// What can be answered: the word and what it means. `now` is what is in force; rules stay themselves.
pub fn replies(lang: Lang, now: &Responder) -> [(Responder, String, String); 4] {
    let rules = match now {
        Responder::Rules(rules) => rules.clone(),
        _ => Arc::new(rules::example(lang)),
    };
    [
        (Responder::None, tr!(lang, "new.reply_none").into_owned(), tr!(lang, "new.reply_none_tip").into_owned()),
        (Responder::Echo, tr!(lang, "new.reply_echo").into_owned(), tr!(lang, "new.reply_echo_tip").into_owned()),
        (Responder::Upper, tr!(lang, "new.reply_upper").into_owned(), tr!(lang, "new.reply_upper_tip").into_owned()),
        (
            Responder::Rules(rules),
            tr!(lang, "editor.reply_rules").into_owned(),
            tr!(lang, "editor.reply_rules_tip").into_owned(),
        ),
    ]
}

/// Why a number cannot be used.
pub fn number_error(lang: Lang, error: NumberError) -> String {
    let (low, high) = (number::grouped(error.low), number::grouped(error.high));
    tr!(lang, "new.number_range", low = low, high = high).into_owned()
}
