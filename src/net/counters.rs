//! Totals of one socket, counted by its worker and never by the rows that are shown.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// What a worker counts for one socket. Reading is always exact, whatever became of the rows.
#[derive(Debug, Default)]
pub struct Counters {
    /// Bytes that `recv` returned.
    pub bytes_in: AtomicU64,
    /// Bytes that `send` took.
    pub bytes_out: AtomicU64,
    /// Reads (TCP) or datagrams (UDP) received.
    pub messages_in: AtomicU64,
    /// Writes (TCP) or datagrams (UDP) sent.
    pub messages_out: AtomicU64,
    /// Rows that were counted but not recorded because the reader of the batches was too slow (UDP only).
    pub rows_not_shown: AtomicU64,
    /// Datagrams that the kernel dropped because the receive buffer was full, as the kernel counts them.
    pub kernel_drops: AtomicU64,
    /// SO_RCVBUF that the kernel granted, in bytes as the kernel reports it (Linux doubles it for its own use).
    pub receive_buffer: AtomicU64,
    /// Bytes waiting in Twocan because the kernel's send buffer is full.
    pub waiting: AtomicU64,
    /// TCP: reading is paused because the reader of the batches is too slow; the kernel's window closes.
    pub paused: AtomicBool,
    /// Bytes of the file being sent that the kernel took so far.
    pub file_sent: AtomicU64,
    /// Size of the file being sent, 0 when there is none.
    pub file_size: AtomicU64,
    /// Whether the user has it wait.
    pub file_paused: AtomicBool,
    /// Messages sent by the repetition that runs or ran last.
    pub repeated: AtomicU64,
    /// Whether a repetition runs.
    pub repeating: AtomicBool,
    /// Messages that a rule handed to the person and that are not answered yet.
    pub asks: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is documented in `Counters`")]
pub struct Totals {
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub messages_in: u64,
    pub messages_out: u64,
    pub rows_not_shown: u64,
    pub kernel_drops: u64,
    pub receive_buffer: u64,
    pub waiting: u64,
    pub paused: bool,
    pub file_sent: u64,
    pub file_size: u64,
    pub file_paused: bool,
    pub repeated: u64,
    pub repeating: bool,
    pub asks: u64,
}

impl Counters {
    /// All counters now. They are read one by one: two of them may be a datagram apart.
    pub fn totals(&self) -> Totals {
        Totals {
            bytes_in: self.bytes_in.load(Relaxed),
            bytes_out: self.bytes_out.load(Relaxed),
            messages_in: self.messages_in.load(Relaxed),
            messages_out: self.messages_out.load(Relaxed),
            rows_not_shown: self.rows_not_shown.load(Relaxed),
            kernel_drops: self.kernel_drops.load(Relaxed),
            receive_buffer: self.receive_buffer.load(Relaxed),
            waiting: self.waiting.load(Relaxed),
            paused: self.paused.load(Relaxed),
            file_sent: self.file_sent.load(Relaxed),
            file_size: self.file_size.load(Relaxed),
            file_paused: self.file_paused.load(Relaxed),
            repeated: self.repeated.load(Relaxed),
            repeating: self.repeating.load(Relaxed),
            asks: self.asks.load(Relaxed),
        }
    }

    /// No file is being sent any more.
    pub(crate) fn file_ended(&self) {
        self.file_size.store(0, Relaxed);
        self.file_paused.store(false, Relaxed);
    }

    pub(crate) fn add(counter: &AtomicU64, n: usize) {
        counter.fetch_add(n as u64, Relaxed);
    }
}
