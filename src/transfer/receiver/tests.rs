//! Names taken where there are hard links, and where there are none.

use std::fs;

use super::{incoming::Naming, *};

const NAMINGS: [Naming; 3] = [Naming::Handle, Naming::Link, Naming::Rename];

/// A file that has come whole and has no name yet.
fn incoming(path: &Path, name: &str) -> (Batch, Incoming) {
    let folder = Arc::new(Folder::open(path).unwrap());
    let mut batch = Batch::new(folder, Keeping::default()).unwrap();
    let mut incoming = batch.file(&SafeName::parse(name).unwrap(), None, None).unwrap();
    incoming.write(b"theirs").unwrap();
    (batch, incoming)
}

#[test]
fn a_name_replaces_nothing_with_hard_links_and_without() {
    for linked in NAMINGS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let (_batch, mut incoming) = incoming(path, "a.txt");
        // These came after the folder was listed: only the system can tell that they are there.
        fs::write(path.join("a.txt"), "mine").unwrap();
        fs::create_dir(path.join("a (1).txt")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("nowhere", path.join("a (2).txt")).unwrap();
        #[cfg(not(unix))]
        fs::write(path.join("a (2).txt"), "mine").unwrap();
        assert_eq!(incoming.rename(linked).unwrap(), "a (3).txt", "{linked:?}");
        incoming.settled = true;
        assert_eq!(fs::read(path.join("a.txt")).unwrap(), b"mine", "{linked:?}");
        assert_eq!(fs::read(path.join("a (3).txt")).unwrap(), b"theirs", "{linked:?}");
        assert!(path.join("a (1).txt").is_dir());
        assert!(path.join("a (2).txt").symlink_metadata().is_ok() && !path.join("nowhere").exists());
        assert!(!path.join(incoming.part()).exists(), "it has one name");
    }
}

#[test]
fn a_part_that_is_gone_leaves_no_empty_file_in_its_name() {
    for linked in NAMINGS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let (_batch, incoming) = incoming(path, "a.txt");
        fs::remove_file(path.join(incoming.part())).unwrap();
        assert_eq!(incoming.rename(linked).unwrap_err().kind(), io::ErrorKind::NotFound, "{linked:?}");
        assert!(!path.join("a.txt").exists(), "{linked:?}");
    }
}

/// Whatever stands where the part was, by the time it gets its name, does not get that name, and is not removed.
#[cfg(unix)]
#[test]
fn what_a_part_is_replaced_by_is_not_told_as_what_came() {
    for naming in NAMINGS {
        for link in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path();
            let (batch, incoming) = incoming(path, "a.txt");
            let part = path.join(incoming.part());
            fs::rename(&part, path.join("moved")).unwrap();
            fs::write(path.join("victim"), "mine").unwrap();
            if link {
                std::os::unix::fs::symlink("victim", &part).unwrap();
            } else {
                fs::write(&part, "attacker").unwrap();
            }
            let named = incoming.rename(naming).map_err(|error| error.kind());
            if cfg!(target_os = "linux") && naming == Naming::Handle {
                assert_eq!(
                    (named.as_deref(), fs::read(path.join("a.txt")).unwrap()),
                    (Ok("a.txt"), b"theirs".to_vec())
                );
                assert!(path.join("a.txt").symlink_metadata().unwrap().is_file());
            } else {
                assert_eq!(named, Err(io::ErrorKind::NotFound), "{naming:?}");
                assert!(path.join("a.txt").symlink_metadata().is_err(), "{naming:?}");
            }
            drop(incoming);
            drop(batch);
            assert_eq!(fs::read(&part).unwrap(), if link { &b"mine"[..] } else { b"attacker" }, "{naming:?}");
            assert_eq!(fs::read(path.join("victim")).unwrap(), b"mine", "{naming:?}");
            assert_eq!(fs::read(path.join("moved")).unwrap(), b"theirs", "{naming:?}");
        }
    }
}

/// A receiver that was killed between the two calls that give a file its name leaves both names: what is written to the
/// part would be written to the finished file.
#[cfg(unix)]
#[test]
fn a_part_that_is_the_finished_file_too_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let (part, whole) = (folder.path().join(".a.bin.0badcafe.part"), folder.path().join("a.bin"));
    fs::write(&part, "whole").unwrap();
    let keeping = Keeping { partial: true, ..Keeping::default() };
    let mut batch = Batch::new(Arc::new(Folder::open(folder.path()).unwrap()), keeping).unwrap();
    let name = SafeName::parse("a.bin").unwrap();
    let again = |batch: &mut Batch| batch.file_again(&name, ".a.bin.0badcafe.part", 3, None, &mut || false).unwrap();
    fs::hard_link(&part, &whole).unwrap();
    assert!(again(&mut batch).is_none());
    assert_eq!(fs::read(&whole).unwrap(), b"whole");
    fs::remove_file(&whole).unwrap();
    again(&mut batch).expect("alone it is a part").keep();
}

/// Room that was asked for ahead and is not needed goes back, whether the file is whole or stays a part.
#[cfg(target_os = "linux")]
#[test]
fn what_was_reserved_and_not_needed_is_given_back() {
    use std::os::unix::fs::MetadataExt as _;

    use crate::transfer::block::LARGE;
    let folder = tempfile::tempdir().unwrap();
    let part = Keeping { partial: true, ..Keeping::default() };
    let mut batch = Batch::new(Arc::new(Folder::open(folder.path()).unwrap()), part).unwrap();
    let block = vec![7; (LARGE >> 3) as usize];
    for (announced, blocks, whole) in [(None, 9, true), (Some(LARGE * 4), 9, false), (Some(LARGE), 8, true)] {
        let mut incoming = batch.file(&SafeName::parse("a.bin").unwrap(), announced, None).unwrap();
        for _ in 0..blocks {
            incoming.write(&block).unwrap();
        }
        assert!(incoming.reserved >= incoming.written, "{announced:?}: asked for");
        let path = if whole { incoming.finish(None).unwrap().path } else { incoming.keep() };
        let data = fs::metadata(path).unwrap();
        assert_eq!(data.len(), blocks * (LARGE >> 3), "{announced:?}");
        // In sectors of 512 bytes; a file system rounds up to its blocks, and ours has some of its own.
        assert!(data.blocks() * 512 < data.len() + (LARGE >> 3), "{announced:?}: {} sectors", data.blocks());
    }
}

#[test]
fn a_file_that_stays_small_reserves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_batch, mut incoming) = incoming(folder.path(), "a.txt");
    incoming.write(&vec![7; 300_001]).unwrap();
    assert_eq!(incoming.reserved, 0);
}
