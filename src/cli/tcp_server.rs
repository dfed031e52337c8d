//! `twocan tcp-server`

use super::{
    Exit, Refusal,
    arguments::TcpServer,
    options::Options,
    session::{self, Role},
};
use crate::{
    net::{SocketSpec, TcpServerSpec, options::parse_bind},
    words::{self, Lang},
};

pub(super) fn run(typed: &TcpServer, lang: Lang) -> Result<Exit, Refusal> {
    let options = Options::new(&typed.common, lang)?;
    let address = parse_bind(&typed.listen).map_err(|error| Refusal(words::address_error(lang, &error)))?;
    let default = TcpServerSpec::default();
    let spec = TcpServerSpec {
        address,
        backlog: typed.backlog,
        reuse_address: default.reuse_address && !typed.no_reuse,
        model: typed.model,
        responder: typed.reply.clone(),
        recv_bytes: options.recv_bytes.unwrap_or(default.recv_bytes),
        ..default
    };
    Ok(session::run(&SocketSpec::TcpServer(spec), Role::Server, &options))
}
