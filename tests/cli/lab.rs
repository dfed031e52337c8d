//! `twocan lab`: ladders, sums, JSON, a table over seeds, a capture, and what is said about runs that cannot be.

use std::fs;

use serde_json::Value;

use super::run;

fn out(arguments: &str) -> String {
    let arguments: Vec<_> = arguments.split(' ').collect();
    String::from_utf8(run(&arguments, "").ok()).unwrap()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn both_ladders_and_their_sums() {
    let text = out("lab --seed 7 --loss 15% --delay 40ms --messages 6");
    for says in
        ["│             TCP              │", "│             UDP              │", "SYN ACK", "recv = 100: 2", "packets"]
    {
        assert!(text.contains(says), "{says}:\n{text}");
    }
    assert_eq!(text, out("lab --seed 7 --loss 15% --delay 40ms"), "the same run twice");
    assert_ne!(text, out("lab --seed 8 --loss 15% --delay 40ms"));
    let udp = out("lab --transport udp");
    assert!(udp.contains("UDP") && !udp.contains("SYN"), "{udp}");
}

#[test]
fn a_prepared_run_asks_and_answers_in_both_languages() {
    let names = out("lab --list");
    assert_eq!(names.lines().count(), 12);
    let text = out("lab one-lost");
    for says in [
        "Question: Message 3 is lost.",
        "lost: by hand",
        "again: 3 duplicate ACKs",
        "Answer: Nothing, until 3",
        "- FIN waits here",
    ] {
        assert!(text.contains(says), "{says}:\n{text}");
    }
    let text = out("lab one-lost --lang zh-CN");
    for says in ["问题：", "消息 3 丢了", "答案：", "路上丢失"] {
        assert!(text.contains(says), "{says}:\n{text}");
    }
}

#[test]
fn a_run_comes_from_a_file_and_goes_into_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.toml");
    fs::write(&path, out("lab one-lost --toml --seed 9")).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("seed = 9") && text.contains("act = \"lose\""), "{text}");
    let path = path.to_str().unwrap();
    let ladder = run(&["lab", path, "--transport", "tcp"], "").ok();
    assert!(String::from_utf8(ladder).unwrap().contains("lost: by hand"));

    fs::write(path, "[link]\ndelay = \"soon\"\n").unwrap();
    let ended = run(&["lab", path], "");
    assert_eq!((ended.code, ended.out.as_slice()), (Some(2), &b""[..]));
    assert!(ended.err.contains("line 2, link.delay: a time is a number with a unit"), "{}", ended.err);
    fs::write(path, "[link]\nloss = \"2%\"\nmtu = 20\n").unwrap();
    let ended = run(&["lab", path, "--lang", "zh-CN"], "");
    assert!(ended.err.contains("第 3 行，link.mtu：20 不在 68 到 65535 之间"), "{}", ended.err);
}

#[test]
fn wrong_arguments_of_a_run_say_what_to_type() {
    for (line, says) in [
        ("lab no-such-run", "There is no prepared run no-such-run"),
        ("lab /no/such/run.toml", "cannot be read"),
        ("lab --loss 101%", "from 0% to 100%"),
        ("lab --delay 30", "--delay takes a number with a unit"),
        ("lab --rate fast", "--rate takes a number with a unit"),
        ("lab --messages 0", "error: --messages: 0 is not from 1 to 100000"),
        ("lab --delay 61s", "error: --delay: 61s is not from 0ms to 60s"),
        ("lab --delayed-ack 2s --lang zh-CN", "--delayed-ack：2s 不在"),
        ("lab --messages 2000 --size 65000", "--messages, --size: all messages together"),
        ("lab --sweep loss=0..9% --json", "--sweep"),
        ("lab --vantage server", "--pcap"),
        ("lab --seeds 3", "--sweep"),
        ("lab --workload file --messages 3", "no --messages"),
        ("lab --workload letters", "ping-pong"),
        ("lab --sweep loss=1", "cannot be swept"),
        ("lab --sweep luck=1..2", "cannot be swept"),
        ("lab --pcap a.pcapng", "Add --transport tcp"),
        ("lab --transport sctp", "tcp"),
        ("lab --seeds 0 --sweep loss=0..1%", "--seeds"),
    ] {
        let arguments: Vec<_> = line.split(' ').collect();
        let ended = run(&arguments, "");
        assert_eq!(ended.code, Some(2), "{line}: {}", ended.err);
        assert!(ended.err.contains(says), "{line}: {}", ended.err);
        assert!(ended.out.is_empty(), "{line}");
    }
}

#[test]
fn json_has_a_line_for_each_event_and_the_sums() {
    let text = out("lab one-lost --json");
    let all = lines(&text);
    let ends: Vec<_> = all.iter().filter(|line| line["event"] == "end").collect();
    assert_eq!(ends.len(), 2);
    assert_eq!((&ends[0]["whole"], &ends[0]["resent"], &ends[1]["missing"]), (&6.into(), &1.into(), &1.into()));
    let tcp: Vec<_> = all.iter().filter(|line| line["transport"] == "tcp").collect();
    let sent = tcp.iter().filter(|line| line["event"] == "sent").count();
    assert_eq!(ends[0]["packets"], sent);
    let again = tcp.iter().find(|line| line["event"] == "sent" && line["resent"] == "fast").unwrap();
    assert_eq!((&again["number"], &again["attempt"], &again["at_us"]), (&3.into(), &2.into(), &155_000.into()));
    // Words, and no names of Rust.
    let lost = tcp.iter().find(|line| line["event"] == "lost").unwrap();
    assert_eq!((&lost["end"], &lost["end_why"]), (&"lost".into(), &"by-hand".into()));
    let timer = tcp.iter().find(|line| line["event"] == "timer").unwrap();
    assert_eq!((&timer["timer"], &timer["change"]), (&"retransmission".into(), &"started".into()));
    let notes: Vec<_> = tcp.iter().filter(|line| line["event"] == "note").map(|line| line["note"].clone()).collect();
    assert_eq!(notes.iter().filter(|note| *note == "duplicate-ack").count(), 3, "{notes:?}");
    assert!(notes.contains(&"hole".into()) && notes.contains(&"departure".into()), "{notes:?}");
    assert_eq!(ends[0]["ended"], "done");
    for line in text.lines() {
        assert!(!["(", " {", "Some", "None"].iter().any(|rust| line.contains(rust)), "{line}");
    }
}

#[test]
fn a_sweep_is_a_table() {
    let text = out("lab --sweep loss=0..30% --seeds 20");
    let rows: Vec<_> = text.lines().collect();
    assert_eq!(rows.len(), 9, "{text}");
    assert!(rows[0].contains("seeds for each value: 20;") && rows[1].contains("TCP: ended well"), "{text}");
    assert!(rows[2].starts_with("0%") && rows[2].contains("100.0 %"), "{text}");
    assert!(rows[8].starts_with("30%"), "{text}");
    let lost = rows[8].split_whitespace().collect::<Vec<_>>();
    assert_ne!(lost[lost.len() - 6], "100.0", "UDP loses some at 30 %: {text}");
}

#[test]
fn a_capture_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab.pcapng");
    let path = path.to_str().unwrap();
    let ended = run(&["lab", "one-lost", "--transport", "tcp", "--pcap", path, "--vantage", "server"], "");
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    // 19 packets, without the one that is lost before it gets there.
    assert!(ended.err.contains("lab.pcapng: 18 packets, seen at the server"), "{}", ended.err);
    let file = fs::read(path).unwrap();
    assert_eq!(file[..4], [0x0A, 0x0D, 0x0D, 0x0A]);
    let again = run(&["lab", "--transport", "tcp", "--pcap", path], "");
    assert_eq!((again.code, again.out.is_empty()), (Some(2), true), "{}", again.err);
    assert!(again.err.contains("nothing is overwritten"), "{}", again.err);
    assert_eq!(fs::read(path).unwrap(), file);
}

#[test]
fn a_run_that_gives_up_says_so() {
    let ended = run(&["lab", "--loss", "100%", "--transport", "tcp"], "");
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("TCP: The client gave up"), "{}", ended.err);
    assert!(String::from_utf8_lossy(&ended.out).contains("ETIMEDOUT"));
}
