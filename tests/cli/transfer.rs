//! `twocan send` and `twocan receive`: files from one process to another, the question and the exit codes.

use std::{fs, path::Path};

use serde_json::Value;

#[cfg(unix)]
use super::process::Process;
use super::{bound, memory, run, start};

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Lines of JSON with this event.
pub fn events(out: &[u8], event: &str) -> Vec<Value> {
    let lines = str::from_utf8(out).unwrap().lines();
    let values = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    values.filter(|value| value["event"] == event).collect()
}

pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A file that takes long to send and none to make.
#[cfg(unix)]
pub fn long_file(folder: &Path, size: u64) -> std::path::PathBuf {
    let path = folder.join("long.bin");
    let mut block = vec![0; 1 << 20];
    fastrand::Rng::with_seed(3).fill(&mut block);
    fs::write(&path, block).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(size).unwrap();
    path
}

#[test]
fn a_folder_goes_across_and_both_sides_say_so() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(from.path().join("树")).unwrap();
    fs::write(from.path().join("树/a.txt"), "a").unwrap();
    fs::write(from.path().join("树/b.txt"), "bb").unwrap();
    let tree = from.path().join("树");
    let arguments = ["receive", "--into", text(into.path()), "--accept", "all", "--once", "--sha256"];
    let (receiver, address) = bound(&arguments, "listening on ");
    let sent = run(&["send", text(&tree), "--to", &address, "--json"], "");
    assert_eq!(sent.code, Some(0), "{}", sent.err);
    let ended = events(&sent.out, "ended");
    assert_eq!((&ended[0]["ok"], &ended[0]["confirmed"], &ended[0]["bytes"]), (&true.into(), &true.into(), &3.into()));
    let files = events(&sent.out, "file");
    assert_eq!(files.len(), 3);
    assert!(files.iter().all(|file| file["end"] == "verified"));
    assert_eq!(files[1]["blake3"], blake3::hash(b"a").to_hex().as_str());
    let received = receiver.finish();
    let paths: Vec<_> = ["a.txt", "b.txt"].map(|name| format!("{}/树/{name}\n", text(into.path()))).into();
    assert_eq!(String::from_utf8(received.ok()).unwrap(), paths.concat());
    assert_eq!(fs::read(into.path().join("树/b.txt")).unwrap(), b"bb");
}

#[test]
fn the_question_shows_what_comes_and_takes_numbers() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let paths = ["a.txt", "b.txt"].map(|name| from.path().join(name));
    for path in &paths {
        fs::write(path, "four").unwrap();
    }
    let (mut receiver, address) = bound(&["receive", "--into", text(into.path()), "--once"], "listening on ");
    let sender = start(&["send", text(&paths[0]), text(&paths[1]), "--to", &address, "--json"]);
    receiver.error_line("wants to send 2 files: 8 B, into");
    receiver.error_line("  2  4 B  b.txt");
    receiver.error_line("Take it?");
    receiver.write("perhaps\n");
    receiver.error_line("Type y, n, or numbers from 1 to 2.");
    receiver.write("2\n");
    let received = receiver.finish();
    assert!(received.err.contains("a.txt: left out"), "{:?}: {}", received.code, received.err);
    // Its user has what was wanted; not everything that was sent is there.
    assert_eq!(received.code, Some(0), "{}", received.err);
    let sent = sender.finish();
    assert_eq!(sent.code, Some(1), "{}", sent.err);
    assert!(sent.err.contains("The receiver left out 1 of 2"), "{}", sent.err);
    let ended = &events(&sent.out, "ended")[0];
    assert_eq!((&ended["ok"], &ended["confirmed"]), (&false.into(), &false.into()));
    assert_eq!(names(into.path()), ["b.txt"]);
}

#[test]
fn without_anybody_to_ask_nothing_is_taken() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = from.path().join("a.txt");
    fs::write(&path, "a").unwrap();
    let (receiver, address) = bound(&["receive", "--into", text(into.path()), "--once"], "listening on ");
    let sender = start(&["send", text(&path), "--to", &address, "--lang", "zh-CN"]);
    let received = receiver.finish();
    assert_eq!(received.code, Some(1), "{}", received.err);
    assert!(received.err.contains("nobody can say yes"), "{}", received.err);
    // That is all: it was nobody's no.
    assert!(!received.err.contains("You said no"), "{}", received.err);
    let sent = sender.finish();
    assert_eq!(sent.code, Some(1));
    assert!(sent.err.contains("接收方拒绝了。"), "{}", sent.err);
    assert_eq!(names(into.path()), Vec::<String>::new());
}

#[test]
fn every_way_has_its_words_and_its_exit_code() {
    for way in ["raw", "helper", "framed", "udp"] {
        let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = from.path().join("笔记.txt");
        fs::write(&path, "twelve bytes").unwrap();
        let mut arguments = vec!["receive", "--into", text(into.path()), "--accept", "all", "--once", "--way", way];
        if way == "raw" {
            arguments.extend(["--name", "raw.bin"]);
        }
        let (receiver, address) = bound(&arguments, "listening on ");
        let sent = run(&["send", text(&path), "--to", &address, "--way", way], "");
        assert_eq!(sent.code, Some(0), "{way}: {}", sent.err);
        let confirmed = matches!(way, "framed" | "udp");
        assert_eq!(sent.err.contains("size and hash confirmed"), confirmed, "{way}: {}", sent.err);
        let received = receiver.finish();
        let how = match way {
            "raw" => "12 bytes; nobody told a size or a hash",
            "helper" => "12 bytes; as many as were announced, nobody told a hash",
            _ => "12 bytes; size and hash confirmed",
        };
        assert!(received.err.contains(how), "{way}: {}", received.err);
        received.ok();
        let name = if way == "raw" { "raw.bin" } else { "笔记.txt" };
        assert_eq!(names(into.path()), [name], "{way}");
        assert_eq!(fs::read(into.path().join(name)).unwrap(), b"twelve bytes", "{way}");
    }
}

#[test]
fn what_cannot_be_is_said_and_exits_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(&["send", text(folder.path()), "--to", "1"], "");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("Nobody is listening on 127.0.0.1:1."), "{}", refused.err);
    let missing = run(&["send", "/no/such/file", "--to", "1"], "");
    assert_eq!(missing.code, Some(1));
    assert!(missing.err.contains("/no/such/file is not there"), "{}", missing.err);
    let nowhere = run(&["receive", "--into", "/no/such/folder"], "");
    assert_eq!(nowhere.code, Some(1));
    assert!(nowhere.err.contains("/no/such/folder is not there"), "{}", nowhere.err);
    let file = folder.path().join("a.txt");
    fs::write(&file, "a").unwrap();
    let no_folder = run(&["receive", "--into", text(&file)], "");
    assert_eq!(no_folder.code, Some(1));
    assert!(no_folder.err.contains("a.txt is no folder."), "{}", no_folder.err);
    for wrong in [&["send", "x"][..], &["receive"], &["send", "x", "--to", "1", "--way", "pigeon"]] {
        assert_eq!(run(wrong, "").code, Some(2), "{wrong:?}");
    }
}

#[test]
fn what_could_never_be_or_does_nothing_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let into = text(folder.path());
    for (arguments, says) in [
        (&["receive", "--into", into, "--way", "raw", "--name", "../x"][..], "it leads out of the folder"),
        (&["receive", "--into", into, "--name", "x"], "--name does nothing with --way framed"),
        (&["send", into, "--to", "1", "--pace", "1000"], "--pace does nothing with --way framed"),
        (&["send", into, "--to", "1", "--way", "raw", "--datagram", "99"], "--datagram does nothing with --way raw"),
    ] {
        let refused = run(arguments, "");
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains(says), "{}", refused.err);
    }
    let keeps = ["receive", "--into", into, "--way", "udp", "--keep", "--for", "0.1"];
    let (receiver, _) = bound(&keeps, "listening on ");
    receiver.error_line("udp cannot go on behind them");
    receiver.finish().ok();
}

#[test]
fn a_line_says_whose_it_is_and_what_a_file_is_called_now() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = from.path().join("a.txt");
    fs::write(&path, "a").unwrap();
    fs::write(into.path().join("a.txt"), "mine").unwrap();
    let arguments = ["receive", "--into", text(into.path()), "--accept", "all", "--once"];
    let (receiver, address) = bound(&arguments, "listening on ");
    let sent = run(&["send", text(&path), "--to", &address, "--json"], "");
    let received = receiver.finish();
    for says in [": a.txt, saved as a (1).txt: 1 byte; size and hash", ": received 1 file, 1 byte in"] {
        let line = received.err.lines().find(|line| line.contains(says)).unwrap_or_else(|| panic!("{}", received.err));
        assert!(line.starts_with("127.0.0.1:"), "{line}");
    }
    assert_eq!(events(&sent.out, "ended")[0]["to"], address);
    let (receiver, address) = bound(&[&arguments[..], &["--json"]].concat(), "listening on ");
    run(&["send", text(&path), "--to", &address], "").ok();
    let out = receiver.finish().ok();
    let offered = events(&out, "began")[0]["from"].clone();
    assert!(offered.as_str().is_some_and(|from| from.starts_with("127.0.0.1:")), "{offered}");
    let file = &events(&out, "file")[0];
    assert_eq!((&file["name"], &file["saved_as"], &file["from"]), (&"a.txt".into(), &"a (2).txt".into(), &offered));
    assert_eq!(events(&out, "ended")[0]["from"], offered);
}

#[test]
fn a_question_counts_folders_by_themselves() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir_all(from.path().join("tree/sub")).unwrap();
    fs::write(from.path().join("tree/a.txt"), "a").unwrap();
    let (mut receiver, address) = bound(&["receive", "--into", text(into.path()), "--once"], "listening on ");
    let sender = start(&["send", text(&from.path().join("tree")), "--to", &address]);
    receiver.error_line("wants to send 1 file and 2 folders: 1 B, into");
    receiver.write("y\n");
    receiver.finish().ok();
    sender.finish().ok();
}

#[test]
fn what_was_not_reached_is_one_line() {
    let from = tempfile::tempdir().unwrap();
    for n in 0..30 {
        fs::write(from.path().join(format!("{n}.txt")), "a").unwrap();
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let sender = start(&["send", text(from.path()), "--to", &address]);
    drop(listener.accept().unwrap());
    let sent = sender.finish();
    assert_eq!(sent.code, Some(1));
    assert!(sent.err.contains("not reached: 31 of 31"), "{}", sent.err);
    assert_eq!(sent.err.matches("not reached").count(), 1, "{}", sent.err);
}

#[test]
fn holes_are_a_map_with_a_hash() {
    use twocan::transfer::udp::Datagram;
    let into = tempfile::tempdir().unwrap();
    let arguments = ["receive", "--into", text(into.path()), "--accept", "all", "--once", "--way", "udp"];
    let (receiver, address) = bound(&arguments, "listening on ");
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(address).unwrap();
    let said = |datagram: &Datagram<'_>| {
        let mut out = Vec::new();
        datagram.write(7, &mut out);
        socket.send(&out).unwrap();
    };
    said(&Datagram::Offer { size: 10, payload: 5, name: b"a.txt" });
    socket.recv(&mut [0; 99]).unwrap();
    said(&Datagram::Data { number: 1, bytes: b"hello" });
    said(&Datagram::End([7; 32]));
    socket.recv(&mut [0; 99]).unwrap();
    said(&Datagram::Done);
    let received = receiver.finish();
    assert_eq!(received.code, Some(1));
    assert!(received.err.contains("a.txt: [.....#####] missing: 5 bytes"), "{}", received.err);
    let hash = blake3::hash(b"\0\0\0\0\0hello").to_hex();
    assert!(received.err.contains(&format!("with zeros for the rest: {hash}")), "{}", received.err);
}

#[test]
fn offers_that_broke_off_are_told_of_where_parts_are_kept() {
    let into = tempfile::tempdir().unwrap();
    fs::write(into.path().join(".twocan.0123456789abcdef.resume"), "").unwrap();
    let (receiver, _) = bound(&["receive", "--into", text(into.path()), "--keep", "--for", "0.1"], "listening on ");
    receiver.error_line("is what came of an offer that broke off");
    receiver.finish().ok();
}

#[test]
fn whoever_connects_without_a_word_is_not_the_one_sender() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = from.path().join("a.txt");
    fs::write(&path, "a").unwrap();
    let arguments = ["receive", "--into", text(into.path()), "--accept", "all", "--once"];
    let (receiver, address) = bound(&arguments, "listening on ");
    drop(std::net::TcpStream::connect(&address).unwrap());
    assert_eq!(run(&["send", text(&path), "--to", &address], "").code, Some(0));
    let received = receiver.finish();
    assert_eq!(received.code, Some(0), "{}", received.err);
    assert!(received.err.contains("Somebody connected and said nothing"), "{}", received.err);
}

#[test]
fn who_can_reach_a_receiver_is_said() {
    let into = tempfile::tempdir().unwrap();
    let receiver = start(&["receive", "--into", text(into.path()), "--bind", "0.0.0.0:0", "--for", "0.2"]);
    receiver.error_line("network can reach it");
    receiver.finish().ok();
}

/// Sends a signal to a process.
#[cfg(unix)]
fn signal(process: &Process, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &process.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_is_told_to_the_other_side_and_leaves_nothing() {
    an_end_that_is_told("-INT");
}

#[cfg(target_os = "linux")]
#[test]
fn the_end_of_the_terminal_is_told_to_the_other_side_and_leaves_nothing() {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    if u64::from_str_radix(ignored.trim(), 16).unwrap() & 1 != 0 {
        // Whoever runs the tests wants them to outlive the terminal, and so does all that they start.
        return;
    }
    an_end_that_is_told("-HUP");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_to_outlive_its_terminal_does() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = from.path().join("a.txt");
    fs::write(&path, "a").unwrap();
    let mut command = super::command(&["receive", "--into", text(into.path()), "--accept", "all", "--once"]);
    let program = command.get_program().to_owned();
    let arguments: Vec<_> = command.get_args().map(std::borrow::ToOwned::to_owned).collect();
    command = std::process::Command::new("nohup");
    command.arg(program).args(arguments).env("LC_ALL", "en_US.UTF-8");
    let receiver = Process::start(&mut command);
    let address = receiver.error_line("listening on ");
    signal(&receiver, "-HUP");
    assert_eq!(run(&["send", text(&path), "--to", &address], "").code, Some(0));
    receiver.finish().ok();
}

#[cfg(unix)]
fn an_end_that_is_told(name: &str) {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = long_file(from.path(), 8 << 30);
    let arguments = ["receive", "--into", text(into.path()), "--accept", "all", "--once"];
    let (receiver, address) = bound(&arguments, "listening on ");
    let sender = start(&["send", text(&path), "--to", &address, "--json"]);
    moving(&sender, 1);
    signal(&receiver, name);
    assert_eq!(receiver.finish().code, Some(1));
    let sent = sender.finish();
    assert_eq!(sent.code, Some(1));
    let ended = events(&sent.out, "ended");
    assert_eq!((&ended[0]["reason"], &ended[0]["side"]), (&"cancelled".into(), &"there".into()));
    assert_eq!(names(into.path()), Vec::<String>::new());
}

/// Waits until a sender has said that so many bytes are across.
#[cfg(unix)]
pub fn moving(sender: &Process, bytes: u64) {
    let found = sender.find(|out| {
        let end = out.iter().rposition(|byte| *byte == b'\n')?;
        let last = events(&out[..=end], "progress").into_iter().filter_map(|event| event["bytes"].as_u64()).max()?;
        (last >= bytes).then_some(())
    });
    found.unwrap_or_else(|| sender.fail("it does not move"));
}

#[test]
fn memory_does_not_grow_with_the_file() {
    const MEBIBYTE: u64 = 1 << 20;
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("sized.bin");
    for way in ["raw", "framed"] {
        let peaks = [16, 256].map(|size| {
            fs::File::create(&source).unwrap().set_len(size * MEBIBYTE).unwrap();
            let into = tempfile::tempdir().unwrap();
            memory::peaks(Path::new(env!("CARGO_BIN_EXE_twocan")), way, &source, into.path())
        });
        // Only Linux tells.
        let [Some(small), Some(large)] = peaks else { return };
        assert!(large.0 < small.0 + 8 * MEBIBYTE, "{way}: a sender grew from {} to {} bytes", small.0, large.0);
        assert!(large.1 < small.1 + 8 * MEBIBYTE, "{way}: a receiver grew from {} to {} bytes", small.1, large.1);
    }
}
