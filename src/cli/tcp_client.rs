//! `twocan tcp-client`

use super::{
    Exit, Refusal,
    arguments::TcpClient,
    options::{self, Options},
    responder,
    session::{self, Role},
};
use crate::{
    journal::Kind,
    net::{SocketSpec, TcpClientSpec},
    words::Lang,
};

pub(super) fn run(typed: &TcpClient, lang: Lang) -> Result<Exit, Refusal> {
    let mut options = Options::new(&typed.common, lang)?.framed(&typed.frames, lang)?;
    let mut spec = SocketSpec::TcpClient(TcpClientSpec {
        target: options::endpoint(&typed.target, lang)?,
        connect_timeout: typed.connect_timeout,
        responder: responder::of(&typed.answers, Kind::TcpConnection, lang)?,
        ..TcpClientSpec::default()
    });
    options.tune(&mut spec);
    responder::prepare(&mut spec, &mut options, typed.answers.allow_commands)?;
    session::run(&spec, Role::Client, &options)
}
