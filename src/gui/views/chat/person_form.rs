//! Giving somebody a name: two fields over the list of people.

use std::net::SocketAddr;

use egui::{Frame, Key, Stroke, Ui};

use super::Chosen;
use crate::{
    gui::{
        Cx,
        actions::Action,
        chat::{ChatSettings, Contact},
        theme::{CARD_RADIUS, TokensExt as _},
        tr,
        views::composer::parse_target,
        widgets::{self, Field, Look},
    },
    words,
};

/// A person as typed.
#[derive(Clone, Debug, Default)]
pub struct PersonForm {
    name: String,
    address: String,
    /// Who is changed; `None` for somebody new.
    changes: Option<Contact>,
    shown: bool,
}

impl PersonForm {
    /// For changing somebody.
    pub fn of(name: &str, address: SocketAddr) -> Self {
        let changes = Some(Contact { name: name.into(), address });
        Self { name: name.into(), address: address.to_string(), changes, shown: false }
    }

    /// For giving an address a name.
    pub fn naming(address: SocketAddr) -> Self {
        Self { address: address.to_string(), ..Self::default() }
    }

    fn contact(&self) -> Option<Contact> {
        let name = self.name.trim();
        let address = parse_target(&self.address).ok()?;
        (!name.is_empty()).then(|| Contact { name: name.into(), address })
    }
}

/// Paints the form while it is open. Returns who was saved.
pub fn person_form_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut Option<PersonForm>) -> Option<Chosen> {
    let form = state.as_mut()?;
    let lang = cx.lang;
    let mut saved = None;
    let mut closing = false;
    let line = ui.tokens().line;
    let frame = Frame::new().stroke(Stroke::new(1.0, line)).corner_radius(CARD_RADIUS).inner_margin(10);
    frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        let width = ui.available_width();
        let label = tr!(lang, "chat.name");
        let name = Field::new(&label, &mut form.name).width(width).show(ui);
        let label = tr!(lang, "chat.address");
        let error = parse_target(&form.address).err().filter(|_| !form.address.trim().is_empty());
        let error = error.map(|error| words::address_error(lang, &error));
        let field = Field::new(&label, &mut form.address).width(width).placeholder("127.0.0.1:8081");
        let address = field.error(error).show(ui);
        if !form.shown {
            form.shown = true;
            name.request_focus();
        }
        let contact = form.contact();
        let entered = (name.lost_focus() || address.lost_focus()) && ui.input(|input| input.key_pressed(Key::Enter));
        ui.horizontal(|ui| {
            let why = tr!(lang, "chat.incomplete");
            let reason = contact.is_none().then_some(why.as_ref());
            let tip = tr!(lang, "new.enter_opens");
            let clicked = widgets::verb(ui, &tr!(lang, "chat.save"), Look::Primary, &tip, reason).clicked();
            closing |= widgets::button(ui, tr!(lang, "new.cancel"), Look::Plain).clicked();
            if clicked || entered {
                saved = contact;
            }
        });
        closing |= ui.input(|input| input.key_pressed(Key::Escape));
    });
    ui.add_space(8.0);
    let changes = form.changes.clone();
    if closing || saved.is_some() {
        *state = None;
    }
    let saved = saved?;
    let mut chat: ChatSettings = cx.model.settings.chat.clone();
    let known = chat.contacts.contains(&saved);
    match chat.contacts.iter_mut().find(|contact| Some(&**contact) == changes.as_ref()) {
        Some(contact) => *contact = saved.clone(),
        // The same person twice is one.
        None if known => {}
        None => chat.contacts.push(saved.clone()),
    }
    cx.actions.push(Action::SetChat(chat));
    Some(Chosen { name: Some(saved.name), address: saved.address })
}
