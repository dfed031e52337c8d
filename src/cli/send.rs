//! `twocan send`

use std::{sync::Arc, time::Duration};

use crossbeam_channel::{never, select, tick};

use super::{Exit, Refusal, arguments::Send, carried::Carried, options, recording};
use crate::{
    transfer::{Notice, SendOptions, SendSpec, Transfers},
    words::Lang,
};

/// How often the bar moves.
const REDRAW: Duration = Duration::from_millis(100);

pub(super) fn run(typed: &Send, lang: Lang) -> Result<Exit, Refusal> {
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
    let interrupted = recording::signals().unwrap_or_else(|_| never());
    let transfers = Transfers::new(Arc::new(()));
    let id = transfers.send(spec);
    let redraw = tick(REDRAW);
    loop {
        select! {
            recv(transfers.notices()) -> notice => if let Ok(Notice::Ended(ended, outcome)) = notice
                && ended == id
            {
                if let Some(transfer) = transfers.transfer(id) {
                    carried.ended(&transfer, &outcome);
                }
                return Ok(if outcome.result.is_ok() { Exit::Done } else { Exit::Network });
            },
            recv(redraw) -> _ => if let Some(transfer) = transfers.transfer(id) {
                carried.progress(&transfer);
            },
            recv(interrupted) -> _ => transfers.cancel(id),
        }
    }
}
