//! The settings' file: `twocan.toml` in the system's folder for such files, or in `TWOCAN_CONFIG_DIR`.
//!
//! It belongs to the user as much as to us: keys and comments we do not know stay where they are, and a file that
//! cannot be read is set aside and never overwritten. It is replaced in one step (write another file, rename it),
//! so that a crash leaves the old or the new one; and that happens on a thread of its own, half a second after
//! the last change.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use etcetera::BaseStrategy as _;
use toml_edit::{DocumentMut, Item, Table};

use super::{notice::Notice, settings::Settings};

/// How long nothing may change before the file is written.
const QUIET: Duration = Duration::from_millis(500);

/// Keys that are ours and may be missing from what we write.
const OPTIONAL: [&str; 1] = ["language"];

/// The file, and the thread that writes it.
pub struct SettingsFile {
    path: PathBuf,
    saved: Settings,
    sender: Option<Sender<Settings>>,
    problems: Receiver<Notice>,
    thread: Option<JoinHandle<()>>,
}

/// The folder that the file lies in, if the system tells.
pub fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("TWOCAN_CONFIG_DIR") {
        return Some(folder.into());
    }
    let strategy = etcetera::base_strategy::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("twocan"))
}

impl SettingsFile {
    /// Reads the file of this folder. Without one the defaults hold; one that is broken is set aside.
    pub fn open(folder: &Path) -> (Option<Self>, Settings, Option<Notice>) {
        let path = folder.join("twocan.toml");
        let unreadable = |error: io::Error| {
            let notice = Notice::Unreadable { path: path.clone(), error: error.to_string() };
            (None, Settings::default(), Some(notice))
        };
        let (settings, notice) = match read(&path) {
            Ok(Found::Settings(settings)) => (*settings, None),
            Ok(Found::None) => (Settings::default(), None),
            Ok(Found::Broken(line)) => match set_aside(&path) {
                Ok(kept_as) => (Settings::default(), Some(Notice::Broken { kept_as, line })),
                Err(error) => return unreadable(error),
            },
            Err(error) => return unreadable(error),
        };
        match Self::start(path.clone(), settings.clone()) {
            Ok(file) => (Some(file), settings, notice),
            Err(error) => unreadable(error),
        }
    }

    fn start(path: PathBuf, saved: Settings) -> io::Result<Self> {
        // One waiting version is enough: a newer one is offered again at the next frame.
        let (sender, changes) = crossbeam_channel::bounded(1);
        let (report, problems) = crossbeam_channel::bounded(4);
        let file = path.clone();
        let thread = thread::Builder::new().name("settings".into()).spawn(move || writer(&file, &changes, &report))?;
        Ok(Self { path, saved, sender: Some(sender), problems, thread: Some(thread) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Hands changed settings to the writing thread. Returns whether that has to be tried again.
    pub fn save(&mut self, settings: &Settings) -> bool {
        if *settings == self.saved {
            return false;
        }
        let Some(sender) = &self.sender else { return false };
        match sender.try_send(settings.clone()) {
            Ok(()) => {
                self.saved = settings.clone();
                false
            }
            Err(TrySendError::Full(_)) => true,
            Err(TrySendError::Disconnected(_)) => false,
        }
    }

    /// What went wrong since the last call.
    pub fn problems(&self) -> impl Iterator<Item = Notice> + '_ {
        self.problems.try_iter()
    }
}

impl Drop for SettingsFile {
    fn drop(&mut self) {
        // Without a sender the thread writes what it holds, and ends.
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn writer(path: &Path, changes: &Receiver<Settings>, report: &Sender<Notice>) {
    while let Ok(mut settings) = changes.recv() {
        let open = loop {
            match changes.recv_timeout(QUIET) {
                Ok(newer) => settings = newer,
                Err(RecvTimeoutError::Timeout) => break true,
                Err(RecvTimeoutError::Disconnected) => break false,
            }
        };
        if let Err(error) = write(path, &settings) {
            // The window shows the first few; more of the same would tell nothing new.
            report.try_send(Notice::NotSaved { path: path.to_owned(), error: error.to_string() }).ok();
        }
        if !open {
            return;
        }
    }
}

/// What a file of settings holds.
enum Found {
    Settings(Box<Settings>),
    /// There is no file.
    None,
    /// What cannot be understood, and in which line it is, counted from 1.
    Broken(Option<usize>),
}

fn read(path: &Path) -> io::Result<Found> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(match toml::from_str(&text) {
            Ok(settings) => Found::Settings(Box::new(settings)),
            Err(error) => {
                let before = error.span().and_then(|span| text.get(..span.start));
                Found::Broken(before.map(|before| before.matches('\n').count() + 1))
            }
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::None),
        // It is not text.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Found::Broken(None)),
        Err(error) => Err(error),
    }
}

/// Renames a broken file to the first free `twocan.toml.broken-N`.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let name = |n: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".broken-{n}"));
        PathBuf::from(name)
    };
    for n in 1..10_000 {
        let kept_as = name(n);
        if !kept_as.try_exists()? {
            fs::rename(path, &kept_as)?;
            return Ok(kept_as);
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many broken settings files"))
}

/// Replaces the file in one step; what is in it and not ours stays.
fn write(path: &Path, settings: &Settings) -> io::Result<()> {
    let other = |error: String| io::Error::other(error);
    let ours: DocumentMut = toml::to_string(settings)
        .map_err(|error| other(error.to_string()))?
        .parse()
        .map_err(|error: toml_edit::TomlError| other(error.to_string()))?;
    let mut document = match fs::read_to_string(path) {
        Ok(text) => {
            if let Ok(document) = text.parse::<DocumentMut>() {
                document
            } else {
                // Someone broke it while the program ran.
                set_aside(path)?;
                DocumentMut::new()
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => DocumentMut::new(),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            set_aside(path)?;
            DocumentMut::new()
        }
        Err(error) => return Err(error),
    };
    for key in OPTIONAL {
        if !ours.contains_key(key) {
            document.remove(key);
        }
    }
    merge(document.as_table_mut(), ours.as_table());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let temporary = path.with_extension("toml.new");
    fs::write(&temporary, document.to_string())?;
    fs::rename(&temporary, path)
}

fn merge(into: &mut Table, from: &Table) {
    for (key, item) in from {
        match (into.get_mut(key), item) {
            (Some(Item::Table(old)), Item::Table(new)) => merge(old, new),
            (Some(Item::Value(old)), Item::Value(new)) => {
                // A comment behind the value stays.
                let decor = old.decor().clone();
                *old = new.clone();
                *old.decor_mut() = decor;
            }
            _ => _ = into.insert(key, item.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        gui::{chat::Contact, settings::JournalLimit, theme::ThemeChoice},
        net::{SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec},
        words::Lang,
    };

    fn full() -> Settings {
        let mut settings = Settings {
            lang: Some(Lang::Zh),
            theme: ThemeChoice::Dark,
            zoom_percent: 125,
            boundaries: false,
            journal: JournalLimit(256),
            ..Settings::default()
        };
        settings.remember(SocketSpec::TcpServer(TcpServerSpec::default()));
        settings.remember(SocketSpec::Udp(UdpSpec { connect: Some("[::1]:9".parse().unwrap()), ..UdpSpec::default() }));
        settings.toggle_favourite(SocketSpec::TcpClient(TcpClientSpec::default()));
        // With rules, tables and lists and all.
        settings.recent.extend(crate::preset::all().iter().map(|preset| preset.socket.clone()));
        settings.chat.contacts.push(Contact { name: "太白".into(), address: "[::1]:8081".parse().unwrap() });
        settings
    }

    fn reopened(folder: &Path) -> Settings {
        let (file, settings, notice) = SettingsFile::open(folder);
        assert!(file.is_some());
        assert_eq!(notice, None);
        settings
    }

    #[test]
    fn what_is_saved_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("not/yet/there");
        let (file, settings, notice) = SettingsFile::open(&below);
        assert_eq!((settings, notice), (Settings::default(), None));
        let mut file = file.unwrap();
        assert!(!file.save(&full()));
        // Dropping writes at once.
        drop(file);
        assert_eq!(reopened(&below), full());
        assert_eq!(fs::read_dir(&below).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn what_is_not_ours_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("twocan.toml");
        fs::write(
            &path,
            "# mine\nfuture = { a = 1 }\nzoom_percent = 150 # for my eyes\nlanguage = \"zh-CN\"\n\n[composer]\nspeed = 3\n\n[later]\nx = [1, 2]\n",
        )
        .unwrap();
        let (file, settings, notice) = SettingsFile::open(folder.path());
        assert_eq!((settings.zoom_percent, notice), (150, None));
        let mut changed = Settings { lang: None, ..full() };
        changed.zoom_percent = 200;
        file.unwrap().save(&changed);
        let text = fs::read_to_string(&path).unwrap();
        for kept in ["# mine", "future = { a = 1 }", "# for my eyes", "speed = 3", "[later]", "x = [1, 2]"] {
            assert!(text.contains(kept), "{kept} is gone from\n{text}");
        }
        assert!(!text.contains("language"), "{text}");
        assert_eq!(reopened(folder.path()), changed);
    }

    #[test]
    fn a_broken_file_is_set_aside_and_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("twocan.toml");
        for (n, broken) in
            ["zoom_percent = [", "theme = 7", "\u{0}", "recent = [{ kind = \"pigeon\" }]"].iter().enumerate()
        {
            let broken = format!("language = \"en\"\n{broken}");
            fs::write(&path, &broken).unwrap();
            let (file, settings, notice) = SettingsFile::open(folder.path());
            let kept_as = folder.path().join(format!("twocan.toml.broken-{}", n + 1));
            assert_eq!(notice, Some(Notice::Broken { kept_as: kept_as.clone(), line: Some(2) }), "{broken}");
            assert_eq!(settings, Settings::default());
            assert_eq!(fs::read_to_string(kept_as).unwrap(), broken);
            drop(file);
        }
        fs::write(&path, [0xFF, 0xFE]).unwrap();
        assert!(matches!(SettingsFile::open(folder.path()).2, Some(Notice::Broken { line: None, .. })));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        // A file stands where the folder should be.
        let (opened, _, notice) = SettingsFile::open(&file);
        let told = match opened {
            Some(mut opened) => {
                opened.save(&full());
                opened.sender = None;
                opened.problems.recv_timeout(Duration::from_secs(5)).ok()
            }
            None => notice,
        };
        assert!(matches!(told, Some(Notice::NotSaved { .. } | Notice::Unreadable { .. })), "{told:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_settings_survive_over_any_others(
            zoom in 50_u16..=300, ports in prop::collection::vec(1_u16.., 0..4), zh in any::<bool>(),
            other_ports in prop::collection::vec(1_u16.., 0..4),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("twocan.toml");
            let make = |ports: &[u16]| {
                let mut settings = Settings { zoom_percent: zoom, lang: zh.then_some(Lang::Zh), ..Settings::default() };
                for port in ports {
                    let target = format!("localhost:{port}").parse().unwrap();
                    settings.remember(SocketSpec::TcpClient(TcpClientSpec { target, ..TcpClientSpec::default() }));
                    let target = Some(format!("[::1]:{port}").parse().unwrap());
                    settings.toggle_favourite(SocketSpec::Udp(UdpSpec { connect: target, ..UdpSpec::default() }));
                }
                settings
            };
            for settings in [make(&other_ports), make(&ports)] {
                write(&path, &settings).unwrap();
                let Found::Settings(found) = read(&path).unwrap() else { panic!("it cannot be read") };
                prop_assert_eq!(*found, settings);
            }
        }
    }
}
