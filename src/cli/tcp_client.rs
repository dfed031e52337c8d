//! `twocan tcp-client`

use super::{
    Exit, Refusal,
    arguments::TcpClient,
    options::{self, Options},
    session::{self, Role},
};
use crate::{
    net::{SocketSpec, TcpClientSpec},
    words::Lang,
};

pub(super) fn run(typed: &TcpClient, lang: Lang) -> Result<Exit, Refusal> {
    let options = Options::new(&typed.common, lang)?;
    let default = TcpClientSpec::default();
    let spec = TcpClientSpec {
        target: options::endpoint(&typed.target, lang)?,
        connect_timeout: typed.connect_timeout,
        recv_bytes: options.recv_bytes.unwrap_or(default.recv_bytes),
        ..default
    };
    Ok(session::run(&SocketSpec::TcpClient(spec), Role::Client, &options))
}
