//! The chosen socket: what it is, where it stands, what can be done, and one line where something is to be
//! explained. No silence without a reason, and no error that is only a toast.

use egui::{Align, Frame, Layout, Margin, RichText, Ui};

use super::{Cx, describe, rules::Subject};
use crate::{
    export::code::{CodeError, Language, code},
    gui::{
        actions::Action,
        commands::UiCommand,
        meter::Meter,
        theme::{self, CARD_RADIUS, TokensExt as _, icons},
        tr,
        verbs::{self, Verb},
        widgets::{
            self, Look,
            compact::{menu_entry, menu_spacing},
        },
    },
    journal::{Kind, SocketEntry, State},
    net::{CommandError, Reach},
    words,
};

/// Below this width the verbs stand in a line of their own.
const NARROW: f32 = 540.0;
/// Room for the widest badge.
const BADGE: f32 = 110.0;

/// Name, addresses, state, verbs; under them what is to be explained.
pub fn header_ui(ui: &mut Ui, cx: &mut Cx<'_>, inspector_open: bool) {
    let Some(entry) = cx.model.selected_entry() else { return };
    let tokens = ui.tokens();
    if ui.available_width() < NARROW {
        ui.horizontal(|ui| {
            ui.heading(describe::name(cx.lang, entry).into_owned());
            describe::state_badge(ui, cx, entry.state, tokens);
        });
        ui.add(egui::Label::new(addresses(ui, cx, entry)).truncate());
        ui.horizontal_wrapped(|ui| verb_buttons(ui, cx, entry, inspector_open, false));
    } else {
        ui.horizontal(|ui| {
            ui.heading(describe::name(cx.lang, entry).into_owned());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                verb_buttons(ui, cx, entry, inspector_open, true);
                // What room is left between the name and the verbs; a long address is cut there.
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let room = (ui.available_width() - BADGE).max(40.0);
                    ui.scope(|ui| {
                        ui.set_max_width(room);
                        let text = addresses(ui, cx, entry);
                        ui.add(egui::Label::new(text).truncate());
                    });
                    describe::state_badge(ui, cx, entry.state, tokens);
                });
            });
        });
    }
    if let Some(line) = explanation(cx, entry) {
        ui.add_space(2.0);
        let color = match line.tone {
            Tone::Error => tokens.error,
            Tone::Warning => tokens.warn,
            Tone::Plain => tokens.muted,
        };
        ui.label(RichText::new(line.text).color(color));
    }
    watch_ui(ui, cx, entry);
}

/// The classic program that it is, and what to watch; until that is dismissed.
fn watch_ui(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry) {
    let Some((owner, played)) = cx.model.played(entry.id).filter(|(_, played)| !played.dismissed) else { return };
    let tokens = ui.tokens();
    ui.add_space(6.0);
    let frame = Frame::new().fill(tokens.tcp_tint).corner_radius(CARD_RADIUS).inner_margin(Margin::symmetric(12, 8));
    frame.show(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            if widgets::tiny_icon(ui, icons::X, &tr!(cx.lang, "classic.dismiss")).clicked() {
                cx.actions.push(Action::DismissWatch(owner));
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                ui.horizontal(|ui| {
                    ui.label(theme::strong(cx.lang.pick(&played.title)));
                    for listing in &played.listings {
                        widgets::badge(ui, &listing.to_string(), tokens.tcp, tokens.panel);
                    }
                });
                ui.add(egui::Label::new(cx.lang.pick(&played.watch)).wrap());
            });
        });
    });
}

/// The entry that copies the socket as a program. Where there is none it is grey, and says on hover what is in the way.
fn copy_code_ui(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry, language: Language) {
    let lang = cx.lang;
    let Some(spec) = cx.model.spec_now(entry.id) else { return };
    let text = tr!(lang, "code.copy_as", language = language);
    match code(&spec, language) {
        Ok(program) => {
            if menu_entry(ui, false, &text).clicked() {
                cx.actions.push(Action::CopyCode(program, language));
            }
        }
        Err(CodeError { what, .. }) => {
            let why = tr!(lang, "code.cannot", language = language, what = what);
            ui.add_enabled_ui(false, |ui| menu_entry(ui, false, &text).on_disabled_hover_text(why));
        }
    }
}

/// What else can be done with a socket that the user opened.
fn more_ui(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry) {
    if cx.model.spec(entry.id).is_none() {
        return;
    }
    let lang = cx.lang;
    let button = widgets::icon_button(ui, icons::ELLIPSIS, &tr!(lang, "classic.more"));
    egui::Popup::menu(&button).gap(4.0).show(|ui| {
        menu_spacing(ui);
        if entry.state.is_open() && menu_entry(ui, false, &tr!(lang, "editor.edit")).clicked() {
            cx.actions.push(Action::EditRules(Subject::Socket(entry.id)));
        }
        for language in Language::ALL {
            copy_code_ui(ui, cx, entry, language);
        }
        if menu_entry(ui, false, &tr!(lang, "classic.save_as")).clicked() {
            cx.actions.push(Action::ShowSavePreset(entry.id));
        }
    });
}

fn addresses(ui: &Ui, cx: &Cx<'_>, entry: &SocketEntry) -> RichText {
    RichText::new(describe::addresses(cx.model, entry)).monospace().color(ui.tokens().muted)
}

fn verb_buttons(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry, inspector_open: bool, from_the_right: bool) {
    let mut verbs = verbs::verbs(cx.model, entry);
    if from_the_right {
        show_inspector(ui, cx, inspector_open);
        more_ui(ui, cx, entry);
        verbs.reverse();
    }
    for (verb, reason) in verbs {
        verb_button(ui, cx, entry, verb, reason);
    }
    if !from_the_right {
        more_ui(ui, cx, entry);
        show_inspector(ui, cx, inspector_open);
    }
}

fn show_inspector(ui: &mut Ui, cx: &mut Cx<'_>, inspector_open: bool) {
    if !inspector_open && widgets::icon_button(ui, icons::SLIDERS, &tr!(cx.lang, "inspector.show")).clicked() {
        cx.actions.push(Action::Run(UiCommand::ToggleInspector));
    }
}

fn verb_button(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry, verb: Verb, reason: Option<verbs::Reason>) {
    let look = match verb {
        Verb::Abort => Look::Danger,
        Verb::Reopen if reason.is_none() => Look::Primary,
        _ => Look::Plain,
    };
    let reason = reason.map(|reason| reason.sentence(cx.lang));
    let word = verb.word(cx.lang, entry.kind);
    let keys = verb.command().and_then(|command| command.keys(ui.ctx()));
    let tip = verb.tip(cx.lang, entry.kind);
    let tip = keys.map_or_else(|| tip.to_string(), |keys| format!("{tip} ({keys})"));
    if widgets::verb(ui, &word, look, &tip, reason.as_deref()).clicked() {
        cx.actions.push(verb.action(entry));
    }
}

/// How serious a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Error,
    Warning,
    Plain,
}

struct Line {
    text: String,
    tone: Tone,
}

/// What there is to explain about a socket now, the most pressing first.
fn explanation(cx: &Cx<'_>, entry: &SocketEntry) -> Option<Line> {
    let lang = cx.lang;
    let line = |text: String, tone| Some(Line { text, tone });
    match cx.model.refusal(entry.id) {
        Some(CommandError::Busy(_)) => return line(tr!(lang, "verb.why.busy").into_owned(), Tone::Error),
        Some(CommandError::NotOpen(_)) if entry.state.is_open() => {
            return line(tr!(lang, "verb.why.not_open").into_owned(), Tone::Error);
        }
        _ => {}
    }
    if let Some(failure) = cx.model.failure(entry.id) {
        return line(words::failure(lang, failure, entry.kind), Tone::Error);
    }
    let meter = cx.model.meter(entry.id);
    let totals = meter.map(|meter| *meter.totals()).unwrap_or_default();
    if meter.is_some_and(Meter::is_held_up) {
        return line(tr!(lang, "inspector.paused").into_owned(), Tone::Warning);
    }
    if matches!(entry.state, State::Resolving | State::SynSent | State::CloseWait | State::FinWait) {
        return line(words::state_hint(lang, entry.state).into_owned(), Tone::Warning);
    }
    if !entry.state.is_open() {
        return line(words::state_hint(lang, entry.state).into_owned(), Tone::Plain);
    }
    if let Some(local) = entry.local
        && matches!(entry.state, State::Listen | State::Bound)
        && Reach::of(local.ip()) == Reach::Everyone
    {
        return line(cx.model.reach(lang, local.ip()), Tone::Plain);
    }
    if entry.kind == Kind::UdpSocket && totals.messages_out > 0 && totals.messages_in == 0 {
        return line(words::sent_hint(lang, Kind::UdpSocket).into_owned(), Tone::Plain);
    }
    None
}
