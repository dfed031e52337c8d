//! A file across loopback with a loop for each side and nothing else: what this computer can do at all, hash or no hash.

#![allow(clippy::expect_used, reason = "a bench fails loudly")]

use std::{
    fs::File,
    hint::black_box,
    io,
    net::{TcpListener, TcpStream},
    path::Path,
    thread::Builder,
    time::{Duration, Instant},
};

/// As the transfers have it.
const BLOCK: usize = 512 << 10;

/// How a bare sender and receiver work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bare {
    /// `read` and `write`, `read` and `write`.
    Plain,
    /// The same, with BLAKE3 on both sides.
    Hashed,
    /// `sendfile` and no hash; the receiver as before.
    Sendfile,
}

/// Sends it and writes it elsewhere; from the connect to the receiver's end.
pub fn across(how: Bare, source: &Path, target: &Path) -> Option<Duration> {
    if how == Bare::Sendfile && !cfg!(target_os = "linux") {
        return None;
    }
    let from = File::open(source).expect("a file");
    let into = File::create(target).expect("a file");
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let to = listener.local_addr().expect("an address");
    let begun = Instant::now();
    let send = move || send(how, &from, TcpStream::connect(to)?);
    let sender = Builder::new().name("sender".into()).spawn(send).expect("a thread");
    let (stream, _) = listener.accept().expect("it connects");
    copy(how == Bare::Hashed, stream, into).expect("it is received");
    sender.join().expect("no panic").expect("it is sent");
    Some(begun.elapsed())
}

fn send(how: Bare, from: &File, to: TcpStream) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if how == Bare::Sendfile {
        let (size, mut at) = (from.metadata()?.len() as usize, 0);
        while let Some(left) = std::num::NonZeroUsize::new(size - at) {
            at += socket2::SockRef::from(&to).sendfile(from, at, Some(left))?;
        }
        return Ok(());
    }
    copy(how == Bare::Hashed, from, to)
}

/// Blocks that are filled, hashed and written.
fn copy(hashed: bool, mut from: impl io::Read, mut to: impl io::Write) -> io::Result<()> {
    let (mut block, mut hash) = (vec![0; BLOCK], blake3::Hasher::new());
    loop {
        let mut filled = 0;
        while filled < BLOCK {
            match from.read(&mut block[filled..])? {
                0 => break,
                n => filled += n,
            }
        }
        if filled == 0 {
            black_box(hash.finalize());
            return Ok(());
        }
        if hashed {
            hash.update(&block[..filled]);
        }
        to.write_all(&block[..filled])?;
    }
}
