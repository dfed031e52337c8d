//! Files and folders that exist in memory alone.
//!
//! Every shell has its own, so that peers do not see each other's, and all of it is bounded: what a peer makes is refused
//! with the words of a full disk.

use std::{collections::BTreeMap, fmt};

use jiff::civil::{DateTime, date};

/// Files and folders that there may be.
const NODES: usize = 1_000;

/// Bytes that all files together may have.
const BYTES: usize = 1 << 20;

/// Bytes of a name, as on most file systems.
const NAME: usize = 255;

/// Folders within folders.
const DEPTH: usize = 64;

/// The tree of one shell.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    root: Node,
}

/// A file or a folder.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// When it was last written.
    pub changed: DateTime,
    pub what: What,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum What {
    File(String),
    Folder(BTreeMap<String, Node>),
}

/// Why something could not be done, in the words of `strerror`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    Missing,
    NoFolder,
    Folder,
    Exists,
    NotEmpty,
    Full,
    Name,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "No such file or directory",
            Self::NoFolder => "Not a directory",
            Self::Folder => "Is a directory",
            Self::Exists => "File exists",
            Self::NotEmpty => "Directory not empty",
            Self::Full => "No space left on device",
            Self::Name => "File name too long",
        })
    }
}

impl Node {
    fn folder(changed: DateTime) -> Self {
        Self { changed, what: What::Folder(BTreeMap::new()) }
    }

    /// Bytes as `ls -l` shows them; a folder has one block.
    pub fn size(&self) -> usize {
        match &self.what {
            What::File(text) => text.len(),
            What::Folder(_) => 4096,
        }
    }

    /// Nodes and bytes of files, itself included.
    fn weight(&self) -> (usize, usize) {
        match &self.what {
            What::File(text) => (1, text.len()),
            What::Folder(entries) => entries.values().map(Self::weight).fold((1, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
        }
    }
}

impl Tree {
    /// The files that every shell begins with.
    pub fn new() -> Self {
        const FILES: [(&[&str], &str); 9] = [
            (
                &["home", super::USER, "readme.txt"],
                "These files do not exist. They live in the memory of the program that you are talking to,\n\
                 and what you change is gone with your connection.\n\
                 Type help to see what this shell can do.\n",
            ),
            (
                &["home", super::USER, "说明.txt"],
                "这些文件并不存在。它们只在与你通信的程序的内存里，\n你的修改会随连接一起消失。\n输入 help 查看可用的命令。\n",
            ),
            (
                &["home", super::USER, "notes", "todo.txt"],
                "read the whole answer\nclose the socket\ntry it with GBK too\n",
            ),
            (&["home", super::USER, "notes", "shopping.txt"], "two tin cans\na string\n"),
            (&["home", super::USER, "成绩.csv"], "姓名,数学,语文\n小明,95,88\n小红,100,92\n"),
            (&["home", super::USER, "诗", "静夜思.txt"], "床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。\n"),
            (&["home", super::USER, "诗", "登鹳雀楼.txt"], "白日依山尽，\n黄河入海流。\n欲穷千里目，\n更上一层楼。\n"),
            (&["etc", "hostname"], "twocan\n"),
            (&["dev", "null"], ""),
        ];
        let changed = date(2026, 10, 1).at(8, 0, 0, 0);
        let mut tree = Self { root: Node::folder(changed) };
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut made = tree.make_folder(&owned(&["tmp"]), changed);
        for (path, text) in FILES {
            let path = owned(path);
            for depth in 1..path.len() {
                match tree.make_folder(&path[..depth], changed) {
                    Ok(()) | Err(Problem::Exists) => {}
                    Err(problem) => made = Err(problem),
                }
            }
            made = made.and_then(|()| tree.write(&path, text.to_owned(), changed));
        }
        debug_assert_eq!(made, Ok(()));
        tree
    }

    /// The node at a path.
    pub fn at(&self, path: &[String]) -> Result<&Node, Problem> {
        path.iter().try_fold(&self.root, |node, name| match &node.what {
            What::File(_) => Err(Problem::NoFolder),
            What::Folder(entries) => entries.get(name).ok_or(Problem::Missing),
        })
    }

    /// The text of a file.
    pub fn read(&self, path: &[String]) -> Result<&str, Problem> {
        match &self.at(path)?.what {
            What::File(text) => Ok(text),
            What::Folder(_) => Err(Problem::Folder),
        }
    }

    /// Makes or replaces a file. What goes to `/dev/null` is gone.
    pub fn write(&mut self, path: &[String], text: String, now: DateTime) -> Result<(), Problem> {
        let (nodes, bytes) = self.root.weight();
        let (is_new, before) = match self.at(path) {
            Ok(Node { what: What::Folder(_), .. }) => return Err(Problem::Folder),
            Ok(Node { what: What::File(text), .. }) => (false, text.len()),
            Err(Problem::Missing) => (true, 0),
            Err(problem) => return Err(problem),
        };
        if path.iter().map(String::as_str).eq(["dev", "null"]) && !is_new {
            return Ok(());
        }
        if nodes + usize::from(is_new) > NODES || bytes - before + text.len() > BYTES {
            return Err(Problem::Full);
        }
        let (entries, name) = self.parent(path)?;
        entries.insert(name, Node { changed: now, what: What::File(text) });
        Ok(())
    }

    /// Makes a folder in one that is there.
    pub fn make_folder(&mut self, path: &[String], now: DateTime) -> Result<(), Problem> {
        match self.at(path) {
            Ok(_) => return Err(Problem::Exists),
            Err(Problem::Missing) => {}
            Err(problem) => return Err(problem),
        }
        let is_full = self.root.weight().0 >= NODES;
        let (entries, name) = self.parent(path)?;
        if is_full {
            return Err(Problem::Full);
        }
        entries.insert(name, Node::folder(now));
        Ok(())
    }

    /// Says that a file was written now, and makes an empty one where there is none.
    pub fn touch(&mut self, path: &[String], now: DateTime) -> Result<(), Problem> {
        if path.is_empty() {
            return Ok(());
        }
        match self.parent(path).map(|(entries, name)| entries.get_mut(&name)) {
            Ok(Some(node)) => {
                node.changed = now;
                Ok(())
            }
            Ok(None) => self.write(path, String::new(), now),
            Err(problem) => Err(problem),
        }
    }

    /// Takes a node away, with what is in it.
    pub fn remove(&mut self, path: &[String]) -> Result<(), Problem> {
        let (entries, name) = self.parent(path)?;
        entries.remove(&name).map(drop).ok_or(Problem::Missing)
    }

    /// The entries of the folder that a path's last name is in, and that name.
    fn parent(&mut self, path: &[String]) -> Result<(&mut BTreeMap<String, Node>, String), Problem> {
        let (name, folders) = path.split_last().ok_or(Problem::Exists)?;
        if name.len() > NAME || path.len() > DEPTH {
            return Err(Problem::Name);
        }
        let node = folders.iter().try_fold(&mut self.root, |node, name| match &mut node.what {
            What::File(_) => Err(Problem::NoFolder),
            What::Folder(entries) => entries.get_mut(name).ok_or(Problem::Missing),
        })?;
        match &mut node.what {
            What::File(_) => Err(Problem::NoFolder),
            What::Folder(entries) => Ok((entries, name.clone())),
        }
    }
}
