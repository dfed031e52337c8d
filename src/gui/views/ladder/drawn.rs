//! The ladder that is on show: kept up with the journal, and of it the part that is on screen.

use std::{collections::BTreeSet, ops::Range};

use super::paint::ROW;
use crate::{
    gui::Model,
    journal::{
        SocketId,
        ladder::{Index, Ladder, Scale, Timeline, company, server_of},
        spans::{Datagrams, Streams},
    },
};

/// Rows that are taken in a frame: a few milliseconds.
const ROWS: usize = 50_000;

/// Whose ladder it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The chosen socket's, with its connections and the other ends of them.
    #[default]
    Socket,
    /// That of all sockets of its server.
    Server,
    /// That of all sockets there are.
    Bench,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Socket, Self::Server, Self::Bench];

    fn sockets(self, model: &Model, subject: SocketId) -> BTreeSet<SocketId> {
        match self {
            Self::Socket => company(&model.sockets, subject),
            Self::Server => server_of(&model.sockets, subject),
            Self::Bench => model.sockets.iter().map(|entry| entry.id).collect(),
        }
    }
}

/// A ladder and what was made of it.
#[derive(Default)]
pub struct Drawn {
    /// All its steps.
    pub index: Index,
    /// Where they stand.
    pub timeline: Timeline,
    /// The part of it that is on screen, as of this frame.
    pub picture: Ladder,
    chosen: BTreeSet<SocketId>,
    /// Of what the picture is: the state of the ladder, which steps, and how they are grouped.
    of: Option<(u64, Vec<Range<usize>>)>,
}

impl Drawn {
    /// How often something of its sockets changed, for tests.
    pub fn times(&self) -> u64 {
        self.index.revision()
    }

    /// Takes in what came since the last frame; only who is shown, while `paused`. Returns whether that is all.
    pub fn sync(&mut self, model: &Model, known: (&Datagrams, &Streams), scope: Scope, paused: bool) -> bool {
        let Some(subject) = model.selected else { return true };
        let chosen = scope.sockets(model, subject);
        let rows = if paused && self.chosen == chosen { 0 } else { ROWS };
        let done = self.index.advance((&model.journal, known.0, known.1), &model.sockets, &chosen, rows);
        self.chosen = chosen;
        done || rows == 0
    }

    /// Places its steps.
    pub fn place(&mut self, scale: Scale, zoom: f64) {
        self.timeline.follow(&mut self.index);
        self.timeline.set(&self.index, scale, ROW, zoom);
    }

    /// Makes the picture of these groups of steps, unless it is the one that is there.
    pub fn show(&mut self, model: &Model, datagrams: &Datagrams, groups: Vec<Range<usize>>) {
        let of = (self.index.revision(), groups);
        if self.of.as_ref() != Some(&of) {
            self.picture = self.index.window(&model.journal, datagrams, &of.1);
            self.of = Some(of);
        }
    }
}
