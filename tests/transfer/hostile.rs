//! Names and bytes from somebody who means harm: the corpus of names through the whole receiver, and the parser under
//! anything at all.

use std::{collections::BTreeMap, fs, io::Write as _, net::TcpStream};

use proptest::prelude::*;
use twocan::transfer::{
    FileEnd, Way,
    framed::{FrameError, parser},
    name::{SafeName, shown},
};

use super::{
    bench::{Bench, all, next_ended, tree},
    frames::{announce, done, preamble, record, whole},
};

#[derive(serde::Deserialize)]
struct Corpus {
    hostile: Vec<Hostile>,
}

#[derive(serde::Deserialize)]
struct Hostile {
    from: String,
    names: Vec<String>,
}

pub fn corpus() -> Vec<(String, String)> {
    let corpus: Corpus = toml::from_str(include_str!("names.toml")).unwrap();
    let each = corpus.hostile.into_iter();
    each.flat_map(|hostile| hostile.names.into_iter().map(move |name| (hostile.from.clone(), name))).collect()
}

#[test]
fn no_name_of_the_corpus_leads_out_of_the_folder() {
    let names = corpus();
    let different: std::collections::BTreeSet<_> = names.iter().map(|(_, name)| name).collect();
    assert!(different.len() >= 200, "{} of {}", different.len(), names.len());
    let bench = Bench::new();
    // What is around the folder, and what is in it already, must stay as it is.
    let jail = bench.into.path();
    let into = jail.join("into");
    fs::create_dir(&into).unwrap();
    for precious in ["x", "b", "c", ".bashrc", "Documents", "into/x", "into/.bashrc", "into/link"] {
        fs::write(jail.join(precious), "mine").unwrap();
    }
    let before = tree(jail);
    let (_, to) = bench.receive_into(&into, Way::Framed, all());
    // An empty name, or one too long, is no record of the frame: these are refused as a whole.
    let sent: Vec<_> = names.iter().filter(|(_, name)| (1..=4096).contains(&name.len())).collect();
    let mut said = [preamble(), announce(sent.len() as u32, sent.len() as u64)].concat();
    for (_, name) in &sent {
        said.extend(record(2, &[&[0], &1_u64.to_be_bytes(), &[0; 8], &[0; 4], name.as_bytes()]));
    }
    let byte = b"!";
    let mut taken = Vec::new();
    for (n, (_, name)) in sent.iter().enumerate() {
        if SafeName::parse(name).is_ok() {
            taken.push(name.clone());
            said.extend(whole(n as u32, byte));
        }
    }
    said.extend(done());
    let mut stream = TcpStream::connect(to).unwrap();
    // The other end answers meanwhile; it is read by nobody, and fits into the socket.
    stream.write_all(&said).unwrap();
    let received = next_ended(&bench.receiver);
    // Each by itself: what can be made safe is there, and of everything else the reason is told.
    for ((from, name), file) in sent.iter().zip(&received.files) {
        let expected = SafeName::parse(name).map_or_else(|why| FileEnd::Failed(why.into()), |_| FileEnd::Verified);
        assert_eq!(file.end, expected, "{from}: {name:?}");
        assert_eq!(file.path.is_some(), expected == FileEnd::Verified, "{from}: {name:?}");
    }
    assert_eq!(received.files.len(), sent.len());
    let well = received.files.iter().filter(|file| file.end.is_well()).count();
    let failed: Vec<_> = received.files.iter().filter(|file| !file.end.is_well() && file.path.is_some()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let after = tree(jail);
    for (path, content) in &before {
        assert_eq!(after.get(path), Some(content), "{path} was changed");
    }
    let new: BTreeMap<_, _> = after.iter().filter(|(path, _)| !before.contains_key(*path)).collect();
    assert!(new.keys().all(|path| path.starts_with("into/")), "{:?}", new.keys());
    let files = new.values().filter(|content| content.is_some()).count();
    assert_eq!((files, well), (taken.len(), taken.len()), "each that can be safe is there once, whole");
    assert!(
        new.keys().all(|path| path.rsplit('.').next() != Some("part") || path.contains("01234567")),
        "{:?}",
        new.keys()
    );
}

#[test]
fn no_name_of_the_corpus_steers_a_screen() {
    for (from, name) in corpus() {
        let shown = shown(&name);
        let steers = |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        assert!(!shown.contains(steers), "{from}: {shown}");
        if let Ok(safe) = SafeName::parse(&name) {
            assert!(safe.parts().iter().all(|part| part.len() <= 255 && !part.contains(['/', '\\', ':', '\0'])));
            assert!(!safe.parts().iter().any(|part| part == ".." || part == "."), "{from}: {safe}");
        }
    }
}

/// A stream that mostly makes sense, so that what is behind its beginning is reached too.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let kinds = prop_oneof![0..0x18_u8, Just(4), Just(2), any::<u8>()];
    let body = proptest::collection::vec(any::<u8>(), 0..60);
    let sized = (
        kinds,
        prop_oneof![Just(0_usize), Just(4), Just(12), Just(18), Just(22), Just(32), Just(45), 0..60_usize],
        body,
    );
    let one = sized.prop_map(|(kind, length, mut body)| {
        body.resize(length, 0);
        record(kind, &[&body])
    });
    let start = prop_oneof![
        8 => Just(preamble()),
        1 => proptest::collection::vec(any::<u8>(), 0..12)
    ];
    let offer = prop_oneof![Just(Vec::new()), (1..4_u32).prop_map(|n| record(1, &[&n.to_be_bytes(), &[0; 8][..]]))];
    (start, offer, proptest::collection::vec(one, 0..12), proptest::collection::vec(any::<u8>(), 0..8))
        .prop_map(|(start, offer, records, rest)| [start, offer, records.concat(), rest].concat())
}

/// All that a sender's stream says, cut into these pieces.
fn said(bytes: &[u8], piece: usize) -> (Vec<String>, Option<FrameError>) {
    let mut parser = parser::Sender::default();
    let (mut all, mut data) = (Vec::new(), Vec::new());
    for mut input in bytes.chunks(piece) {
        loop {
            match parser.next(&mut input) {
                Ok(None) => break,
                Ok(Some(parser::Said::Data(bytes))) => data.extend_from_slice(bytes),
                Ok(Some(other)) => all.push(format!("{} bytes, {other:?}", data.len())),
                Err(error) => return (all, Some(error)),
            }
        }
    }
    (all, parser.finish().err())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_parser_takes_anything_in_any_pieces(bytes in stream(), piece in 1..40_usize) {
        let whole = said(&bytes, usize::MAX);
        prop_assert_eq!(&said(&bytes, piece), &whole);
        prop_assert_eq!(&said(&bytes, 1), &whole);
    }

    #[test]
    fn the_other_parser_too(bytes in stream(), piece in 1..40_usize) {
        let read = |piece: usize| {
            let mut parser = parser::Receiver::default();
            let mut all = Vec::new();
            for mut input in bytes.chunks(piece) {
                loop {
                    match parser.next(&mut input) {
                        Ok(None) => break,
                        Ok(Some(said)) => all.push(format!("{said:?}")),
                        Err(error) => return (all, Some(error)),
                    }
                }
            }
            (all, parser.finish().err())
        };
        prop_assert_eq!(read(piece), read(usize::MAX));
    }

    #[test]
    fn bytes_of_any_kind_are_no_frame(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
        let (_, error) = said(&bytes, 7);
        prop_assert!(error.is_some());
    }
}
