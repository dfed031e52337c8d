//! The parts that a process has begun, so that they do not outlive it for ever.
//!
//! Nothing tidies up behind SIGKILL or a power cut but whoever comes next, and that may remove only what is provably left
//! over. So every batch has a file `.twocan.<random>.parts` beside what is received, made before its first part, locked as
//! long as the process lives, and gone with its last part. It holds lines of JSON: the folder and the name of each part
//! before it is made, and, where parts are not kept, the same with its inode after that and before its first byte. The
//! next receiver that starts in this folder takes those of these lists that nobody holds any more (no stranger can
//! plant one, [`name`](crate::transfer::name) sees to that), and removes the files that still are what the list says: in
//! that folder, reached without links, a file, of that name, locked by nobody, and of that inode or, where the process
//! did not live to tell it, empty. A file that only looks like a part is on no list and stays. File systems without
//! locks tell nobody who is alive, and nothing is removed there.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    sync::Arc,
};

use cap_std::fs::Dir;
use serde::{Deserialize, Serialize};

use super::{
    Folder,
    system::{create, inode, open_folder, open_part},
};
use crate::transfer::name::{OURS, SafeName};

/// How the names of lists end.
const END: &str = ".parts";
/// Bytes that are read of one at most; a hundred thousand parts have fewer.
const BYTES: u64 = 64 << 20;

/// The list of one batch. It goes when the last part does.
pub(super) struct Begun {
    folder: Arc<Folder>,
    name: String,
    file: File,
}

#[derive(Serialize, Deserialize)]
struct Line {
    /// The folder below the root, `/` between its parts; empty for the root.
    at: String,
    part: String,
    /// It is made, and not to be kept.
    #[serde(default)]
    made: bool,
    inode: Option<u64>,
}

impl Begun {
    /// Begins one; `None` where it cannot be, which costs nothing as long as nobody is killed.
    pub fn new(folder: &Arc<Folder>) -> Option<Self> {
        for _ in 0..4 {
            let name = format!("{OURS}{:08x}{END}", fastrand::u32(..));
            let file = create(&folder.root, &name).ok()?;
            // Between the two calls somebody who tidies up may have found it, and taken it for one that was left.
            if file.try_lock().is_ok() && folder.root.symlink_metadata(&name).is_ok() {
                return Some(Self { folder: Arc::clone(folder), name, file });
            }
        }
        None
    }

    /// Enters a part that is about to be made.
    pub fn announce(&self, at: &str, part: &str) {
        self.write(&Line { at: at.to_owned(), part: part.to_owned(), made: false, inode: None });
    }

    /// Enters that it is made, and goes whatever is in it.
    pub fn made(&self, at: &str, part: &str, file: &File) {
        self.write(&Line { at: at.to_owned(), part: part.to_owned(), made: true, inode: inode(file) });
    }

    fn write(&self, line: &Line) {
        let Ok(mut text) = serde_json::to_string(line) else { return };
        text.push('\n');
        // A part that is not on the list is one that stays when we are killed, and no reason to end.
        (&self.file).write_all(text.as_bytes()).ok();
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        // Gone already, or the folder is.
        self.folder.root.remove_file(&self.name).ok();
    }
}

/// Removes the parts that processes have left which were killed.
pub(super) fn tidy(root: &Dir) -> io::Result<()> {
    // Listed first: what is removed meanwhile must not lead the listing astray.
    let names: Vec<_> = root.entries()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    for name in names {
        let random = name.strip_prefix(OURS).and_then(|name| name.strip_suffix(END));
        if random.is_some_and(is_random)
            && let Ok(Some(mut list)) = open_part(root, &name)
            && tidy_listed(root, &mut list)?
        {
            root.remove_file(&name)?;
        }
    }
    Ok(())
}

/// Removes what is on a list; whether nothing of it is left.
fn tidy_listed(root: &Dir, list: &mut File) -> io::Result<bool> {
    let mut text = Vec::new();
    list.take(BYTES).read_to_end(&mut text)?;
    // A line that makes no sense is the last one, cut.
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let mut gone = true;
    for line in lines {
        gone &= match tidy_one(root, &line) {
            Err(error) => error.kind() == io::ErrorKind::NotFound,
            Ok(()) => true,
        };
    }
    Ok(gone)
}

fn tidy_one(root: &Dir, line: &Line) -> io::Result<()> {
    let (at, part) = (line.at.as_str(), line.part.as_str());
    let random = part.strip_suffix(".part").and_then(|part| part.rsplit_once('.'));
    if !part.starts_with('.') || part.contains(['/', '\\']) || !random.is_some_and(|(_, random)| is_random(random)) {
        return Ok(());
    }
    let mut dir = root.try_clone()?;
    if !at.is_empty() {
        let Ok(at) = SafeName::parse(at) else { return Ok(()) };
        for folder in at.parts() {
            dir = open_folder(&dir, folder)?;
        }
    }
    match open_part(&dir, part)? {
        Some(file) if line.made && inode(&file) == line.inode => dir.remove_file(part),
        Some(file) if !line.made && file.metadata()?.len() == 0 => dir.remove_file(part),
        _ => Ok(()),
    }
}

fn is_random(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{
        super::{Batch, Keeping},
        *,
    };

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn safe(name: &str) -> SafeName {
        SafeName::parse(name).unwrap()
    }

    /// Leaves what a process leaves that was killed with a part in the folder and one in a folder below.
    fn killed(path: &Path) -> Vec<String> {
        let folder = Arc::new(Folder::open(path).unwrap());
        let mut batch = Batch::new(folder, Keeping::default()).unwrap();
        let parts = ["a.bin", "tree/b.bin"].map(|name| batch.file(&safe(name), None, None).unwrap());
        let list = batch.begun.take().unwrap();
        // Its locks go and its files stay: the descriptors are closed and nothing else happens.
        let names = [list.name.clone()].into_iter().chain(parts.iter().map(|part| part.part().to_owned()));
        let names = names.collect();
        let copy = (path.join(&list.name), fs::read(path.join(&list.name)).unwrap());
        for part in parts {
            part.keep();
        }
        drop(list);
        fs::write(copy.0, copy.1).unwrap();
        names
    }

    #[test]
    fn the_parts_of_a_process_that_was_killed_go_with_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let left = killed(folder.path());
        assert_eq!(names(folder.path()).len(), 3, "{left:?}");
        drop(Folder::open(folder.path()).unwrap());
        assert_eq!(names(folder.path()), ["tree"]);
        assert_eq!(names(&folder.path().join("tree")), Vec::<String>::new());
    }

    #[test]
    fn what_lives_and_what_only_looks_like_a_part_stays() {
        let path = tempfile::tempdir().unwrap();
        let path = path.path();
        let folder = Arc::new(Folder::open(path).unwrap());
        let mut batch = Batch::new(Arc::clone(&folder), Keeping::default()).unwrap();
        let mut alive = batch.file(&safe("alive.bin"), None, None).unwrap();
        alive.write(b"alive").unwrap();
        let precious = [".notes.0badcafe.part", ".twocan.0badcafe.part", "x.parts", ".twocan.mine.parts"];
        for name in precious {
            fs::write(path.join(name), "mine").unwrap();
        }
        drop(Folder::open(path).unwrap());
        for name in precious {
            assert_eq!(fs::read(path.join(name)).unwrap(), b"mine", "{name}");
        }
        assert!(path.join(alive.part()).is_file());
        alive.finish(None).unwrap();
        drop(batch);
        assert_eq!(fs::read(path.join("alive.bin")).unwrap(), b"alive");
        assert_eq!(names(path).len(), 1 + precious.len(), "the list goes with its batch");
    }

    #[test]
    fn what_was_announced_goes_only_if_it_is_empty() {
        for keep in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path();
            let opened = Arc::new(Folder::open(path).unwrap());
            let names = [".empty.0badcafe.part", ".full.0badcafe.part"];
            let list = Begun::new(&opened).unwrap();
            for (name, bytes) in names.iter().zip(["", "bytes"]) {
                list.announce("", name);
                fs::write(path.join(name), bytes).unwrap();
            }
            if !keep {
                list.made("", names[1], &File::open(path.join(names[1])).unwrap());
            }
            let copy = (path.join(&list.name), fs::read(path.join(&list.name)).unwrap());
            drop(list);
            fs::write(copy.0, copy.1).unwrap();
            drop(Folder::open(path).unwrap());
            assert_eq!(self::names(path), if keep { &names[1..] } else { &[] }, "{keep}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_part_whose_place_was_taken_by_another_file_or_a_link_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let left = killed(path);
        // Another file of the same name; the old one is still there, so that its inode is not given again.
        fs::rename(path.join(&left[1]), path.join("moved")).unwrap();
        fs::write(path.join(&left[1]), "mine").unwrap();
        // The folder moved away, and a link to it in its place.
        fs::rename(path.join("tree"), path.join("elsewhere")).unwrap();
        std::os::unix::fs::symlink("elsewhere", path.join("tree")).unwrap();
        drop(Folder::open(path).unwrap());
        assert_eq!(fs::read(path.join(&left[1])).unwrap(), b"mine");
        assert!(path.join("moved").is_file() && path.join("elsewhere").join(&left[2]).is_file());
    }

    #[test]
    fn a_list_that_says_nonsense_harms_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("into");
        fs::create_dir(&path).unwrap();
        let outside = [folder.path().join(".x.0badcafe.part"), path.join("precious")];
        for path in &outside {
            fs::write(path, "mine").unwrap();
        }
        let lines = [
            r#"{"at":"..","part":".x.0badcafe.part","made":true,"inode":null}"#,
            r#"{"at":"","part":"../.x.0badcafe.part","made":true,"inode":null}"#,
            r#"{"at":"","part":"precious","made":true,"inode":null}"#,
            r#"{"at":"/","part":".x.0badcafe.part"}"#,
            "\u{1}",
            r#"{"at":"#,
        ];
        fs::write(path.join(".twocan.0badcafe.parts"), lines.join("\n")).unwrap();
        drop(Folder::open(&path).unwrap());
        for path in outside {
            assert_eq!(fs::read(path).unwrap(), b"mine");
        }
        assert_eq!(names(&path), ["precious"]);
    }
}
