//! Keeping a socket as a preset: what it is called, and what to watch. Everything else is the socket as it is now.

use egui::{Frame, Key, Margin, RichText, TextEdit, Ui};

use super::{Cx, describe};
use crate::{
    gui::{
        Model,
        actions::Action,
        risk,
        theme::TokensExt as _,
        tr,
        widgets::{self, Field, Look},
    },
    journal::SocketId,
    net::{Responder, SocketSpec, UdpSpec},
    preset::{self, Localised, Preset, Role},
    words::{self, Lang},
};

/// The form that is open, if one is.
#[derive(Debug, Default)]
pub struct SavePresetState {
    form: Option<Form>,
}

#[derive(Debug)]
struct Form {
    socket: SocketSpec,
    title: String,
    name: String,
    /// The name was typed, and no longer follows the title.
    named: bool,
    watch: String,
    shown: bool,
}

impl SavePresetState {
    /// Asks what this socket shall be called.
    pub fn open(&mut self, model: &Model, id: SocketId) {
        let Some(socket) = model.spec_now(id) else { return };
        let watch = match risk::responder(&socket) {
            Responder::Rules(rules) => words::rules_told(model.settings.language(), rules).join(" "),
            _ => String::new(),
        };
        let (title, name) = (String::new(), String::new());
        self.form = Some(Form { socket, title, name, named: false, watch, shown: false });
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.form.is_some()
    }

    /// Closes it; what was typed is gone.
    pub fn close(&mut self) {
        self.form = None;
    }
}

impl Form {
    /// The preset, if it can be one.
    fn preset(&self) -> Option<Preset> {
        let title = self.title.trim();
        // A sentence may be missing; a preset needs one.
        let watch = if self.watch.trim().is_empty() { title } else { self.watch.trim() };
        let both = |text: &str| Localised { en: text.into(), zh_cn: text.into() };
        let role = match &self.socket {
            SocketSpec::TcpClient(_) | SocketSpec::Udp(UdpSpec { connect: Some(_), .. }) => Role::Client,
            SocketSpec::Udp(UdpSpec { responder: Responder::None, .. }) => Role::Peer,
            SocketSpec::TcpServer(_) | SocketSpec::Udp(_) => Role::Server,
        };
        let socket = self.socket.clone();
        let name = self.name.trim().to_owned();
        let preset = Preset { name, listings: Vec::new(), role, title: both(title), watch: both(watch), socket };
        // What cannot be read again is not written.
        Preset::parse(&preset.to_toml()).ok().filter(|_| !title.is_empty())
    }
}

/// What a title is as the name of a file; empty if nothing of it can be in one.
fn file_name(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// Paints the form while it is open.
pub fn save_preset_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut SavePresetState, covered: bool) {
    let Some(form) = &mut state.form else { return };
    let lang = cx.lang;
    let mut closing = !covered && ui.input(|input| input.key_pressed(Key::Escape));
    let mut saved = None;
    Frame::new().inner_margin(Margin::symmetric(24, 20)).show(ui, |ui| {
        ui.set_max_width(600.0);
        ui.spacing_mut().item_spacing.y = 14.0;
        ui.heading(tr!(lang, "classic.save_title"));
        widgets::hint(ui, describe::spec_line(lang, &form.socket));
        let label = tr!(lang, "classic.preset_title");
        let title = Field::new(&label, &mut form.title).width(420.0).show(ui);
        if title.changed() && !form.named {
            form.name = file_name(&form.title);
        }
        let label = tr!(lang, "classic.preset_name");
        let error = name_error(cx, &form.name);
        let field = Field::new(&label, &mut form.name).width(420.0).error(error);
        let name = field.help(Some(tr!(lang, "classic.preset_name_help").into_owned())).show(ui);
        form.named |= name.changed();
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            let label = ui.label(RichText::new(tr!(lang, "classic.preset_watch")).color(ui.tokens().muted));
            let edit = TextEdit::multiline(&mut form.watch).desired_width(420.0).desired_rows(2).char_limit(1_000);
            ui.add(edit.margin(Margin::symmetric(10, 5))).labelled_by(label.id);
        });
        if !form.shown {
            form.shown = true;
            title.request_focus();
        }
        let preset = form.preset();
        let entered = (title.lost_focus() || name.lost_focus()) && ui.input(|input| input.key_pressed(Key::Enter));
        ui.horizontal(|ui| {
            let why = tr!(lang, "classic.preset_incomplete");
            let reason = preset.is_none().then_some(why.as_ref());
            let tip = tr!(lang, "new.enter_opens");
            let clicked = widgets::verb(ui, &tr!(lang, "chat.save"), Look::Primary, &tip, reason).clicked();
            closing |= widgets::button(ui, tr!(lang, "new.cancel"), Look::Plain).clicked();
            if clicked || entered {
                saved = preset;
            }
        });
    });
    if let Some(preset) = saved {
        cx.actions.push(Action::SavePreset(Box::new(preset)));
        closing = true;
    }
    if closing {
        state.form = None;
    }
}

/// What is wrong with the name of the file, or that it replaces another one.
fn name_error(cx: &Cx<'_>, name: &str) -> Option<String> {
    let lang: Lang = cx.lang;
    let name = name.trim();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.chars().all(plain) {
        Some(tr!(lang, "classic.name_letters").into_owned())
    } else if cx.model.own_presets.iter().any(|own| own.name == name) {
        Some(tr!(lang, "classic.name_replaces", name = name).into_owned())
    } else if preset::by_name(name).is_some() {
        Some(tr!(lang, "classic.name_built_in", name = name).into_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_gives_the_name_of_a_file() {
        assert_eq!(file_name("My Echo (GBK), v2"), "my-echo-gbk-v2");
        assert_eq!(file_name("回显"), "");
    }
}
