//! The user's own presets: one file each in `presets` beside the settings, so that they can be shared as files.
//!
//! A disk may be slow, so a thread of its own reads, writes and deletes, and tells the whole folder anew after each.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Receiver, Sender};

use super::{
    actions::FileProblem,
    dialogs::read_text,
    notice::{Done, Notice},
};
use crate::{net::Wake, preset::Preset};

/// Presets that are read at most.
const MOST: usize = 500;
/// What may wait to be done: more than a user asks for in the time of one write.
const WAITING: usize = 32;

/// The folder, and the thread that works in it.
pub struct PresetFolder {
    orders: Option<Sender<Order>>,
    reports: Receiver<Report>,
    thread: Option<JoinHandle<()>>,
}

/// What the folder holds now, and what is to be told.
#[derive(Debug, Default)]
pub struct Report {
    /// The presets, by name.
    pub presets: Vec<Preset>,
    /// What went wrong, or well.
    pub notices: Vec<Notice>,
}

enum Order {
    Save(Box<Preset>),
    Delete(String),
}

impl PresetFolder {
    /// Begins to read the folder; it need not exist.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn open(folder: PathBuf, wake: Arc<dyn Wake>) -> io::Result<Self> {
        let (orders, to_do) = crossbeam_channel::bounded(WAITING);
        let (report, reports) = crossbeam_channel::bounded(WAITING);
        let thread = thread::Builder::new().name("presets".into()).spawn(move || {
            let tell = |done: Option<Notice>| {
                let mut all = read_all(&folder);
                all.notices.extend(done);
                // Nobody listens any more when the window is closed.
                report.send(all).ok();
                wake.wake();
            };
            tell(None);
            while let Ok(order) = to_do.recv() {
                tell(carry_out(&folder, order));
            }
        })?;
        Ok(Self { orders: Some(orders), reports, thread: Some(thread) })
    }

    /// Writes a preset, over one of the same name.
    pub fn save(&self, preset: Preset) {
        self.order(Order::Save(Box::new(preset)));
    }

    /// Deletes the preset of this name.
    pub fn delete(&self, name: String) {
        self.order(Order::Delete(name));
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders
            && orders.try_send(order).is_err()
        {
            log::warn!("too much is asked of the folder of presets at once");
        }
    }

    /// What was read since the last call.
    pub fn poll(&self) -> Option<Report> {
        self.reports.try_iter().reduce(|mut before, after| {
            before.presets = after.presets;
            before.notices.extend(after.notices);
            before
        })
    }
}

impl Drop for PresetFolder {
    fn drop(&mut self) {
        // Without a sender the thread does what waits, and ends; reports that nobody takes must not hold it.
        self.orders = None;
        self.reports = crossbeam_channel::never();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Where the preset of this name lies. Names are made of small letters, digits and hyphens, so it is in the folder.
fn file_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.toml"))
}

fn carry_out(folder: &Path, order: Order) -> Option<Notice> {
    match order {
        Order::Save(preset) => {
            let path = file_of(folder, &preset.name);
            let temporary = path.with_extension("toml.new");
            let written = fs::create_dir_all(folder)
                .and_then(|()| fs::write(&temporary, preset.to_toml()))
                .and_then(|()| fs::rename(&temporary, &path));
            Some(match written {
                Ok(()) => Notice::done(Done::PresetSaved(path)),
                Err(error) => Notice::PresetFile { path, problem: FileProblem::System(error.to_string()) },
            })
        }
        Order::Delete(name) => {
            let path = file_of(folder, &name);
            let error = fs::remove_file(&path).err()?;
            Some(Notice::PresetFile { path, problem: FileProblem::System(error.to_string()) })
        }
    }
}

fn read_all(folder: &Path) -> Report {
    let mut report = Report::default();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return report,
        Err(error) => {
            let problem = FileProblem::System(error.to_string());
            report.notices.push(Notice::PresetFile { path: folder.to_owned(), problem });
            return report;
        }
    };
    let is_toml = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "toml");
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(is_toml).collect();
    paths.sort();
    for path in paths.into_iter().take(MOST) {
        match read_text(&path).map(|text| Preset::parse(&text)) {
            Ok(Ok(preset)) => report.presets.push(preset),
            Ok(Err(error)) => report.notices.push(Notice::NoPreset { path, error: Box::new(error) }),
            Err(problem) => report.notices.push(Notice::PresetFile { path, problem }),
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::preset;

    fn open(folder: &Path) -> PresetFolder {
        PresetFolder::open(folder.join("presets"), Arc::new(())).unwrap()
    }

    fn report(folder: &PresetFolder) -> Report {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(report) = folder.poll() {
                return report;
            }
            assert!(Instant::now() < deadline);
            thread::park_timeout(Duration::from_millis(5));
        }
    }

    #[test]
    fn what_is_saved_is_there_again_until_it_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let presets = open(folder.path());
        let first = report(&presets);
        assert!(first.presets.is_empty() && first.notices.is_empty(), "no folder is no mistake");
        let built_in = preset::all().first().unwrap().clone();
        presets.save(built_in.clone());
        let saved = report(&presets);
        assert_eq!(saved.presets, std::slice::from_ref(&built_in));
        assert!(matches!(saved.notices.as_slice(), [Notice::Done { what: Done::PresetSaved(_), .. }]));
        drop(presets);
        let presets = open(folder.path());
        assert_eq!(report(&presets).presets, std::slice::from_ref(&built_in));
        presets.delete(built_in.name);
        let deleted = report(&presets);
        assert!(deleted.presets.is_empty() && deleted.notices.is_empty());
        presets.delete("nobody".into());
        assert!(matches!(report(&presets).notices.as_slice(), [Notice::PresetFile { .. }]));
    }

    #[test]
    fn a_file_that_is_no_preset_is_told_and_the_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("presets");
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("a.toml"), "name = 7").unwrap();
        fs::write(inside.join("b.toml"), preset::all().first().unwrap().to_toml()).unwrap();
        fs::write(inside.join("c.txt"), "not ours").unwrap();
        fs::create_dir(inside.join("d.toml")).unwrap();
        let presets = open(folder.path());
        let report = report(&presets);
        assert_eq!(report.presets.len(), 1);
        let [Notice::NoPreset { error, .. }, Notice::PresetFile { .. }] = report.notices.as_slice() else {
            panic!("{:?}", report.notices)
        };
        assert_eq!((error.line, error.field.as_str()), (1, "name"));
    }

    #[test]
    fn dropping_does_what_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let presets = open(folder.path());
        presets.save(preset::all().first().unwrap().clone());
        drop(presets);
        assert_eq!(report(&open(folder.path())).presets.len(), 1);
    }
}
