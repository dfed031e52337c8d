//! Words: everything the program says, in English and Chinese. Pure.
//!
//! The engine reports structure; here it becomes sentences. Strings live in `assets/locales/*.toml`; the
//! language is always an argument, never a global.
//!
//! - [`failure`], [`failure_short`]: what went wrong, where, and what to try.
//! - [`call`], [`event`]: the two columns of a row of traffic. [`state_hint`], [`sent_hint`]: what hovering explains.
//! - [`rules_error`], [`rules_told`]: what is wrong with a responder's rules, and what they say in sentences.
//! - [`run_error`], [`counters`], [`outcome`], [`departure`], [`lesson`]: a simulated run. [`verdict`], [`judgement`], [`mechanisms`],
//!   [`header_field`]: what is built on UDP there.
//! - [`reason`], [`transfer_state`], [`file_end`], [`way`]: what is said about transfers.
//! - [`address_error`], [`compose_error`], [`reach`]: what stands under a field. [`number`]: sizes, rates, times.

mod arq;
mod event;
mod failure;
mod framing;
mod http;
pub mod number;
mod rules;
mod sim;
mod told;
mod transfer;
mod typed;

#[cfg(test)]
mod catalogue;

use serde::{Deserialize, Serialize};

pub use self::{
    arq::{header_field, judgement, mechanisms, verdict},
    event::{call, event, sent_hint, state_hint},
    failure::{failure, failure_short},
    framing::{frame_parts, framing_error, framing_missing, framing_spec_error},
    http::http_fault,
    rules::{rules_error, rules_problem},
    sim::{counters, departure, lesson, outcome, run_error, run_problem},
    told::{actions_told, rules_form, rules_told, then_told, when_told},
    transfer::{file_end, reason, reason_seen, transfer_state, way, way_for},
    typed::{address_error, compose_error, reach},
};
use crate::preset::Localised;

/// The texts: one pair of files an area, English and Chinese. The macro that reads the folder does not tell cargo about
/// its files: without these lines a changed sentence would not be built in.
pub(crate) const TEXTS: [[&str; 2]; 9] = [
    [include_str!("../../assets/locales/en.toml"), include_str!("../../assets/locales/zh-CN.toml")],
    [
        include_str!("../../assets/locales/boundaries.en.toml"),
        include_str!("../../assets/locales/boundaries.zh-CN.toml"),
    ],
    [include_str!("../../assets/locales/framing.en.toml"), include_str!("../../assets/locales/framing.zh-CN.toml")],
    [include_str!("../../assets/locales/lab.en.toml"), include_str!("../../assets/locales/lab.zh-CN.toml")],
    [include_str!("../../assets/locales/lab_group.en.toml"), include_str!("../../assets/locales/lab_group.zh-CN.toml")],
    [include_str!("../../assets/locales/ladder.en.toml"), include_str!("../../assets/locales/ladder.zh-CN.toml")],
    [include_str!("../../assets/locales/lens.en.toml"), include_str!("../../assets/locales/lens.zh-CN.toml")],
    [include_str!("../../assets/locales/transfer.en.toml"), include_str!("../../assets/locales/transfer.zh-CN.toml")],
    [
        include_str!("../../assets/locales/transfer_window.en.toml"),
        include_str!("../../assets/locales/transfer_window.zh-CN.toml"),
    ],
];
// In a build without tests nothing else names them.
const _: [[&str; 2]; 9] = TEXTS;

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Lang {
    /// English.
    #[default]
    #[serde(rename = "en")]
    En,
    /// 简体中文.
    #[serde(rename = "zh-CN")]
    Zh,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// The locale's tag, which is also the name of its file.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    /// A text in this language.
    pub fn pick(self, text: &Localised) -> &str {
        match self {
            Self::En => &text.en,
            Self::Zh => &text.zh_cn,
        }
    }

    /// The language of the system: Chinese of any kind is 简体中文, everything else English.
    pub fn of_system() -> Self {
        match sys_locale::get_locale() {
            Some(locale) if locale.to_ascii_lowercase().starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }
}
