//! The bar of a transfer, in one line of a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    transfer::{State, Transfer},
    words::{self, Lang, number},
};

/// Longer names lose their middle.
const NAME: usize = 32;

/// A bar and how quick what it shows is.
pub(super) struct Bar {
    drawn: ProgressBar,
    /// When and how far the transfer was, for a rate that follows it.
    last: Option<(Instant, u64)>,
    /// Bytes a second, once any have moved.
    rate: Option<f64>,
}

impl Bar {
    /// Drawn on standard error, and not at all where that is no terminal.
    pub fn new() -> Self {
        Self::on(ProgressDrawTarget::stderr())
    }

    fn on(target: ProgressDrawTarget) -> Self {
        // Empty and not full at its first sight: its length is 1 until there is another.
        let bar = ProgressBar::with_draw_target(Some(1), target);
        // What stands last is cut where the terminal ends, so that it always is one line. It holds no placeholder that could
        // be wrong; if it did, the bar would look plain.
        if let Ok(style) = ProgressStyle::with_template("{bar:16} {wide_msg}") {
            bar.set_style(style);
        }
        Self { drawn: bar, last: None, rate: None }
    }

    /// Shows how far a transfer is.
    pub fn show(&mut self, lang: Lang, transfer: &Transfer) {
        let progress = &transfer.progress;
        self.measure(progress.bytes, Instant::now());
        // Of something without an end nothing is a part.
        let (done, of) = progress.total.map_or((0, 1), |total| (progress.bytes, total.max(1)));
        // At once: the next transfer may be shorter than what the last one has brought.
        self.drawn.update(|bar| {
            bar.set_len(of);
            bar.set_pos(done);
        });
        let mut text = match transfer.state {
            State::Moving => {
                let total = progress.total.map_or_else(|| "?".into(), number::size);
                format!("{} / {total}", number::size(progress.bytes))
            }
            other => words::transfer_state(lang, other, transfer.direction),
        };
        if let Some(rate) = self.rate.filter(|_| transfer.state == State::Moving) {
            text.push_str("  ");
            text.push_str(&number::rate(rate));
            if let Some(left) = progress.time_left(rate) {
                text.push_str("  ");
                text.push_str(&whole_seconds(left));
            }
        }
        let name = if progress.current.is_empty() { &transfer.title } else { &progress.current };
        text.push_str("  ");
        text.push_str(&shortened(name, NAME));
        self.drawn.set_message(text);
    }

    fn measure(&mut self, bytes: u64, now: Instant) {
        let (then, before) = *self.last.get_or_insert((now, bytes));
        let seconds = now.duration_since(then).as_secs_f64();
        if seconds < 0.1 {
            return;
        }
        let latest = bytes.saturating_sub(before) as f64 / seconds;
        // What was just now counts most, but not alone: else the number could not be read.
        let rate = self.rate.map_or(latest, |rate| 0.7 * rate + 0.3 * latest);
        self.rate = Some(rate).filter(|rate| *rate > 0.0);
        self.last = Some((now, bytes));
    }

    /// Writes something else meanwhile.
    pub fn suspend(&self, write: impl FnOnce()) {
        self.drawn.suspend(write);
    }

    /// Takes it off the terminal.
    pub fn clear(self) {
        self.drawn.finish_and_clear();
    }
}

/// Also the last second is one of some seconds.
fn whole_seconds(time: Duration) -> String {
    match time.as_secs() {
        0 => "0 s".into(),
        seconds => number::duration(Duration::from_secs(seconds)),
    }
}

/// The beginning and the end of a name, which tell files apart.
fn shortened(name: &str, most: usize) -> String {
    let count = name.chars().count();
    if count <= most {
        return name.to_owned();
    }
    let head: String = name.chars().take(most / 2).collect();
    let tail: String = name.chars().skip(count - (most / 2 - 1)).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use indicatif::TermLike;

    use super::*;
    use crate::transfer::{Direction, Progress, TransferId, Way};

    /// A terminal of 40 columns that remembers what was written.
    #[derive(Clone, Debug, Default)]
    struct Narrow(Arc<Mutex<String>>);

    impl TermLike for Narrow {
        fn width(&self) -> u16 {
            40
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)?;
            self.write_str("\n")
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            self.write_str("\n")
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn moving(bytes: u64, total: Option<u64>) -> Transfer {
        Transfer {
            id: TransferId(1),
            direction: Direction::Sending,
            way: Way::Framed,
            receiver: None,
            to: None,
            peer: None,
            title: "a file with a rather long name that has no room.bin".into(),
            tops: 1,
            folder: None,
            state: State::Moving,
            progress: Progress { bytes, total, ..Progress::default() },
            outcome: None,
        }
    }

    #[test]
    fn is_never_full_before_its_time_and_never_longer_than_a_line() {
        let terminal = Narrow::default();
        let mut bar = Bar::on(ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 255));
        for (bytes, total) in [(0, Some(1 << 30)), (1 << 20, Some(1 << 30)), (1 << 20, None)] {
            bar.show(Lang::En, &moving(bytes, total));
            bar.drawn.force_draw();
        }
        let drawn = terminal.0.lock().unwrap().clone();
        assert!(drawn.contains("1.0 MB / 1.1 GB"), "{drawn}");
        for line in drawn.lines() {
            assert!(line.chars().count() <= 40, "{line:?}");
            assert!(!line.starts_with(&"█".repeat(16)), "{line:?}");
        }
    }

    #[test]
    fn the_rate_waits_for_bytes_and_the_time_is_of_seconds() {
        let mut bar = Bar::on(ProgressDrawTarget::hidden());
        let begun = Instant::now();
        let at = |tenths: u64| begun + Duration::from_millis(100 * tenths);
        for tenths in 0..3 {
            bar.measure(0, at(tenths));
            assert_eq!(bar.rate, None);
        }
        bar.measure(1_000, at(3));
        assert!((bar.rate.unwrap() - 10_000.0).abs() < 1.0, "{:?}", bar.rate);
        assert_eq!(whole_seconds(Duration::from_millis(700)), "0 s");
        assert_eq!(whole_seconds(Duration::from_millis(1_700)), "1 s");
    }

    #[test]
    fn the_middle_of_a_name_goes() {
        assert_eq!(shortened("abc", 6), "abc");
        assert_eq!(shortened("abcdefghij", 6), "abc…ij");
    }
}
