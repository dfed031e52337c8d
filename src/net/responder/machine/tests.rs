use proptest::prelude::*;

use super::*;

const NOW: &str = "2026-11-20T13:05:09+08:00[Asia/Shanghai]";

fn machine(rules: &str, datagrams: bool) -> (Machine, Instant) {
    let now = Instant::now();
    let mut machine = Machine::new(&Arc::new(Rules::parse(rules).unwrap()), datagrams, None, now);
    machine.clock = || NOW.parse().unwrap();
    (machine, now)
}

#[expect(clippy::unnecessary_wraps, reason = "as the machine takes it")]
fn peer() -> Option<SocketAddr> {
    Some("127.0.0.1:9".parse().unwrap())
}

/// Everything that is to be done at this moment, in short.
fn done(machine: &mut Machine, now: Instant) -> Vec<String> {
    let mut all = Vec::new();
    while let Next::Do(effect) = machine.next(now) {
        all.push(match effect {
            Effect::Send(bytes, _) => format!("send {}", bytes.escape_ascii()),
            Effect::Others(bytes, _) => format!("others {}", bytes.escape_ascii()),
            Effect::Failed(_, kind, detail, _) => format!("failed {} {detail}", kind.name()),
            other => format!("{other:?}").split('(').next().unwrap().to_lowercase(),
        });
        assert!(all.len() < 100_000, "it never ends");
    }
    all
}

/// What one message is answered with.
fn answer(rules: &str, message: &[u8]) -> Vec<String> {
    let (mut machine, now) = machine(rules, false);
    machine.connected(peer(), now);
    machine.received(message, peer());
    done(&mut machine, now)
}

#[test]
fn the_first_rule_that_fits_answers() {
    let rules = r#"
        encoding = "gbk"
        [[rule]]
        when = { exact = "exit" }
        then = [{ reply = "bye" }, "close"]
        [[rule]]
        when = { contains = { hex = "C4 E3" } }
        then = [{ reply-hex = "00 FF" }]
        [[rule]]
        when = { regex = '^(\w+)=(.*)$' }
        then = [{ reply = "{2} for {1}, {n}" }]
        [[rule]]
        when = { message = 1 }
        then = ["upper", "upper-text"]
        [[rule]]
        when = "any"
        then = ["nothing"]
    "#;
    assert_eq!(answer(rules, b"exit"), ["send bye", "close"]);
    assert_eq!(answer(rules, b"x\xC4\xE3"), ["send \\x00\\xff"]);
    assert_eq!(answer(rules, b"a=b c"), ["send b c for a, 1"]);
    // 間: its second byte is an `e`, which upper-casing the bytes makes an `E`.
    assert_eq!(answer(rules, b"\xE9\x67 a"), ["send \\xe9G A", "send \\xe9g A"]);
}

#[test]
fn white_space_is_left_out_at_both_ends_alone() {
    let rules = "[[rule]]\nwhen = \"any\"\nthen = [\"strip\", \"upper\", { reply = \"{len}\" }]";
    for (message, upper, len) in [(&b" \t\x0Ba b\r\n\x0C"[..], "A B", 3), (b"a", "A", 1), (b"\xA0\0 ", "\\xa0\\x00", 2)]
    {
        assert_eq!(answer(rules, message), [format!("send {upper}"), format!("send {len}")]);
    }
    assert_eq!(answer(rules, b" \r\n"), ["send 0"]);
}

#[test]
fn what_takes_time_delays_what_is_behind_it() {
    let (mut machine, now) =
        machine("[[rule]]\nwhen = \"any\"\nthen = [\"echo\", { wait-ms = 3000 }, \"upper\"]", false);
    machine.connected(peer(), now);
    machine.received(b"a", peer());
    machine.received(b"b", peer());
    assert_eq!(done(&mut machine, now), ["send a"]);
    let later = now + Duration::from_secs(3);
    assert_eq!(machine.next(now), Next::At(later));
    assert_eq!(done(&mut machine, later), ["send A", "send b"]);
    assert!(!machine.is_idle());
    assert_eq!(done(&mut machine, later + Duration::from_secs(3)), ["send B"]);
    assert!(machine.is_idle());
}

#[test]
fn a_script_with_gaps_then_the_end() {
    let rules = "connect = [{ script = { messages = [\"i = 1\", \"i = 2\"], gap-ms = 5 } }, \"half-close\"]";
    let (mut machine, now) = machine(rules, false);
    machine.connected(peer(), now);
    assert_eq!(done(&mut machine, now), ["send i = 1"]);
    assert_eq!(done(&mut machine, now + Duration::from_millis(5)), ["send i = 2", "halfclose"]);
}

#[test]
fn a_client_waits_for_its_answer() {
    let (mut machine, now) = machine("connect = [{ reply = \"sb\" }, { await = 2 }, \"await-end\", \"close\"]", false);
    machine.connected(peer(), now);
    assert_eq!(done(&mut machine, now), ["send sb"]);
    machine.received(b"one", peer());
    assert!(done(&mut machine, now).is_empty());
    machine.received(b"two", peer());
    assert!(done(&mut machine, now).is_empty());
    machine.ended();
    assert_eq!(done(&mut machine, now), ["close"]);
}

#[test]
fn who_waits_for_a_peer_that_is_gone_goes_on() {
    let (mut machine, now) = machine("connect = [{ await = 1 }, { receive = \"99\" }, \"close\"]", false);
    machine.connected(peer(), now);
    machine.ended();
    assert_eq!(done(&mut machine, now), ["close"]);
}

#[test]
fn lines_go_one_by_one_and_quit() {
    let rules = "[lines]\nsend = \"发给{line}\"\nping-pong = true\nquit = \"q\"\nquit-sends = false";
    let (mut machine, now) = machine(rules, false);
    machine.connected(peer(), now);
    for line in ["a", "", "b", "q"] {
        machine.line(line.into());
    }
    assert_eq!(done(&mut machine, now), ["send \\xe5\\x8f\\x91\\xe7\\xbb\\x99a"]);
    machine.received(b"ok", peer());
    assert_eq!(done(&mut machine, now), ["send \\xe5\\x8f\\x91\\xe7\\xbb\\x99b"]);
    machine.received(b"ok", peer());
    assert_eq!(done(&mut machine, now), ["close"]);
}

#[test]
fn a_person_answers_the_oldest_first() {
    let rules = "[[rule]]\nwhen = \"any\"\nthen = [\"ask\", { reply = \"thanks {n}\" }]";
    let (mut machine, now) = machine(rules, true);
    machine.connected(None, now);
    let other = Some("127.0.0.1:10".parse().unwrap());
    machine.received(b"one", peer());
    machine.received(b"two", other);
    assert_eq!(done(&mut machine, now), ["asked", "asked"]);
    assert_eq!(machine.asks(), 2);
    machine.line("first".into());
    assert_eq!(machine.next(now), Next::Do(Effect::Send(b"first".to_vec(), peer())));
    assert_eq!(done(&mut machine, now), ["send thanks 1"]);
    assert_eq!(machine.answered(), other);
    assert_eq!(done(&mut machine, now), ["send thanks 2"]);
}

#[test]
fn pieces_and_framing() {
    let rules = r#"
        framing = { prefix = "u16-be" }
        framing-out = "line"
        [[rule]]
        when = "any"
        then = [{ split = { bytes = 2 } }, "echo"]
    "#;
    assert_eq!(answer(rules, b"\0\x03abc\0\x01d\0"), ["send ab", "send c\\n", "send d\\n"]);
    assert_eq!(answer("framing = { prefix = \"i64-le\" }", b"\0\0\0\0\0\0\0\xFF").len(), 1);
}

#[test]
fn a_name_and_a_size_glued_or_apart() {
    let rules = r#"
        connect = [{ reply = "name?" }]
        [[rule]]
        when = { regex = '(?s-u)^(.+?)(.{7}\x00)$' }
        then = [{ reply = "go" }, { receive = "{2:i64-le}" }, { reply = "done" }, "close"]
        [[rule]]
        when = { regex = '(?s-u)^(.{7}\x00)$' }
        then = [{ reply = "go" }, { receive = "{1:i64-le}" }, { reply = "done" }, "close"]
    "#;
    for reads in [&[&b"a.txt\x03\0\0\0\0\0\0\0"[..]][..], &[b"a.txt", b"\x03\0\0\0\0\0\0\0"]] {
        let (mut machine, now) = machine(rules, false);
        machine.connected(peer(), now);
        assert_eq!(done(&mut machine, now), ["send name?"]);
        for read in reads {
            machine.received(read, peer());
        }
        assert_eq!(done(&mut machine, now), ["send go"]);
        machine.received(b"12", peer());
        assert!(done(&mut machine, now).is_empty());
        machine.received(b"3", peer());
        assert_eq!(done(&mut machine, now), ["send done", "close"]);
    }
}

#[test]
fn the_time_in_the_format_that_was_asked_for() {
    let rules = "[[rule]]\nwhen = \"any\"\nthen = [{ strftime = \"%Y-%m-%d %X\" }]";
    for (asked, told) in [("", "send 2026-11-20 13:05:09"), ("%H", "send 13"), ("%!", "failed BAD_FORMAT %!")] {
        let (mut machine, now) = machine(rules, true);
        machine.connected(None, now);
        machine.received(asked.as_bytes(), peer());
        assert_eq!(done(&mut machine, now), [told]);
    }
}

#[test]
fn a_page_has_the_headers_that_http_asks_for() {
    let rules = r#"
        encoding = "gb2312"
        framing = { delimiter = "\r\n\r\n" }
        [[rule]]
        when = "any"
        then = [{ page = { body = "<h1>你好</h1>" } }, "close"]
    "#;
    let head = "send HTTP/1.1 200 OK\\r\\nDate: Fri, 20 Nov 2026 05:05:09 GMT\\r\\nContent-Type: text/html; charset=GB2312\
                \\r\\nContent-Length: 13\\r\\nConnection: close\\r\\n\\r\\n";
    let body = "<h1>\\xc4\\xe3\\xba\\xc3</h1>";
    assert_eq!(answer(rules, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), [format!("{head}{body}"), "close".into()]);
    assert_eq!(answer(rules, b"HEAD / HTTP/1.1\r\n\r\n"), [head.to_owned(), "close".into()]);
}

#[test]
fn what_cannot_be_encoded_is_told_and_nothing_is_sent() {
    let (mut machine, now) = machine("encoding = \"gb2312\"\n[lines]\nsend = \"{line}\"", false);
    machine.connected(peer(), now);
    machine.line("镕".into());
    let told = done(&mut machine, now);
    assert!(told.len() == 1 && told[0].starts_with("failed EILSEQ"), "{told:?}");
}

#[test]
fn an_endless_answer_is_held_to_its_rate() {
    let (mut machine, now) = machine("rate = 7\nconnect = [\"chargen\"]", false);
    machine.connected(peer(), now);
    let told = done(&mut machine, now);
    assert_eq!(told.len(), 8);
    assert_eq!(told[7], "limited");
    assert!(told[0].starts_with("send  !\\\"#$%&"), "{}", told[0]);
    assert_eq!(machine.next(now), Next::At(now + SECOND));
    assert_eq!(done(&mut machine, now + SECOND).len(), 8);
}

#[test]
fn a_machine_that_is_asked_too_much_is_full_and_one_that_waits_is_not() {
    let (mut sleeper, now) = machine("[[rule]]\nwhen = \"any\"\nthen = [{ wait-ms = 9000 }]", false);
    sleeper.connected(peer(), now);
    for _ in 0..RUNS {
        assert!(!sleeper.is_full());
        sleeper.received(b"x", peer());
        done(&mut sleeper, now);
    }
    assert!(sleeper.is_full());
    let (mut reader, now) = machine("connect = [{ await = 1000 }]", false);
    reader.connected(peer(), now);
    done(&mut reader, now);
    for _ in 0..999 {
        reader.received(b"x", peer());
    }
    assert!(!reader.is_full());
}

#[test]
fn timers_run_and_do_not_catch_up() {
    let rules = "close-after-ms = 60000\n[[rule]]\nwhen = { every-ms = 1000 }\nthen = [{ reply = \"{now:%H}\" }]";
    let (mut machine, now) = machine(rules, false);
    machine.connected(peer(), now);
    assert_eq!(machine.next(now), Next::At(now + SECOND));
    assert_eq!(done(&mut machine, now + SECOND), ["send 13"]);
    assert_eq!(done(&mut machine, now + 30 * SECOND), ["send 13"]);
    assert_eq!(done(&mut machine, now + 60 * SECOND), ["close"]);
    assert_eq!(machine.next(now + 60 * SECOND), Next::Idle);
}

fn any_when() -> impl Strategy<Value = When> {
    let text = || prop_oneof![Just("a"), Just("ab"), Just("")].prop_map(|text| Pattern::Text(text.into()));
    prop_oneof![
        Just(When::Any),
        text().prop_map(When::Exact),
        text().prop_map(When::Contains),
        text().prop_map(When::Starts),
        text().prop_map(When::Ends),
        prop_oneof![Just("(a*)*b"), Just("(?s-u)(.{3})$"), Just("")].prop_map(|e| When::Regex(e.parse().unwrap())),
        Just(When::Empty),
        (1_u64..5).prop_map(When::Message),
        Just(When::End),
        (1_u64..50).prop_map(When::EveryMs),
    ]
}

fn any_then() -> impl Strategy<Value = Then> {
    let template = || {
        let texts =
            ["{text}{bytes}{hex}", "{n} {len:u8} {now:%X}", "{1:u16-be}", "99999", "{line}", "", "{time:u32-be}"];
        prop::sample::select(texts.to_vec()).prop_map(|text| text.parse::<Template>().unwrap())
    };
    prop_oneof![
        Just(Then::Nothing),
        Just(Then::Echo),
        Just(Then::Upper),
        Just(Then::UpperText),
        Just(Then::Strip),
        template().prop_map(Then::Reply),
        prop::collection::vec(template(), 0..3).prop_map(Then::OneOf),
        (prop::collection::vec(template(), 0..3), 0_u64..9)
            .prop_map(|(messages, gap_ms)| Then::Script(super::super::Script { messages, gap_ms })),
        Just(Then::File),
        template().prop_map(Then::Strftime),
        Just(Then::Chargen),
        template().prop_map(|body| Then::Page(super::super::Page { body, ..Default::default() })),
        template().prop_map(Then::Others),
        Just(Then::Ask),
        Just(Then::Shell),
        template().prop_map(Then::Receive),
        (0_u64..4).prop_map(Then::Await),
        Just(Then::AwaitEnd),
        (0_u64..9).prop_map(Then::WaitMs),
        (0_u32..3, 0_u64..3).prop_map(|(bytes, gap_ms)| Then::Split(Split { bytes, gap_ms })),
        (0_u8..=100).prop_map(Then::DropPercent),
        Just(Then::NextClient),
        Just(Then::HalfClose),
        Just(Then::Close),
        Just(Then::Reset),
    ]
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let framings = [
        Framing::None,
        Framing::Line,
        Framing::Fixed(std::num::NonZeroU32::MIN),
        Framing::Prefix(crate::framing::Prefix::U16Be),
    ];
    let framing = || prop::sample::select(framings.to_vec());
    let thens = || prop::collection::vec(any_then(), 0..6);
    let rule = (any_when(), thens()).prop_map(|(when, then)| Rule { when, then });
    (prop::collection::vec(rule, 0..5), thens(), framing(), framing(), 1_u32..2_000, any::<bool>()).prop_map(
        |(rules, connect, framing, framing_out, rate, lines)| Rules {
            rules,
            connect,
            framing,
            framing_out,
            rate,
            lines: lines.then(super::super::Lines::default),
            ..Rules::default()
        },
    )
}

proptest! {
    #[test]
    fn no_rules_and_no_peer_make_it_panic_spin_or_grow(
        rules in any_rules(),
        datagrams: bool,
        inputs in prop::collection::vec(prop_oneof![
            4 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Some),
            2 => Just(Some(b"ab".to_vec())),
            1 => Just(None),
        ], 0..60),
    ) {
        let rate = rules.rate as usize;
        let mut now = Instant::now();
        let mut machine = Machine::new(&Arc::new(rules), datagrams, None, now);
        machine.connected(peer(), now);
        for input in inputs {
            match input {
                Some(bytes) => machine.received(&bytes, peer()),
                None if now.elapsed().is_zero() => machine.ended(),
                None => machine.line("a line".into()),
            }
            // Everything it does at one moment: at most what its rate allows, and a few steps that say nothing.
            let (mut sent, mut other) = (0, 0);
            while let Next::Do(effect) = machine.next(now) {
                match effect {
                    Effect::Send(..) | Effect::Others(..) => sent += 1,
                    _ => other += 1,
                }
                prop_assert!(sent <= rate + 1 && other < 2_000, "{sent} {other}");
            }
            // A full machine's socket does not read; what is pushed in all the same is all that it holds.
            prop_assert!(machine.runs.len() <= RUNS + 61, "{}", machine.runs.len());
            now += Duration::from_millis(7);
        }
    }

    #[test]
    fn a_machine_answers_itself_no_faster_than_its_rate(rules in any_rules()) {
        let rate = rules.rate as usize;
        let now = Instant::now();
        let mut machine = Machine::new(&Arc::new(rules), true, None, now);
        machine.connected(peer(), now);
        machine.received(b"ab", peer());
        let mut sent = 0;
        while let Next::Do(effect) = machine.next(now) {
            if let Effect::Send(bytes, _) = effect {
                sent += 1;
                if !machine.is_full() {
                    machine.received(&bytes, peer());
                }
            }
            prop_assert!(sent <= rate);
        }
    }
}
