//! Ladders and boundaries, told in files: which records came, and the picture they make.
//!
//! Each file in `tests/scenarios/ladder` is a list of records (in the words of the journal), the sockets that were chosen,
//! the ladder in characters, and what is said of the boundaries of a direction.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a scenario file that is wrong has to fail")]

#[path = "support/told.rs"]
mod told;

use std::{fmt::Write as _, fs, path::Path};

use serde::Deserialize;
use told::Told;
use twocan::journal::{
    Batch, Budget, Journal, Kind, Record, SocketId, Sockets, Span,
    ladder::{Band, End, Ladder, Wait},
    spans::{self, Summary},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    about: String,
    step: Vec<Step>,
    chosen: Vec<u32>,
    ladder: String,
    #[serde(default)]
    boundaries: Vec<Boundaries>,
    /// States and the steps, counted from 0, with which they begin and end: `#2: LISTEN 1..`.
    bands: Option<Vec<String>>,
    /// Times without a recv: `#2: 1200 ms`.
    waits: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Open {
        open: u32,
        kind: Kind,
        #[serde(default)]
        generation: u16,
    },
    Record(Box<Told>),
}

/// What the bytes from one connection to the other tell.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Boundaries {
    from: u32,
    to: u32,
    sends: usize,
    recvs: usize,
    #[serde(default)]
    glued: usize,
    #[serde(default)]
    split: usize,
    #[serde(default)]
    unread: u64,
}

fn play(scenario: &Scenario) -> (Journal, Sockets) {
    let (mut sockets, mut batch, mut at) = (Sockets::default(), Batch::default(), 0);
    for step in &scenario.step {
        match step {
            Step::Open { open, kind, generation } => sockets.open(SocketId(*open), *kind, *generation, at),
            Step::Record(told) => {
                at = told.at.map_or(at + 1_000_000, |at| at * 1_000);
                let bytes = told.bytes();
                let event = told.event(bytes.len());
                let (socket, generation, peer) = (SocketId(told.socket), told.generation, told.peer);
                let record = Record { at, socket, generation, event, peer, bytes: Span::default() };
                sockets.apply(&record, &bytes);
                batch.push(record, &bytes);
            }
        }
    }
    let mut journal = Journal::new(Budget::default());
    journal.push(batch);
    (journal, sockets)
}

fn end(ladder: &Ladder, line: usize) -> String {
    match ladder.lines[line].end {
        End::Socket(id) => id.to_string(),
        End::Peer(addr) => addr.to_string(),
    }
}

fn told_bands(ladder: &Ladder) -> Vec<String> {
    let told = |band: &Band| {
        let to = band.to.map(|to| to.to_string()).unwrap_or_default();
        format!("{}: {} {}..{to}", end(ladder, band.line), band.state.word(), band.from)
    };
    ladder.bands.iter().map(told).collect()
}

fn told_waits(ladder: &Ladder) -> Vec<String> {
    let told = |wait: &Wait| {
        let so_far = if wait.to.is_none() { " so far" } else { "" };
        format!("{}: {} ms{so_far}", end(ladder, wait.line), wait.lasted / 1_000_000)
    };
    ladder.waits.iter().map(told).collect()
}

#[test]
fn every_scenario_is_drawn_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/ladder");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut wrong = String::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let scenario: Scenario = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let (journal, sockets) = play(&scenario);
        let chosen = scenario.chosen.iter().map(|id| SocketId(*id)).collect();
        let made = Ladder::of(&journal, &sockets, &chosen);
        if let Some(bands) = &scenario.bands {
            assert_eq!(told_bands(&made), *bands, "{}", file.display());
        }
        if let Some(waits) = &scenario.waits {
            assert_eq!(told_waits(&made), *waits, "{}", file.display());
        }
        let drawn = made.text();
        if drawn.trim_end() != scenario.ladder.trim_end() {
            let name = file.file_name().unwrap().to_string_lossy();
            writeln!(wrong, "{name}: {}\n{drawn}", scenario.about).unwrap();
        }
        for told in &scenario.boundaries {
            let lanes = |id| spans::lanes(journal.rows_from(0), SocketId(id), 0);
            let expected = Summary {
                sends: told.sends,
                recvs: told.recvs,
                glued: told.glued,
                split: told.split,
                unread: told.unread,
            };
            assert_eq!(spans::summary(&lanes(told.from).0, &lanes(told.to).1), expected, "{}", file.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(files.len() >= 25, "{} scenarios", files.len());
}
