//! Twocan (传声筒): a desktop playground for network sockets.
//!
//! ```text
//!  text    bytes <-> text            charset  escape  hex  http  compose  reading   pure
//!  framing a byte stream <-> messages  decoder  delimiter                   pure
//!  journal what happened             record  store  sockets  found  lens   pure
//!  net     real sockets              engine  worker  tcp  udp  sys
//!  sim     a simulated link          host  link  fate  run  log            pure, virtual clock
//!  transfer files over sockets      service  name  receiver  framed  raw  helper  udp
//!  preset  classic programs by name  files                                 pure
//!  export  traffic to files          jsonl  csv  pcapng  clip  code        pure
//!  words   sentences, in English and Chinese                               pure
//!  cli     one file a subcommand
//!  gui     the window                                                      feature `gui`
//!
//!  text ← framing ← journal ← net, sim ← transfer ← preset ← export, words ← cli, gui   arrows never run back
//! ```
//!
//! *Pure* means: no threads, no sockets, no files, and the time comes in as an argument. Nothing outside `gui`
//! names egui, eframe or rfd.

rust_i18n::i18n!("assets/locales", fallback = "en");

pub mod cli;
pub mod export;
pub mod framing;
#[cfg(feature = "gui")]
pub mod gui;
pub mod journal;
pub mod net;
pub mod preset;
pub mod sim;
pub mod text;
pub mod transfer;
pub mod words;
