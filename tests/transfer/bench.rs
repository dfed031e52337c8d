//! A sender, a receiver and their two folders.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use twocan::transfer::{
    Accept, Notice, Offer, Outcome, Policy, ReceiveSpec, ReceiverId, ReceiverState, SendOptions, SendSpec, Transfer,
    TransferId, Transfers, Way,
};

/// How long anything may take.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// Two services and two folders.
pub struct Bench {
    pub from: TempDir,
    pub into: TempDir,
    pub sender: Transfers,
    pub receiver: Transfers,
}

/// A policy that takes everything.
pub fn all() -> Policy {
    Policy { accept: Accept::All, ..Policy::default() }
}

impl Bench {
    pub fn new() -> Self {
        Self {
            from: tempfile::tempdir().unwrap(),
            into: tempfile::tempdir().unwrap(),
            sender: Transfers::new(Arc::new(())),
            receiver: Transfers::new(Arc::new(())),
        }
    }

    /// Makes a file to send.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.from.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Makes a file that takes long to send and none to make: random at its beginning, and then a hole.
    pub fn long_file(&self, name: &str, size: u64) -> PathBuf {
        let path = self.file(name, bytes(1 << 20, 5));
        fs::File::options().write(true).open(&path).unwrap().set_len(size).unwrap();
        path
    }

    /// Starts a receiver into the folder.
    pub fn receive(&self, way: Way, policy: Policy) -> (ReceiverId, SocketAddr) {
        self.receive_into(self.into.path(), way, policy)
    }

    pub fn receive_into(&self, folder: &Path, way: Way, policy: Policy) -> (ReceiverId, SocketAddr) {
        let id = self.receiver.receive(ReceiveSpec { policy, ..ReceiveSpec::into_folder(folder, way) });
        (id, listening(&self.receiver, id))
    }

    pub fn send(&self, paths: &[PathBuf], to: SocketAddr, way: Way) -> TransferId {
        self.send_with(paths, to, way, SendOptions::default())
    }

    pub fn send_with(&self, paths: &[PathBuf], to: SocketAddr, way: Way, options: SendOptions) -> TransferId {
        self.sender.send(SendSpec { paths: paths.to_vec(), to: to.into(), way, options })
    }

    /// Sends, and waits for the end on both sides.
    pub fn across(&self, paths: &[PathBuf], way: Way) -> (Arc<Outcome>, Arc<Outcome>) {
        let (receiver, to) = self.receive(way, all());
        let sent = ended(&self.sender, self.send(paths, to, way));
        let received = next_ended(&self.receiver);
        self.receiver.stop(receiver);
        (sent, received)
    }

    /// What is in the folder that was received into: names with their bytes, folders with `None`.
    pub fn received(&self) -> BTreeMap<String, Option<Vec<u8>>> {
        tree(self.into.path())
    }
}

/// Names with their bytes, folders with `None`.
pub fn tree(root: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    fn walk(root: &Path, folder: &Path, into: &mut BTreeMap<String, Option<Vec<u8>>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if path.symlink_metadata().unwrap().is_dir() {
                into.insert(name, None);
                walk(root, &path, into);
            } else {
                into.insert(name, fs::read(&path).ok());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

/// Waits until it listens.
pub fn listening(service: &Transfers, id: ReceiverId) -> SocketAddr {
    wait(service, |notice| match notice {
        Notice::Listening(receiver, address) if *receiver == id => Some(*address),
        Notice::ReceiverEnded(receiver) if *receiver == id => panic!("{:?}", state(service, id)),
        _ => None,
    })
}

pub fn state(service: &Transfers, id: ReceiverId) -> ReceiverState {
    service.receivers().into_iter().find(|row| row.id == id).unwrap().state
}

/// Waits for a notice.
pub fn wait<T>(service: &Transfers, wanted: impl FnMut(&Notice) -> Option<T>) -> T {
    wait_within(service, DEADLINE, wanted)
}

fn wait_within<T>(service: &Transfers, time: Duration, mut wanted: impl FnMut(&Notice) -> Option<T>) -> T {
    let deadline = Instant::now() + time;
    loop {
        let notice = service.notices().recv_deadline(deadline);
        let notice = notice.unwrap_or_else(|_| panic!("nothing happened; {:#?}", service.list()));
        if let Some(found) = wanted(&notice) {
            return found;
        }
    }
}

/// Waits for the end of a transfer.
pub fn ended(service: &Transfers, id: TransferId) -> Arc<Outcome> {
    ended_within(service, id, DEADLINE)
}

/// The same for one that may take longer.
pub fn ended_within(service: &Transfers, id: TransferId, time: Duration) -> Arc<Outcome> {
    if let Some(outcome) = service.transfer(id).and_then(|transfer| transfer.outcome) {
        return outcome;
    }
    wait_within(service, time, |notice| match notice {
        Notice::Ended(transfer, outcome) if *transfer == id => Some(Arc::clone(outcome)),
        _ => None,
    })
}

/// Waits for the next transfer that ends.
pub fn next_ended(service: &Transfers) -> Arc<Outcome> {
    wait(service, |notice| match notice {
        Notice::Ended(_, outcome) => Some(Arc::clone(outcome)),
        _ => None,
    })
}

/// Waits for a question.
pub fn offered(service: &Transfers) -> Arc<Offer> {
    wait(service, |notice| match notice {
        Notice::Offered(offer) => Some(Arc::clone(offer)),
        _ => None,
    })
}

/// Waits until there is a transfer; the oldest.
pub fn first(service: &Transfers) -> TransferId {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(transfer) = service.list().first() {
            return transfer.id;
        }
        assert!(Instant::now() < deadline, "nothing begins");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Waits until a transfer looks so. It is looked at in between notices, too: bytes are not told of.
pub fn until(service: &Transfers, id: TransferId, mut wanted: impl FnMut(&Transfer) -> bool) -> Transfer {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let transfer = service.transfer(id).expect("it is listed");
        if wanted(&transfer) {
            return transfer;
        }
        assert!(Instant::now() < deadline, "{transfer:#?}");
        service.notices().recv_timeout(Duration::from_millis(2)).ok();
    }
}

/// Bytes that no compression or lucky zero makes easier.
pub fn bytes(count: usize, seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut bytes = vec![0; count];
    random.fill(&mut bytes);
    bytes
}
