//! `twocan tcp-server`

use super::{
    Exit, Refusal,
    arguments::TcpServer,
    options::Options,
    responder,
    session::{self, Role},
};
use crate::{
    journal::Kind,
    net::{SocketSpec, TcpServerSpec, options::parse_bind},
    words::{self, Lang},
};

pub(super) fn run(typed: &TcpServer, lang: Lang) -> Result<Exit, Refusal> {
    let mut options = Options::new(&typed.common, lang)?.framed(&typed.frames, lang)?;
    let address = parse_bind(&typed.listen).map_err(|error| Refusal(words::address_error(lang, &error)))?;
    let default = TcpServerSpec::default();
    let mut spec = SocketSpec::TcpServer(TcpServerSpec {
        address,
        backlog: typed.backlog,
        reuse_address: default.reuse_address && !typed.no_reuse,
        model: typed.model,
        responder: responder::of(&typed.answers, Kind::TcpListener, lang)?,
        ..default
    });
    options.tune(&mut spec);
    responder::prepare(&mut spec, &mut options, typed.answers.allow_commands)?;
    session::run(&spec, Role::Server, &options)
}
