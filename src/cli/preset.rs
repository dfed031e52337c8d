//! `twocan presets` and `twocan preset`: the classic programs.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use rust_i18n::t;
use serde::Serialize;

use super::{
    Exit, Refusal, arguments,
    options::{self, Options},
    printed, responder,
    session::{self, Role},
    udp,
};
use crate::{
    net::{
        Responder, SocketSpec,
        options::parse_bind,
        responder::{Rules, Served, Then},
    },
    preset::{self, Localised, Preset},
    words::{self, Lang},
};

/// Prints a line a preset.
pub(super) fn list(lang: Lang, json: bool) -> Exit {
    let widest = |of: fn(&Preset) -> usize| preset::all().iter().map(of).max().unwrap_or(0);
    let name_width = widest(|preset| preset.name.len());
    let listing_width = widest(|preset| listings(preset).len());
    let role_width = widest_role(lang);
    let address_width = widest(|preset| preset.address().to_string().len());
    for preset in preset::all() {
        let line = if json {
            serde_json::to_string(&Told::of(preset)).unwrap_or_default()
        } else {
            format!(
                "{:name_width$}  {:listing_width$}  {:role_width$}  {}  {:address_width$}  {}",
                preset.name,
                listings(preset),
                role(lang, preset.role),
                preset.transport(),
                preset.address().to_string(),
                lang.pick(&preset.watch),
            )
        };
        // Nobody may be reading it: `twocan presets | head`.
        if !printed::line(&line) {
            break;
        }
    }
    Exit::Done
}

fn listings(preset: &Preset) -> String {
    preset.listings.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn widest_role(lang: Lang) -> usize {
    preset::all().iter().map(|preset| role(lang, preset.role).chars().count()).max().unwrap_or(0)
}

fn role(lang: Lang, role: preset::Role) -> String {
    let tag = lang.tag();
    match role {
        preset::Role::Server => t!("preset.server", locale = tag),
        preset::Role::Client => t!("preset.client", locale = tag),
        preset::Role::Peer => t!("preset.peer", locale = tag),
    }
    .into_owned()
}

/// A preset as a line of JSON.
#[derive(Serialize)]
struct Told<'p> {
    name: &'p str,
    listings: &'p [preset::Listing],
    role: preset::Role,
    transport: &'static str,
    address: String,
    title: &'p Localised,
    watch: &'p Localised,
}

impl<'p> Told<'p> {
    fn of(preset: &'p Preset) -> Self {
        Self {
            name: &preset.name,
            listings: &preset.listings,
            role: preset.role,
            transport: preset.transport(),
            address: preset.address().to_string(),
            title: &preset.title,
            watch: &preset.watch,
        }
    }
}

/// Runs one until its program would end.
pub(super) fn run(typed: &arguments::Preset, lang: Lang) -> Result<Exit, Refusal> {
    let mut options = Options::new(&typed.common, lang)?;
    let mut preset = find(&typed.which, lang)?;
    if let Some(path) = &typed.file {
        serve(&mut preset, path, lang)?;
    }
    let mut spec = preset.socket;
    if let Some(address) = &typed.address {
        readdress(&mut spec, address, lang)?;
    }
    options.tune(&mut spec);
    let role = match &spec {
        SocketSpec::TcpServer(_) => Role::Server,
        SocketSpec::TcpClient(_) => Role::Client,
        SocketSpec::Udp(udp) => Role::Udp { to: None, connected: udp.connect.is_some() },
    };
    responder::prepare(&mut spec, &mut options, typed.allow_commands)?;
    session::run(&spec, role, &options)
}

/// The preset that is meant: by name, by listing, or a file.
fn find(text: &str, lang: Lang) -> Result<Preset, Refusal> {
    let tag = lang.tag();
    let path = Path::new(text);
    if path.extension().is_some_and(|extension| extension == "toml") {
        let file = responder::read(path, lang)?;
        return Preset::parse(&file).map_err(|error| responder::wrong(path, lang, &words::rules_error(lang, &error)));
    }
    let name = format!("{text:?}");
    let names = |presets: Vec<&Preset>| presets.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    match preset::find(text).as_slice() {
        [one] => Ok(Preset::clone(one)),
        [] => {
            let near = names(near(text));
            Err(Refusal(if near.is_empty() {
                t!("preset.unknown", locale = tag, name = name).into_owned()
            } else {
                t!("preset.unknown_near", locale = tag, name = name, near = near).into_owned()
            }))
        }
        several => {
            let names = names(several.to_vec());
            Err(Refusal(t!("preset.several", locale = tag, name = text, names = names).into_owned()))
        }
    }
}

/// Presets whose name has a word of the typed one.
fn near(text: &str) -> Vec<&'static Preset> {
    let lower = text.to_lowercase();
    let words: Vec<_> = lower.split('-').filter(|word| word.len() > 2).collect();
    preset::all().iter().filter(|preset| words.iter().any(|word| preset.name.contains(word))).take(12).collect()
}

/// Puts this file in the place of the preset's own.
fn serve(preset: &mut Preset, path: &Path, lang: Lang) -> Result<(), Refusal> {
    let sends = |rules: &Rules| {
        let mut actions = rules.connect.iter().chain(rules.rules.iter().flat_map(|rule| &rule.then));
        actions.any(|action| matches!(action, Then::File))
    };
    let name = preset.name.clone();
    match preset.responder_mut() {
        Responder::Rules(rules) if rules.file.is_some() || sends(rules) => {
            match path.metadata() {
                Ok(meta) if meta.is_file() => {}
                Ok(_) => return Err(responder::wrong(path, lang, &t!("preset.no_file", locale = lang.tag()))),
                Err(error) => return Err(responder::wrong(path, lang, &error.to_string())),
            }
            let file = Some(Served { path: Some(path.to_owned()), ..Served::default() });
            *rules = Rules { file, ..Rules::clone(rules) }.into();
            Ok(())
        }
        _ => Err(Refusal(t!("preset.sends_no_file", locale = lang.tag(), name = name).into_owned())),
    }
}

/// Binds or connects to this address instead.
fn readdress(spec: &mut SocketSpec, address: &str, lang: Lang) -> Result<(), Refusal> {
    let bind = || parse_bind(address).map_err(|error| Refusal(words::address_error(lang, &error)));
    match spec {
        SocketSpec::TcpServer(server) => server.address = bind()?,
        SocketSpec::TcpClient(client) => client.target = options::endpoint(address, lang)?,
        SocketSpec::Udp(udp) if udp.connect.is_some() => {
            let target = options::endpoint(address, lang)?;
            if udp.address.ip() == Ipv4Addr::LOCALHOST {
                udp.address = SocketAddr::new(udp::local_for(&target), udp.address.port());
            }
            udp.connect = Some(target);
        }
        SocketSpec::Udp(udp) => udp.address = bind()?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_named_and_moved_elsewhere() {
        for known in preset::all() {
            let mut found = find(&known.name, Lang::En).unwrap();
            assert_eq!(found, *known);
            readdress(&mut found.socket, "127.0.0.1:4711", Lang::Zh).unwrap();
            assert_eq!(found.address().to_string(), "127.0.0.1:4711", "{}", known.name);
        }
    }

    #[test]
    fn a_wrong_name_is_told_what_is_near() {
        let Refusal(told) = find("upper-servers", Lang::En).unwrap_err();
        assert!(told.contains("upper-server"), "{told}");
        let Refusal(told) = find("P99", Lang::Zh).unwrap_err();
        assert!(told.contains("P99"), "{told}");
        let Refusal(told) = find("no/such.toml", Lang::En).unwrap_err();
        assert!(told.contains("no/such.toml"), "{told}");
    }
}
