//! Where the reader of the table is: pure.
//!
//! At the end the newest row stays in sight. Elsewhere the row on top stays where it is, by its number, whatever
//! comes in behind it or leaves before it: egui keeps a distance from the beginning, which is not the same once
//! the beginning moves.

use super::shown::Shown;
use crate::gui::theme::ROW_HEIGHT;

/// Where the reader is.
#[derive(Clone, Copy, Debug)]
pub struct Scroll {
    follow: bool,
    paused: bool,
    /// The row on top, and how far it is pushed out of sight.
    top: u64,
    hidden: f32,
    /// A row that is to come into sight.
    wanted: Option<u64>,
}

impl Default for Scroll {
    fn default() -> Self {
        Self { follow: true, paused: false, top: 0, hidden: 0.0, wanted: None }
    }
}

impl Scroll {
    /// Whether the newest row stays in sight.
    pub fn follows(&self) -> bool {
        self.follow
    }

    /// Goes to the end and stays there.
    pub fn follow_end(&mut self) {
        *self = Self::default();
    }

    /// Whether new rows are kept out.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Keeps new rows out, or lets them in again.
    pub fn toggle_pause(&mut self) {
        self.paused = !self.paused;
    }

    /// Brings a row into sight and stays there.
    pub fn show(&mut self, seq: u64) {
        self.wanted = Some(seq);
    }

    /// How many points of rows are above a view of this height.
    pub fn place(&mut self, shown: &Shown, height: f32) -> f32 {
        let end = end(shown, height);
        let mut offset = if self.follow {
            end
        } else {
            let index = shown.index_of(self.top);
            let hidden = if shown.seq(index) == Some(self.top) { self.hidden } else { 0.0 };
            index as f32 * ROW_HEIGHT + hidden
        };
        if let Some(seq) = self.wanted.take() {
            let y = shown.index_of(seq) as f32 * ROW_HEIGHT;
            offset = offset.min(y).max(y + ROW_HEIGHT - height);
            // Where everything fits there is nothing to stay away from.
            self.follow = end <= 0.0;
        }
        offset.clamp(0.0, end)
    }

    /// Notes where the reader is after a frame in which the view stood at `before` and was moved to `after`.
    pub fn keep(&mut self, shown: &Shown, before: f32, after: f32, height: f32) {
        let end = end(shown, height);
        if after < before - 0.5 || self.wanted.is_some() {
            self.follow = false;
        } else if after > before + 0.5 && after >= end - 1.0 {
            self.follow = true;
        }
        let index = (after / ROW_HEIGHT).floor().max(0.0);
        self.top = shown.seq(index as usize).unwrap_or(0);
        self.hidden = (after - index * ROW_HEIGHT).clamp(0.0, ROW_HEIGHT);
    }
}

fn end(shown: &Shown, height: f32) -> f32 {
    (shown.len() as f32 * ROW_HEIGHT - height).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Batch, Budget, Event, Journal, Record, SocketId, Span};

    const HEIGHT: f32 = 4.5 * ROW_HEIGHT;

    fn push(journal: &mut Journal, shown: &mut Shown, rows: usize) {
        let event = Event::PeerEnded;
        let record = Record { at: 0, socket: SocketId(1), generation: 0, event, peer: None, bytes: Span::default() };
        for _ in 0..rows {
            let mut batch = Batch::default();
            batch.push(record, b"");
            journal.push(batch);
        }
        shown.advance(journal);
    }

    /// The row on top and how much of it is out of sight, after a frame in which the wheel turned by `wheel`.
    fn frame(scroll: &mut Scroll, shown: &Shown, wheel: f32) -> (u64, f32) {
        let offset = scroll.place(shown, HEIGHT);
        scroll.keep(shown, offset, (offset + wheel).clamp(0.0, end(shown, HEIGHT)), HEIGHT);
        (scroll.top, scroll.hidden)
    }

    #[test]
    fn the_end_stays_in_sight_until_the_reader_goes_up() {
        let (mut journal, mut shown, mut scroll) = (Journal::default(), Shown::default(), Scroll::default());
        push(&mut journal, &mut shown, 10);
        assert_eq!(frame(&mut scroll, &shown, 0.0), (5, 13.0));
        push(&mut journal, &mut shown, 10);
        assert_eq!(frame(&mut scroll, &shown, 0.0), (15, 13.0));
        assert_eq!(frame(&mut scroll, &shown, -30.0), (14, 9.0));
        assert!(!scroll.follows());
        push(&mut journal, &mut shown, 10);
        assert_eq!(frame(&mut scroll, &shown, 0.0), (14, 9.0));
        frame(&mut scroll, &shown, 10_000.0);
        assert!(scroll.follows());
    }

    #[test]
    fn the_place_survives_rows_that_leave() {
        let mut journal = Journal::new(Budget { rows: 20, ..Budget::default() });
        let (mut shown, mut scroll) = (Shown::default(), Scroll::default());
        push(&mut journal, &mut shown, 20);
        frame(&mut scroll, &shown, 0.0);
        assert_eq!(frame(&mut scroll, &shown, -100.0), (11, 17.0));
        for _ in 0..9 {
            push(&mut journal, &mut shown, 1);
            assert_eq!(frame(&mut scroll, &shown, 0.0), (11, 17.0));
        }
        // Once the row itself has left, the oldest one is on top.
        push(&mut journal, &mut shown, 5);
        assert_eq!(frame(&mut scroll, &shown, 0.0), (14, 0.0));
    }

    #[test]
    fn a_chosen_row_comes_into_sight_and_stays() {
        let (mut journal, mut shown, mut scroll) = (Journal::default(), Shown::default(), Scroll::default());
        push(&mut journal, &mut shown, 3);
        scroll.show(1);
        frame(&mut scroll, &shown, 0.0);
        assert!(scroll.follows(), "everything is in sight");
        push(&mut journal, &mut shown, 30);
        scroll.show(2);
        assert_eq!(frame(&mut scroll, &shown, 0.0), (2, 0.0));
        push(&mut journal, &mut shown, 30);
        assert_eq!(frame(&mut scroll, &shown, 0.0), (2, 0.0));
        scroll.show(8);
        assert_eq!(frame(&mut scroll, &shown, 0.0), (4, 13.0));
        scroll.follow_end();
        assert_eq!(frame(&mut scroll, &shown, 0.0), (58, 13.0));
    }
}
