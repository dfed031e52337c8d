//! What a socket says by itself.
//!
//! Nothing, the same bytes, the same in upper case: these three are answered straight from the read buffer. Everything
//! else is data ([`Rules`]), carried out by a state machine that touches no socket.
//!
//! - `rules`: the data. `template`, `pattern`: the texts in it. `parse`: reading it, with the line of what is wrong.
//! - `machine`: what is done when. `clock`: `strftime`. `shell`: command lines over files that do not exist. `exec`: one
//!   real program.

pub mod clock;
pub mod exec;
mod machine;
mod parse;
mod pattern;
mod rules;
pub mod shell;
mod template;

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub(super) use self::machine::{Effect, Machine, Next};
pub use self::{
    parse::{Problem, RulesError},
    pattern::{Expression, ExpressionError, HexBytes, Pattern},
    rules::{Commands, EmptyLine, Leave, Lines, Page, RATE, Rule, Rules, Script, Served, Split, Then, When},
    template::{Scene, Slot, Template, TemplateError, TemplateProblem},
};

/// What is answered to every read (TCP) or datagram (UDP). In a file a name (`"echo"`) or a table of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Responder {
    /// Nothing; a person answers.
    None,
    /// The same bytes (RFC 862).
    #[default]
    Echo,
    /// The same bytes with `a` to `z` in upper case, byte by byte as Python's `bytes.upper()`. In encodings
    /// whose second byte may be a letter (GBK, Shift_JIS) this breaks characters, as it does in Python.
    Upper,
    /// What the rules say.
    Rules(Arc<Rules>),
}

impl Responder {
    /// Its name in files and on the command line, if it is one of the three; else that of the rules.
    pub fn name(&self) -> &str {
        match self {
            Self::None => "none",
            Self::Echo => "echo",
            Self::Upper => "upper",
            Self::Rules(rules) => &rules.name,
        }
    }

    /// The one of the three with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::None, Self::Echo, Self::Upper].into_iter().find(|responder| responder.name() == name)
    }

    /// The same as data, to be changed.
    pub fn to_rules(&self) -> Rules {
        let then = match self {
            Self::Rules(rules) => return Rules::clone(rules),
            Self::None => return Rules::default(),
            Self::Echo => Then::Echo,
            Self::Upper => Then::Upper,
        };
        Rules { name: self.name().into(), rules: vec![Rule { when: When::Any, then: vec![then] }], ..Rules::default() }
    }

    /// The rules, if it has some.
    pub fn rules(&self) -> Option<&Arc<Rules>> {
        if let Self::Rules(rules) = self { Some(rules) } else { None }
    }

    /// The answer of one of the three to `bytes`. An empty datagram is answered with an empty datagram.
    pub(super) fn reply<'a>(&self, bytes: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::None | Self::Rules(_) => None,
            Self::Echo => Some(Cow::Borrowed(bytes)),
            Self::Upper => Some(Cow::Owned(bytes.to_ascii_uppercase())),
        }
    }
}

impl Serialize for Responder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Rules(rules) => rules.serialize(serializer),
            named => serializer.serialize_str(named.name()),
        }
    }
}

impl<'de> Deserialize<'de> for Responder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Responder;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"none\", \"echo\", \"upper\" or a table of rules")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Responder, E> {
                Responder::by_name(name).ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Responder, A::Error> {
                let rules = Rules::deserialize(de::value::MapAccessDeserializer::new(map))?;
                rules.check().map_err(|(field, problem)| de::Error::custom(format!("{field}: {problem}")))?;
                Ok(Responder::Rules(Arc::new(rules)))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}
