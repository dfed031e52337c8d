//! `twocan send`

use std::{sync::Arc, time::Duration};

use crossbeam_channel::{never, select, tick};

use super::{Exit, Refusal, arguments::Send, carried::Carried, options, signals::signals};
use crate::{
    transfer::{SendOptions, SendSpec, Transfers, Way},
    words::Lang,
};

/// How often the bar moves.
const REDRAW: Duration = Duration::from_millis(100);

pub(super) fn run(typed: &Send, lang: Lang) -> Result<Exit, Refusal> {
    for (option, typed_it) in [("--pace", typed.pace.is_some()), ("--datagram", typed.datagram.is_some())] {
        if typed_it && typed.way != Way::Udp {
            return Err(options::without_effect(lang, option, typed.way));
        }
    }
    let default = SendOptions::default();
    let spec = SendSpec {
        paths: typed.paths.clone(),
        to: options::endpoint(&typed.recipient, lang)?,
        way: typed.way,
        options: SendOptions {
            connect_timeout: typed.connect_timeout,
            sha256: typed.told.sha256,
            pace: typed.pace,
            datagram_bytes: typed.datagram.unwrap_or(default.datagram_bytes),
            ..default
        },
    };
    let mut carried = Carried::new(lang, typed.told.json, typed.told.quiet);
    let interrupted = signals().unwrap_or_else(|_| never());
    let transfers = Transfers::new(Arc::new(()));
    let id = transfers.send(spec);
    let redraw = tick(REDRAW);
    loop {
        let mut moved = false;
        select! {
            recv(transfers.notices()) -> _ => {}
            recv(redraw) -> _ => moved = true,
            recv(interrupted) -> _ => transfers.cancel(id),
        }
        // The list tells everything; a notice only says when to look, and one without room was dropped.
        let Some(transfer) = transfers.transfer(id) else { continue };
        if let Some(outcome) = &transfer.outcome {
            carried.ended(&transfer, outcome);
            return Ok(if outcome.result.is_ok() { Exit::Done } else { Exit::Network });
        }
        if moved {
            carried.progress(&transfer);
        }
    }
}
