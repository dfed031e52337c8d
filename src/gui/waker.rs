//! The only place where threads meet egui.
//!
//! Workers call [`UiWaker::wake`] for every batch. A request for a repaint takes egui's write lock and notes its
//! cause, so only the first call since the last drain makes one; and it asks for 8 ms later rather than now,
//! because egui answers a zero delay with two frames.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::net::Wake;

/// From the first batch to the frame that shows it.
const DELAY: Duration = Duration::from_millis(8);

/// Wakes the window, at most once a frame.
pub struct UiWaker {
    ctx: egui::Context,
    pending: AtomicBool,
}

impl UiWaker {
    /// Wakes the root window of this context.
    pub fn new(ctx: egui::Context) -> Self {
        Self { ctx, pending: AtomicBool::new(false) }
    }

    /// To be called *before* draining: what arrives from then on wakes again, so no wake is lost.
    pub fn clear(&self) {
        self.pending.store(false, Ordering::Release);
    }
}

impl Wake for UiWaker {
    fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            self.ctx.request_repaint_after_for(DELAY, egui::ViewportId::ROOT);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicUsize};

    use super::*;

    #[test]
    fn many_batches_make_one_request() {
        let ctx = egui::Context::default();
        let requests = Arc::new(AtomicUsize::new(0));
        let count = requests.clone();
        ctx.set_request_repaint_callback(move |info| {
            assert_eq!(info.viewport_id, egui::ViewportId::ROOT);
            count.fetch_add(1, Ordering::Relaxed);
        });
        let waker = UiWaker::new(ctx);
        (0..1_000).for_each(|_| waker.wake());
        assert_eq!(requests.load(Ordering::Relaxed), 1);
        waker.clear();
        assert!(!waker.pending.load(Ordering::Relaxed));
    }
}
