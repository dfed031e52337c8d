//! Presets: classic programs by name, each a file of its own. Pure.
//!
//! A preset is data: a socket, what it says by itself, and a sentence on what to watch. The files in `assets/presets/` are
//! built in; they are the five tutorials' listings P1 to P38 from both ends, and the services of RFC 862 to 868. A file has
//! `name`, `listing`, `role`, `[title]`, `[watch]`, `[socket]` (a [`SocketSpec`]) and `[responder]` (its
//! [`Rules`]); without the last a person answers.

mod files;

use std::{fmt, sync::LazyLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::net::{
    Endpoint, Responder, SocketSpec,
    responder::{Problem, Rules, RulesError},
};

/// A classic program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// What it is called on the command line and as a file: small letters, digits and hyphens.
    pub name: String,
    /// The tutorials' listings that it plays, if any.
    pub listings: Vec<Listing>,
    /// Which end it is.
    pub role: Role,
    /// What it is, in a few words.
    pub title: Localised,
    /// What to watch, in a sentence.
    pub watch: Localised,
    /// The socket, with its responder.
    pub socket: SocketSpec,
}

/// Which end of a conversation a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It waits for others.
    Server,
    /// It speaks to a server, and ends by itself.
    Client,
    /// Both ends are alike.
    Peer,
}

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localised {
    /// English.
    pub en: String,
    /// 简体中文.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
}

/// A listing of the tutorials, P1 to P38.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Listing(u8);

/// The last listing.
const LAST: u8 = 38;

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{}", self.0)
    }
}

impl From<Listing> for String {
    fn from(listing: Listing) -> Self {
        listing.to_string()
    }
}

impl TryFrom<String> for Listing {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = text.strip_prefix(['P', 'p']).and_then(|number| number.parse().ok());
        let number = number.filter(|number| (1..=LAST).contains(number));
        number.map(Self).ok_or_else(|| format!("{text:?} is not a listing; they are P1 to P{LAST}"))
    }
}

/// All built-in presets: servers, clients, peers; among them by listing, then by name.
pub fn all() -> &'static [Preset] {
    static ALL: LazyLock<Vec<Preset>> = LazyLock::new(|| {
        let read = |(name, text): &(&str, &str)| {
            // A test reads each of them.
            Preset::parse(text).inspect_err(|error| log::error!("preset {name}: {error}")).ok()
        };
        let mut all: Vec<_> = files::FILES.iter().filter_map(read).collect();
        all.sort_by(|a, b| a.rank().cmp(&b.rank()));
        all
    });
    &ALL
}

/// The preset with this name.
pub fn by_name(name: &str) -> Option<&'static Preset> {
    all().iter().find(|preset| preset.name == name)
}

/// The presets that are meant by a name, or by a listing such as `P3`, which more than one may play.
pub fn find(text: &str) -> Vec<&'static Preset> {
    let listing = Listing::try_from(text.to_owned()).ok();
    let meant = |preset: &&Preset| preset.name == text || listing.is_some_and(|it| preset.listings.contains(&it));
    all().iter().filter(meant).collect()
}

impl Preset {
    /// Reads a preset from TOML and checks all of it.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and field.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let mut file = None;
        let rules = Rules::parse_in(text, "responder", |text| {
            let mut read: File = toml::from_str(text)?;
            let rules = read.responder.take();
            file = Some((read, rules.is_some()));
            Ok(rules.unwrap_or_default())
        })?;
        let wrong = |field: &str, what: String| Err(RulesError::at(text, field, Problem::Toml(what)));
        let Some((mut file, has_rules)) = file else { return wrong("", "there is no preset in it".into()) };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if file.name.is_empty() || !file.name.chars().all(plain) {
            return wrong("name", "a name is made of small letters, digits and hyphens".into());
        }
        for (field, localised) in [("title", &file.title), ("watch", &file.watch)] {
            for (language, sentence) in [("en", &localised.en), ("zh-CN", &localised.zh_cn)] {
                if sentence.trim().is_empty() {
                    return wrong(&format!("{field}.{language}"), "the text is missing".into());
                }
            }
        }
        let (is_client, is_server) =
            (matches!(file.socket, SocketSpec::TcpClient(_)), matches!(file.socket, SocketSpec::TcpServer(_)));
        if (file.role == Role::Server && is_client) || (file.role == Role::Client && is_server) {
            return wrong("socket.kind", "the socket is not one of that role".into());
        }
        let written = written_keys(text);
        let known = toml::Table::try_from(&file.socket).unwrap_or_default();
        if let Some(unknown) = written.iter().find(|key| !known.contains_key(key.as_str())) {
            return wrong(&format!("socket.{unknown}"), format!("unknown field `{unknown}`"));
        }
        if has_rules {
            *file.socket.responder_mut() = Responder::Rules(rules.into());
        } else if !written.iter().any(|key| key == "responder") {
            *file.socket.responder_mut() = Responder::None;
        }
        let File { name, listings, role, title, watch, socket, .. } = file;
        Ok(Self { name, listings, role, title, watch, socket })
    }

    /// The preset as TOML.
    pub fn to_toml(&self) -> String {
        // Maps with text keys and nothing that TOML lacks.
        let mut table = toml::Table::try_from(File {
            name: self.name.clone(),
            listings: self.listings.clone(),
            role: self.role,
            title: self.title.clone(),
            watch: self.watch.clone(),
            socket: self.socket.clone(),
            responder: self.responder().rules().map(|rules| Rules::clone(rules)),
        })
        .unwrap_or_default();
        if table.contains_key("responder")
            && let Some(toml::Value::Table(socket)) = table.get_mut("socket")
        {
            socket.remove("responder");
        }
        toml::to_string_pretty(&table).unwrap_or_default()
    }

    /// What it says by itself.
    pub fn responder(&self) -> &Responder {
        self.socket.responder()
    }

    /// The same, to be changed.
    pub fn responder_mut(&mut self) -> &mut Responder {
        self.socket.responder_mut()
    }

    /// Where it is bound or, if it speaks to one address, that address.
    pub fn address(&self) -> Endpoint {
        match &self.socket {
            SocketSpec::TcpServer(spec) => spec.address.into(),
            SocketSpec::TcpClient(spec) => spec.target.clone(),
            SocketSpec::Udp(spec) => spec.connect.clone().unwrap_or_else(|| spec.address.into()),
        }
    }

    /// `TCP` or `UDP`.
    pub fn transport(&self) -> &'static str {
        if matches!(self.socket, SocketSpec::Udp(_)) { "UDP" } else { "TCP" }
    }

    fn rank(&self) -> impl Ord + '_ {
        (self.role, self.listings.first().map_or(LAST + 1, |listing| listing.0), self.name.as_str())
    }
}

/// The fields that a file's `[socket]` has. A [`SocketSpec`] takes any, so that newer settings can be read; a misspelt
/// field of a preset would be a default that nobody asked for.
fn written_keys(text: &str) -> Vec<String> {
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    let socket = table.get("socket").and_then(toml::Value::as_table);
    socket.into_iter().flat_map(toml::Table::keys).cloned().collect()
}

/// A preset as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(
        rename = "listing",
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "one_or_more",
        serialize_with = "one_if_one"
    )]
    listings: Vec<Listing>,
    role: Role,
    title: Localised,
    watch: Localised,
    socket: SocketSpec,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    responder: Option<Rules>,
}

/// `"P3"` or `["P6", "P8"]`.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Listing>, D::Error> {
    struct Visitor;

    impl<'de> de::Visitor<'de> for Visitor {
        type Value = Vec<Listing>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a listing such as \"P3\", or a list of them")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<Listing>, E> {
            Listing::try_from(text.to_owned()).map(|listing| vec![listing]).map_err(E::custom)
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Vec<Listing>, A::Error> {
            Vec::deserialize(de::value::SeqAccessDeserializer::new(seq))
        }
    }

    deserializer.deserialize_any(Visitor)
}

fn one_if_one<S: Serializer>(listings: &[Listing], serializer: S) -> Result<S::Ok, S::Error> {
    if let [one] = listings { one.serialize(serializer) } else { listings.serialize(serializer) }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;
    use crate::net::responder::When;

    const SMALL: &str = r#"
name = "small"
listing = ["P6", "P8"]
role = "server"
title = { en = "Small", zh-CN = "小" }
watch = { en = "Nothing.", zh-CN = "无。" }

[socket]
kind = "tcp-server"
address = "127.0.0.1:8008"

[responder]
encoding = "gbk"

[[responder.rule]]
when = "any"
then = [{ reply = "收到 {bytes}" }, "close"]
"#;

    #[test]
    fn every_file_is_listed_and_reads_as_it_is_written() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/presets");
        let on_disk: BTreeSet<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let listed: BTreeSet<_> = files::FILES.iter().map(|(name, _)| format!("{name}.toml")).collect();
        assert_eq!(listed, on_disk, "src/preset/files.rs names every file of assets/presets, once");
        assert_eq!(listed.len(), files::FILES.len());
        for (name, text) in files::FILES {
            let preset = Preset::parse(text).unwrap_or_else(|error| panic!("{name}.toml: {error}"));
            assert_eq!(preset.name, *name);
            assert_eq!(Preset::parse(&preset.to_toml()).unwrap(), preset, "{}", preset.to_toml());
        }
        assert_eq!(all().len(), files::FILES.len());
    }

    #[test]
    fn a_preset_is_found_by_name_and_by_listing() {
        for preset in all() {
            assert_eq!(by_name(&preset.name), Some(preset));
            for listing in &preset.listings {
                assert!(find(&listing.to_string().to_lowercase()).contains(&preset));
            }
        }
        for text in ["", "P0", "P39", "P", "no-such-preset"] {
            assert!(find(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn presets_are_sorted_by_role_and_number() {
        assert!(all().windows(2).all(|pair| pair[0].rank() <= pair[1].rank()));
    }

    #[test]
    fn all_of_a_file_is_taken() {
        let preset = Preset::parse(SMALL).unwrap();
        assert_eq!(preset.listings, [Listing(6), Listing(8)]);
        assert_eq!((preset.transport(), preset.address().to_string()), ("TCP", "127.0.0.1:8008".into()));
        assert_eq!(preset.responder().rules().unwrap().rules[0].when, When::Any);
        assert_eq!(Preset::parse(&preset.to_toml()).unwrap(), preset);
        let (nobody, _) = SMALL.split_once("[responder]").unwrap();
        assert_eq!(*Preset::parse(nobody).unwrap().responder(), Responder::None);
        let named = Preset::parse(&nobody.replace("8008\"", "8008\"\nresponder = \"echo\"")).unwrap();
        assert_eq!(*named.responder(), Responder::Echo);
        assert_eq!(Preset::parse(&named.to_toml()).unwrap(), named);
    }

    #[test]
    fn what_is_wrong_has_a_line_and_a_field() {
        for (right, wrong, line, field) in [
            ("\"small\"", "\"Small one\"", 2, "name"),
            ("\"P8\"", "\"P39\"", 3, "listing"),
            ("\"server\"", "\"waiter\"", 4, "role"),
            ("\"server\"", "\"client\"", 9, "socket.kind"),
            ("\"小\"", "\" \"", 5, "title.zh-CN"),
            ("address", "adress", 10, "socket.adress"),
            ("\"gbk\"", "\"gb1\"", 13, "responder.encoding"),
            ("{bytes}", "{nosuch}", 17, "responder.rule[1].then[1].reply"),
            ("收到", "😀", 17, "responder.rule[1].then[1].reply"),
            ("[responder]", "[answers]", 12, "answers"),
        ] {
            let error = Preset::parse(&SMALL.replacen(right, wrong, 1)).unwrap_err();
            assert_eq!(error.line, line, "{wrong}: {error}");
            assert!(error.field.starts_with(field) || field == "answers", "{wrong}: {error}");
        }
    }
}
