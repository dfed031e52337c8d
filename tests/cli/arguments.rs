//! Arguments: what is wrong is said, what is asked for in help is there, and nothing typed makes it panic.

use proptest::prelude::*;
use serde_json::Value;

use super::{run, start};

#[test]
fn wrong_arguments_say_what_to_type_and_open_nothing() {
    for (line, says) in [
        ("tcp-client", "<ADDR>"),
        ("tcp-client localhost", "localhost has no port. Write it as localhost:8008."),
        ("tcp-client 127.0.0.1:70000", "is not a port. Ports are numbers up to 65535."),
        ("tcp-client 0", "Port 0 cannot be reached."),
        ("tcp-client ::1:80", "Write the address in brackets"),
        ("tcp-client http://x:80", "Only its host and port are wanted: x:80."),
        ("tcp-server example.org:80", "is not an IP address."),
        ("tcp-server 1.2.3.4.5", "error:"),
        ("tcp-server --recv 0", "--recv"),
        ("tcp-server --recv 1048577", "--recv"),
        ("tcp-server --model fork", "event-loop"),
        ("tcp-server --for -1", "error:"),
        ("tcp-server --for nan", "error:"),
        ("udp --to", "--to"),
        ("udp --count 0", "--count"),
        ("udp --hex --escapes", "--escapes"),
        ("udp --ending lfcr", "crlf"),
        ("udp --hex --ending lf", "--ending"),
        ("udp --hex --unmappable skip", "--unmappable"),
        ("udp --hex --encoding gbk", "--json"),
        ("udp --encoding gbx", "There is no encoding \"gbx\". Near it:"),
        ("udp --encoding utf-7", "There is no encoding \"utf-7\""),
        ("bind", "error:"),
        ("--no-such", "error:"),
    ] {
        let arguments: Vec<_> = line.split(' ').collect();
        let ended = run(&arguments, "");
        assert_eq!(ended.code, Some(2), "{line}: {}", ended.err);
        assert!(ended.err.contains(says), "{line}: {}", ended.err);
        assert!(ended.out.is_empty() && !ended.err.contains("listening"), "{line}: {}", ended.err);
    }
    let ended = run(&["udp", "--encoding", "gbx", "--lang=zh-CN"], "");
    assert_eq!((ended.code, ended.err.trim()), (Some(2), "错误：没有编码 \"gbx\"。相近的有：GBK。"));
}

#[test]
fn help_tells_the_exit_codes_in_both_languages() {
    for (arguments, says) in [
        (&["--help"][..], "1  the network said no"),
        (&["tcp-client", "--help"], "1 the network said no"),
        (&["--lang", "zh", "--help"], "1  网络出错"),
        (&["udp", "-h", "--lang", "zh"], "1 网络出错"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
    ] {
        let out = String::from_utf8(run(arguments, "").ok()).unwrap();
        assert!(out.contains(says), "{arguments:?}: {out}");
    }
}

#[test]
fn the_tour_does_what_it_says() {
    for (lang, says) in [("en", "All 8 steps did what they say."), ("zh-CN", "全部 8 个步骤都与所说的相符。")]
    {
        let out = String::from_utf8(run(&["tour", "--lang", lang], "").ok()).unwrap();
        assert!(out.contains(says) && out.contains("C4 E3 BA C3"), "{out}");
        assert_eq!(out.matches('✓').count(), 8, "{out}");
    }
    let out = String::from_utf8(run(&["tour", "--json"], "").ok()).unwrap();
    let steps: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(steps.len(), 8);
    assert!(steps.iter().all(|step| step["ok"] == true), "{out}");
}

#[test]
#[cfg(all(unix, not(target_vendor = "apple")))]
fn without_a_display_it_says_so_and_gives_the_tour() {
    let ended = run(&[], "");
    assert!(ended.err.starts_with("There is no display"), "{}", ended.err);
    assert_eq!(String::from_utf8(ended.ok()).unwrap().matches('✓').count(), 8);
}

/// Arguments of which some make sense together and most do not.
fn argument() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "tcp-server",
        "tcp-client",
        "udp",
        "127.0.0.1:0",
        "[::1]:0",
        "0",
        "1",
        "127.0.0.1:1",
        "localhost:1",
        "*:0",
        ":",
        "[",
        "--bind",
        "--to",
        "--broadcast",
        "--reply",
        "echo",
        "upper",
        "none",
        "--model",
        "sequential",
        "event-loop",
        "--backlog",
        "4294967296",
        "--no-reuse",
        "--connect-timeout",
        "0.1",
        "--encoding",
        "gbk",
        "utf-16",
        "replacement",
        "--unmappable",
        "ncr",
        "--ending",
        "crlf",
        "--hex",
        "--escapes",
        "--recv",
        "1048576",
        "--json",
        "--quiet",
        "--count",
        "--wait",
        "--lang",
        "zh-CN",
        "xx",
        "--help",
        "-h",
        "-V",
        "--",
        "-",
        "",
        "=",
        "--for=0",
        "--for=1e300",
        "--wait=-0",
    ];
    prop_oneof![
        20 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => "[^\0]{0,12}",
        1 => "--[a-z-]{1,8}(=[^\0]{0,6})?",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_arguments_make_it_panic_or_stay(
        first in prop::sample::select(vec!["tcp-server", "tcp-client", "udp", "--lang"]),
        rest in prop::collection::vec(argument(), 0..9),
    ) {
        let mut arguments = vec![first.to_owned(), "--for".into(), "0.02".into(), "--wait".into(), "0.02".into()];
        arguments.extend(rest);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let ended = start(&arguments).finish();
        prop_assert!(matches!(ended.code, Some(0..=3)), "{:?}: {:?}", arguments, ended);
        prop_assert!(!ended.err.contains("panicked"), "{:?}: {}", arguments, ended.err);
    }
}

#[test]
fn a_run_of_no_length_opens_and_closes() {
    for line in ["tcp-server --for 0", "udp --for 0"] {
        let arguments: Vec<_> = line.split(' ').collect();
        run(&arguments, "").ok();
    }
}
