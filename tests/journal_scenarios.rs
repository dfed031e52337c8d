//! Scenarios of the journal, told in files: which records came, and what is known of the sockets then.
//!
//! Each file in `tests/scenarios/journal` is a list of steps (a socket is announced or forgotten, a record
//! comes, something is expected in between) and what holds at the end: sockets, filter results, texts of rows.
//! Records are given the words that the journal itself uses, and come at time 0, 1, 2 …

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a scenario file that is wrong has to fail")]

#[path = "support/told.rs"]
mod told;

use std::{collections::BTreeSet, fs, net::SocketAddr, path::Path};

use proptest::prelude::*;
use serde::Deserialize;
use told::Told;
use twocan::{
    journal::{
        Batch, Budget, Call, CloseReason, Direction, Event, Fault, FaultKind, Filter, Found, Journal, Kind, Origin,
        Record, SocketEntry, SocketId, Sockets, Span, filter::RowKind, row_text,
    },
    text::{Charset, hex},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// What happens, in a sentence.
    about: String,
    step: Vec<Step>,
    #[serde(default)]
    socket: Vec<Facts>,
    #[serde(default)]
    absent: Vec<u32>,
    #[serde(default)]
    filter: Vec<Filtered>,
    #[serde(default)]
    text: Vec<Read>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Open(Announced),
    Forget(Forgotten),
    Expect(Facts),
    Record(Told),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Announced {
    open: u32,
    kind: Kind,
    #[serde(default)]
    generation: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Forgotten {
    forget: u32,
}

/// What is expected of a socket; what is not said is not looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    #[serde(alias = "expect")]
    id: u32,
    kind: Option<Kind>,
    state: Option<String>,
    open: Option<bool>,
    generation: Option<u16>,
    listener: Option<u32>,
    local: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    peers: Option<Vec<SocketAddr>>,
    connections: Option<Vec<u32>>,
    open_connections: Option<usize>,
    since: Option<u64>,
    took: Option<u64>,
    fault: Option<Fails>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Fails {
    /// `false`: there was none.
    Never(bool),
    With {
        call: String,
        error: String,
        errno: i32,
        peer: Option<SocketAddr>,
        #[serde(default)]
        detail: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filtered {
    sockets: Option<Vec<u32>>,
    direction: Option<Direction>,
    peer: Option<String>,
    kind: Option<String>,
    text: Option<String>,
    hex: Option<String>,
    rows: Vec<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    row: u64,
    charset: Charset,
    text: String,
}

impl Facts {
    fn check(&self, sockets: &Sockets) {
        let entry = sockets.get(SocketId(self.id)).unwrap_or_else(|| panic!("#{} is not there", self.id));
        same("kind", self.kind.as_ref(), &entry.kind);
        same("state", self.state.as_deref(), entry.state.word());
        same("open", self.open.as_ref(), &entry.state.is_open());
        same("generation", self.generation.as_ref(), &entry.generation);
        let listener = |origin| match origin {
            Origin::AcceptedBy(listener) => listener.0,
            Origin::Opened => u32::MAX,
        };
        same("listener", self.listener.as_ref(), &listener(entry.origin));
        same("local", self.local.map(Some).as_ref(), &entry.local);
        same("peer", self.peer.map(Some).as_ref(), &entry.peer);
        same("peers", self.peers.as_ref(), &entry.peers);
        same("connections", self.connections.as_ref(), &entry.connections.iter().map(|id| id.0).collect());
        same("open connections", self.open_connections.as_ref(), &sockets.open_connections(entry.id));
        same("since", self.since.as_ref(), &entry.since);
        same("took", self.took.map(Some).as_ref(), &entry.connect_took);
        match (&self.fault, &entry.last_fault) {
            (None, _) => {}
            (Some(Fails::Never(never)), fault) => assert!(!never && fault.is_none(), "{fault:?}"),
            (Some(Fails::With { call, error, errno, peer, detail }), Some(failure)) => {
                assert_eq!((call.as_str(), error.as_str()), (failure.call.name(), failure.fault.kind.name()));
                assert_eq!((*errno, *peer, detail), (failure.fault.errno, failure.addr, &failure.detail));
            }
            (Some(Fails::With { error, .. }), None) => panic!("no {error}"),
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(what: &str, expected: Option<&T>, is: &T) {
    if let Some(expected) = expected {
        assert_eq!(is, expected, "{what}");
    }
}

fn play(scenario: &Scenario) {
    let (mut sockets, mut journal) = (Sockets::default(), Journal::default());
    let mut kinds = std::collections::BTreeMap::new();
    for step in &scenario.step {
        let at = journal.range().end;
        match step {
            Step::Open(step) => sockets.open(SocketId(step.open), step.kind, step.generation, at),
            Step::Forget(step) => sockets.forget(SocketId(step.forget)),
            Step::Expect(facts) => facts.check(&sockets),
            Step::Record(told) => {
                let bytes = told.bytes();
                let event = told.event(bytes.len());
                assert_eq!(event.has_payload(), told.text.is_some() || told.hex.is_some(), "{}", told.event);
                let (socket, generation, peer) = (SocketId(told.socket), told.generation, told.peer);
                let record = Record { at, socket, generation, event, peer, bytes: Span::default() };
                let mut batch = Batch::default();
                batch.push(record, &bytes);
                sockets.apply(&batch.records[0], &bytes);
                journal.push(batch);
            }
        }
        kinds.extend(sockets.iter().map(|entry| (entry.id, entry.kind)));
    }
    for facts in &scenario.socket {
        facts.check(&sockets);
    }
    for id in &scenario.absent {
        assert!(sockets.get(SocketId(*id)).is_none(), "#{id} is there");
    }
    for filter in &scenario.filter {
        let mut rows = Found::new(filter.filter().into(), []);
        assert!(rows.advance(&journal));
        assert_eq!(rows.iter().collect::<Vec<_>>(), filter.rows, "{:?}", rows.question());
    }
    for expected in &scenario.text {
        let kind = kinds[&journal.row(expected.row).unwrap().record.socket];
        let text = row_text(&journal, expected.row, kind, expected.charset, usize::MAX).unwrap();
        assert_eq!(text.text(), expected.text, "row {}", expected.row);
    }
}

impl Filtered {
    fn filter(&self) -> Filter {
        Filter {
            sockets: self.sockets.as_ref().map(|ids| ids.iter().copied().map(SocketId).collect()),
            direction: self.direction,
            peer: self.peer.clone(),
            kind: self.kind.as_deref().map(|kind| match kind {
                "data" => RowKind::Data,
                "calls" => RowKind::Calls,
                "errors" => RowKind::Errors,
                other => panic!("no rows are called {other}"),
            }),
            needle: match (&self.text, &self.hex) {
                (Some(text), _) => Some(text.clone().into()),
                (None, digits) => digits.as_ref().map(|digits| hex::parse(digits).unwrap()),
            },
        }
    }
}

#[test]
fn every_scenario_ends_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/journal");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let scenario: Scenario = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        // Shown only if the scenario fails.
        println!("{}: {}", file.display(), scenario.about);
        play(&scenario);
    }
}

fn event() -> impl Strategy<Value = Event> {
    let id = (0_u32..6).prop_map(SocketId);
    prop_oneof![
        Just(Event::Resolving),
        Just(Event::Bound),
        any::<u32>().prop_map(|backlog| Event::Listening { backlog }),
        Just(Event::Connecting),
        any::<u64>().prop_map(|took| Event::Connected { took }),
        id.clone().prop_map(|connection| Event::Accepted { connection }),
        id.prop_map(|listener| Event::Opened { listener }),
        any::<u32>().prop_map(|asked| Event::Sent { asked }),
        any::<u32>().prop_map(|full| Event::Received { full }),
        Just(Event::PeerEnded),
        Just(Event::HalfClosed),
        (prop::sample::select(CloseReason::ALL.to_vec()), any::<u32>())
            .prop_map(|(why, unsent)| Event::Closed { why, unsent }),
        any::<u32>().prop_map(|unsent| Event::Aborted { unsent }),
        (prop::sample::select(Call::ALL.to_vec()), any::<i32>())
            .prop_map(|(call, errno)| { Event::Failed { call, fault: Fault { kind: FaultKind::Reset, errno } } }),
        any::<u64>().prop_map(|size| Event::FileStarted { size }),
        any::<u64>().prop_map(|sent| Event::FilePaused { sent }),
        any::<u64>().prop_map(|sent| Event::FileResumed { sent }),
        any::<(u64, bool)>().prop_map(|(sent, cancelled)| Event::FileEnded { sent, cancelled }),
        any::<(u64, bool)>().prop_map(|(sent, stopped)| Event::RepeatEnded { sent, stopped }),
        Just(Event::OptionSet),
        Just(Event::Asked),
        any::<u32>().prop_map(|per_second| Event::Limited { per_second }),
        any::<(i32, u64)>().prop_map(|(status, took)| Event::Ran { status, took }),
    ]
}

#[derive(Clone, Debug)]
enum Move {
    Open(SocketId, Kind, u16),
    Forget(SocketId),
    Record(Record, Vec<u8>),
}

fn any_move() -> impl Strategy<Value = Move> {
    let id = || (0_u32..6).prop_map(SocketId);
    let kind = prop::sample::select(vec![Kind::TcpListener, Kind::TcpConnection, Kind::UdpSocket]);
    let peer = prop::option::of((1_u16..60).prop_map(|port| SocketAddr::from(([127, 0, 0, 1], port))));
    let bytes = prop_oneof![
        Just(b"127.0.0.1:8008".to_vec()),
        Just(b"[::1]:0".to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    let record = (any::<u64>(), id(), 0_u16..3, event(), peer, bytes).prop_map(
        |(at, socket, generation, event, peer, bytes)| {
            Move::Record(Record { at, socket, generation, event, peer, bytes: Span::default() }, bytes)
        },
    );
    prop_oneof![
        1 => (id(), kind, 0_u16..3).prop_map(|(id, kind, generation)| Move::Open(id, kind, generation)),
        1 => id().prop_map(Move::Forget),
        12 => record,
    ]
}

fn unique<T: Ord + Clone>(list: &[T]) -> bool {
    list.iter().cloned().collect::<BTreeSet<_>>().len() == list.len()
}

proptest! {
    /// Records of four workers may come in any order, and speak of sockets that are gone or not yet there.
    #[test]
    fn no_order_of_records_breaks_the_sockets(moves in prop::collection::vec(any_move(), 0..80)) {
        let mut sockets = Sockets::default();
        for step in moves {
            match step {
                Move::Open(id, kind, generation) => {
                    sockets.open(id, kind, generation, 0);
                    let entry = sockets.get(id).unwrap();
                    prop_assert_eq!((entry.kind, entry.generation, entry.state.word()), (kind, generation, "NEW"));
                }
                Move::Forget(id) => {
                    sockets.forget(id);
                    prop_assert!(sockets.get(id).is_none());
                }
                Move::Record(record, bytes) => {
                    let before = sockets.get(record.socket).cloned();
                    sockets.apply(&record, &bytes);
                    let after = sockets.get(record.socket);
                    if let (Some(before), Some(after)) = (&before, after)
                        && record.generation < before.generation
                    {
                        let unlisted = |e: &SocketEntry| SocketEntry { connections: Vec::new(), ..e.clone() };
                        prop_assert_eq!(unlisted(before), unlisted(after));
                    }
                    if before.is_none() && !matches!(record.event, Event::Opened { .. }) {
                        prop_assert!(after.is_none());
                    }
                }
            }
            prop_assert_eq!(sockets.len(), sockets.iter().count());
            for entry in sockets.iter() {
                prop_assert!(unique(&entry.connections) && unique(&entry.peers));
                prop_assert!(entry.peers.len() <= SocketEntry::PEERS);
                prop_assert!(sockets.open_connections(entry.id) <= entry.connections.len());
                prop_assert!(!entry.state.can_send() || entry.state.is_open());
            }
        }
    }

    /// A row's number is that of its arrival, whatever leaves, and every row is counted once.
    #[test]
    fn rows_keep_their_numbers(
        batches in prop::collection::vec((0_usize..6, 0_usize..400, 0_u8..20), 0..60),
        rows in 1_usize..60,
        bytes in 1_usize..20_000,
    ) {
        let mut journal = Journal::new(Budget { bytes, rows });
        let mut shown = Found::new(Filter { kind: Some(RowKind::Data), ..Filter::default() }.into(), []);
        let (mut total, mut data) = (0_u64, 0_u64);
        for (count, size, act) in batches {
            let mut batch = Batch::default();
            for _ in 0..count {
                let event = if total % 3 == 0 { Event::PeerEnded } else { Event::Received { full: size as u32 } };
                data += u64::from(event.has_payload());
                let record =
                    Record { at: total, socket: SocketId(0), generation: 0, event, peer: None, bytes: Span::default() };
                batch.push(record, &vec![total as u8; size]);
                total += 1;
            }
            journal.push(batch);
            match act {
                0 => journal.clear(),
                1 => journal.set_budget(Budget { bytes: bytes / 2, rows: rows.div_ceil(2) }),
                2 => journal.set_budget(Budget { bytes, rows }),
                _ => {}
            }
            while !shown.advance(&journal) {}
            prop_assert_eq!(journal.gone() + journal.len() as u64, total);
            prop_assert_eq!(journal.range(), journal.gone()..total);
            for row in journal.rows_from(0) {
                prop_assert_eq!((row.record.at, row.bytes.iter().all(|byte| *byte == row.seq as u8)), (row.seq, true));
            }
            prop_assert!(shown.len() as u64 + shown.gone() <= data);
            prop_assert!(shown.iter().all(|seq| journal.row(seq).is_some_and(|row| row.record.event.has_payload())));
            prop_assert_eq!(shown.len(), journal.rows_from(0).filter(|row| row.record.event.has_payload()).count());
        }
    }
}
