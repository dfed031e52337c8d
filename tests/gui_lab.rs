//! The lab without a screen, in both languages and themes: what is on show is what the simulator says, a knob makes the run
//! again and an idle frame does not, packets can be lost by pointer and by keyboard, prepared runs ask and answer.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod harness;

use egui::{Key, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{BOTH, in_language as tr, sized, step_until, window};
use twocan::{
    gui::{
        App,
        theme::ThemeChoice,
        views::{Place, lab::LabState},
    },
    sim::{
        Act, Chance, Run, Side, Transport, Workload,
        arq::{Goal, Trial, levels},
        prepared::prepared,
    },
    words::{self, Lang},
};

fn lab(lang: Lang, theme: ThemeChoice) -> Harness<'static, App> {
    let mut harness = window(lang, theme);
    harness.step();
    harness.get_by_role_and_label(Role::Button, tr(lang, "Lab", "实验室")).click();
    harness.run();
    assert_eq!(harness.state().view.place, Place::Lab);
    harness
}

fn state<'h>(harness: &'h Harness<'_, App>) -> &'h LabState {
    &harness.state().view.lab
}

/// What a screen reader says of all packets, blocks and datagrams on show.
fn items(harness: &Harness<'_, App>) -> Vec<String> {
    let nodes = harness.query_all_by_role(Role::ListItem);
    nodes.map(|node| node.accesskit_node().label().unwrap_or_default()).collect()
}

fn show(harness: &mut Harness<'_, App>, run: Run) {
    harness.state_mut().view.lab.show(run);
    harness.run();
}

#[test]
fn both_lanes_are_those_of_the_simulator() {
    for (lang, theme) in BOTH {
        let mut harness = lab(lang, theme);
        let one_lost = prepared().iter().find(|prepared| prepared.lesson.name == "one-lost").unwrap();
        show(&mut harness, one_lost.run.clone());
        let (tcp, udp) = (one_lost.run.play(), one_lost.run.over(Transport::Udp).play());
        let said = items(&harness);
        let has = |text: &str| said.iter().any(|item| item.contains(text));
        assert!(has(tr(lang, "message 3, fast retransmit of 3", "消息 3, 快速重传 3")), "{said:#?}");
        assert!(has(tr(lang, "message 3; lost at", "消息 3; ")), "{said:#?}");
        assert!(has(tr(lang, "message 3 was not read", "消息 3 没有读到")), "{said:#?}");
        assert!(has("SYN ACK"));
        // Each packet of both lanes can be pointed at.
        let packets = said.iter().filter(|item| item.contains(tr(lang, ", sender: ", "，发送方：")));
        let from_client = |log: &twocan::sim::Log| log.packets.iter().filter(|p| p.from() == Side::Client).count();
        assert_eq!(packets.count(), from_client(&tcp) + from_client(&udp), "{said:#?}");
        harness.get_by_label(tr(
            lang,
            "All, once, in order. Message 4 waited 70 ms in the kernel for message 3.",
            "全部、各一次、按次序。消息 4 在内核里为消息 3 等了 70 ms。",
        ));
        let counts = format!("{} ", tcp.counters().packets);
        let lanes = harness.get_all_by_role(Role::List).map(|node| node.accesskit_node().label().unwrap_or_default());
        let lanes: Vec<_> = lanes.collect();
        assert!(
            lanes.iter().any(|said| said.contains("TCP") && said.contains("UDP") && said.contains(&counts)),
            "{lanes:?}"
        );
    }
}

#[test]
fn a_knob_makes_the_run_again_and_an_idle_frame_does_not() {
    let mut harness = lab(Lang::En, ThemeChoice::Light);
    let before = state(&harness).times();
    for _ in 0..5 {
        harness.step();
    }
    assert_eq!(state(&harness).times(), before);
    let slider = harness.get_by_label_contains("Loss: 15 %");
    slider.focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert!((state(&harness).run().knobs.link.loss.as_percent() - 20.0).abs() < 1e-9);
    assert_eq!(state(&harness).times(), before + 1);
    harness.get_by_label_contains("Loss: 20 %");
    // A window in which nothing is played asks for no more frames.
    assert!(harness.try_run().is_ok());
}

#[test]
fn a_packet_is_lost_by_a_click_and_given_back() {
    for (lang, theme) in BOTH {
        let mut harness = lab(lang, theme);
        show(&mut harness, Run::default());
        let second = tr(lang, "sender: message 2; arrived", "发送方：消息 2; ");
        let node = harness
            .get_all_by_role(Role::ListItem)
            .find(|node| node.accesskit_node().label().is_some_and(|label| label.contains(second)));
        node.unwrap().click();
        harness.run();
        harness.get_by_label(tr(lang, "Lose it", "弄丢它")).click();
        harness.run();
        let edits = &state(&harness).run().edits;
        assert_eq!(edits.len(), 1, "{edits:?}");
        assert_eq!((edits[0].act, edits[0].packet.number), (Act::Lose, 2));
        assert!(items(&harness).iter().any(|item| item.contains(tr(lang, "lost at", "丢失：手动"))));
        harness.get_by_label_contains(tr(lang, "Take back: sender, message 2", "撤销：发送方，消息 2")).click();
        harness.run();
        assert!(state(&harness).run().edits.is_empty());
    }
}

#[test]
fn everything_by_keyboard() {
    let mut harness = lab(Lang::En, ThemeChoice::Light);
    show(&mut harness, Run::default());
    harness.get_all_by_role(Role::List).next().unwrap().focus();
    harness.run();
    for _ in 0..5 {
        harness.key_press(Key::ArrowDown);
        harness.run();
    }
    harness.key_press(Key::L);
    harness.run();
    assert_eq!(state(&harness).run().edits.len(), 1);
    harness.key_press(Key::L);
    harness.run();
    assert!(state(&harness).run().edits.is_empty());
    harness.key_press(Key::Enter);
    harness.run();
    harness.get_by_label("Double it").click();
    harness.run();
    assert_eq!(state(&harness).run().edits[0].act, Act::Duplicate);
    // To the start, and a step on.
    harness.key_press(Key::Home);
    harness.run();
    assert!(items(&harness).iter().all(|item| !item.contains("arrived")), "{:?}", items(&harness));
}

#[test]
fn a_prepared_run_asks_first_and_answers_after() {
    for (lang, theme) in BOTH {
        let mut harness = lab(lang, theme);
        for (index, prepared) in prepared().iter().enumerate() {
            harness.state_mut().view.lab.prepare(index);
            harness.run();
            let lesson = &prepared.lesson;
            let (question, explanation) = match lang {
                Lang::En => (&lesson.question.en, &lesson.explanation.en),
                Lang::Zh => (&lesson.question.zh_cn, &lesson.explanation.zh_cn),
            };
            harness.get_by_label(question);
            assert!(harness.query_by_label(explanation).is_none(), "{}", lesson.name);
            harness.get_by_label(tr(lang, "The judge speaks when the run was played.", "播放之后，裁判再说话。"));
            let right = lesson.answers.iter().find(|answer| answer.right).unwrap();
            let right = if lang == Lang::En { &right.en } else { &right.zh_cn };
            harness.get_by_role_and_label(Role::Button, right).click();
            harness.run();
            harness.get_by_label(tr(lang, "Show the answer", "显示答案")).click();
            harness.run();
            harness.get_by_label(explanation);
            harness.get_by_label_contains(tr(lang, "Right.", "对。"));
        }
        // By the menu, too; and who has changed the run is told that the answer is about another one.
        harness.get_by_label_contains(tr(lang, "Prepared runs: ", "现成的实验：")).click();
        harness.run();
        let first = &prepared()[0].lesson;
        harness
            .get_by_role_and_label(Role::Button, if lang == Lang::En { &first.title.en } else { &first.title.zh_cn })
            .click();
        harness.run();
        harness.get_by_label(if lang == Lang::En { &first.question.en } else { &first.question.zh_cn });
        harness.get_by_label(tr(lang, "Show the answer", "显示答案")).click();
        harness.run();
        let changed = tr(lang, "You have changed the run since", "你改动了这个实验");
        assert!(harness.query_by_label_contains(changed).is_none());
        harness.get_by_label_contains(tr(lang, "Loss: 0 %", "丢失：0 %")).focus();
        harness.run();
        harness.key_press(Key::ArrowRight);
        harness.run();
        harness.get_by_label_contains(changed);
    }
}

#[test]
fn the_ways_of_the_link_are_set_apart() {
    for (lang, theme) in BOTH {
        let mut harness = lab(lang, theme);
        show(&mut harness, Run::default());
        harness.get_by_role_and_label(Role::CheckBox, tr(lang, "More", "更多")).click();
        harness.run();
        harness.get_by_label(tr(lang, "Ways: Both ways alike", "方向：往返相同")).click();
        harness.run();
        harness.get_by_label(tr(lang, "The way back", "回程")).click();
        harness.run();
        harness.get_by_label_contains(tr(lang, "Loss: 0 %", "丢失：0 %")).focus();
        harness.run();
        harness.key_press(Key::ArrowRight);
        harness.run();
        let knobs = state(&harness).run().knobs.clone();
        let losses = [Side::Client, Side::Server].map(|side| knobs.direction(side).loss.as_millionths());
        assert_eq!(losses, [0, 5_000]);
        harness.get_by_label(tr(lang, "Ways: The way back", "方向：回程")).click();
        harness.run();
        harness.get_by_label(tr(lang, "Both ways alike", "往返相同")).click();
        harness.run();
        assert_eq!(state(&harness).run().knobs.back, None);
    }
}

#[test]
fn the_judge_finds_a_counter_example_and_opens_it() {
    for (lang, theme) in BOTH {
        let mut harness = lab(lang, theme);
        let index = levels().iter().position(|level| level.name == "swapped").unwrap();
        harness.state_mut().view.lab.begin_level(index);
        harness.run();
        step_until(&mut harness, "the judge has spoken", |harness| {
            harness.query_by_label_contains(tr(lang, "of 200 runs fail.", "次没有通过")).is_some()
        });
        harness.get_by_label_contains(tr(lang, "accepted though damaged", "损坏了却被接受"));
        let open = tr(lang, "Open seed", "打开种子");
        harness.get_by_label_contains(open).click();
        harness.run();
        let level = &levels()[index];
        let failure = level.trial.first_failure(&level.start, 200).unwrap();
        assert_eq!(state(&harness).run().seed, failure.seed);
    }
}

/// What the judge says of the set that is on show, when he has said it.
fn verdict(harness: &mut Harness<'_, App>) -> String {
    let said = |harness: &Harness<'_, App>| {
        let node = harness.query_by_label_contains("200 runs ")?.accesskit_node();
        (!node.is_disabled()).then(|| node.label().unwrap_or_default())
    };
    step_until(harness, "the judge has spoken", |harness| said(harness).is_some());
    said(harness).unwrap()
}

#[test]
fn the_judge_follows_every_slider_and_switch_without_being_asked() {
    let mut harness = lab(Lang::En, ThemeChoice::Light);
    let judged = |run: &Run| {
        let judgement = Trial::of_run(run, Goal::default()).judge(&run.knobs.arq, 200);
        words::verdict(Lang::En, &judgement)
    };
    show(&mut harness, Run::default());
    assert_eq!(verdict(&mut harness), "All 200 runs pass.");
    let loss = harness.get_by_label_contains("Loss: 0 %");
    loss.focus();
    harness.run();
    let mut seen = Vec::new();
    for _ in 0..6 {
        harness.key_press(Key::ArrowRight);
        harness.step();
        let run = state(&harness).run().clone();
        assert_eq!(verdict(&mut harness), judged(&run), "{run:?}");
        seen.push(verdict(&mut harness));
    }
    seen.dedup();
    assert!(seen.len() >= 4, "{seen:?}");
    // Many changes with no time between them: the newest is what counts.
    for _ in 0..5 {
        harness.key_press(Key::ArrowLeft);
    }
    harness.step();
    let run = state(&harness).run().clone();
    assert_eq!(verdict(&mut harness), judged(&run));
    harness.get_by_role_and_label(Role::Switch, "Acknowledgements").click();
    harness.run();
    let run = state(&harness).run().clone();
    assert_eq!((verdict(&mut harness), run.beside()), (judged(&run), Transport::Arq));
    // When he has spoken, nothing asks for another frame.
    harness.run();
    let frames = harness.run();
    assert!(frames <= 2, "{frames}");
}

/// The two values of a row of the sums.
fn row(harness: &Harness<'_, App>, start: &str) -> String {
    let rows = harness.get_all_by_role(Role::Label).filter_map(|node| node.accesskit_node().value());
    let mut rows = rows.filter(|label| label.starts_with(start));
    rows.next().unwrap_or_else(|| panic!("no row {start}"))
}

#[test]
fn the_sums_are_those_of_the_moment() {
    for (lang, theme) in BOTH {
        let mut harness = lab(lang, theme);
        let index = prepared().iter().position(|prepared| prepared.lesson.name == "one-lost").unwrap();
        harness.state_mut().view.lab.prepare(index);
        harness.run();
        harness.get_by_role_and_label(Role::Tab, tr(lang, "Counters", "计数")).click();
        harness.run();
        // The question is not answered before it is played.
        let value = |harness: &Harness<'_, App>, en, zh| row(harness, tr(lang, en, zh));
        assert!(value(&harness, "Sent again:", "重传：").contains("TCP 0"));
        assert!(value(&harness, "Delivered whole:", "完整交付：").contains("TCP 0 / 6"));
        assert!(value(&harness, "Missing:", "缺失：").contains("TCP –"));
        let log = prepared()[index].run.play();
        let mut seen = Vec::new();
        for _ in 0..200 {
            seen.push(value(&harness, "Packets:", "分组："));
            if harness.query_by_label(tr(lang, "Show the answer", "显示答案")).is_none() {
                break;
            }
            harness.get_by_role_and_label(Role::Button, tr(lang, "Step", "单步")).click();
            harness.run();
        }
        seen.dedup();
        let ends = [seen.first().unwrap().as_str(), seen.last().unwrap()].map(|row| row.split_once("TCP").unwrap().1);
        assert_eq!(
            (ends[0], ends[1].contains(&log.counters().packets.to_string())),
            (tr(lang, " 1, UDP 0", " 1，UDP 0"), true)
        );
        assert!(seen.len() > 20, "one after the other: {seen:?}");
        assert!(value(&harness, "Sent again:", "重传：").contains("TCP 1"));
        assert!(value(&harness, "Delivered whole:", "完整交付：").contains("UDP 5 / 6"));
        assert!(value(&harness, "Missing:", "缺失：").contains("UDP 1"));
    }
}

#[test]
fn what_tcp_will_come_to_is_not_told_by_what_stands_below_udp() {
    let mut harness = lab(Lang::En, ThemeChoice::Light);
    let index = prepared().iter().position(|prepared| prepared.lesson.name == "syn-lost").unwrap();
    harness.state_mut().view.lab.prepare(index);
    harness.run();
    while harness.query_all_by_label_contains("All, once, in order.").count() == 0 {
        harness.get_by_role_and_label(Role::Button, "Step").click();
        harness.run();
    }
    assert_eq!(harness.query_all_by_label_contains("instead of").count(), 0);
    harness.get_by_label("Show the answer").click();
    harness.run();
    assert!(harness.query_all_by_label_contains("instead of").count() > 0);
}

#[test]
fn where_it_is_not_as_between_kernels_is_said_at_the_place_and_in_a_list() {
    for (lang, theme) in BOTH {
        let mut harness = lab(lang, theme);
        let index = prepared().iter().position(|prepared| prepared.lesson.name == "fast-or-timer").unwrap();
        harness.state_mut().view.lab.prepare(index);
        harness.run();
        harness.get_by_role_and_label(Role::Tab, tr(lang, "Counters", "计数")).click();
        harness.run();
        let slow = tr(lang, "The shortest retransmission time-out here is 1 s", "这里最短的重传超时是 1 秒");
        assert!(harness.query_by_label_contains(slow).is_none(), "not before it has happened");
        harness.get_by_label(tr(lang, "Show the answer", "显示答案")).click();
        harness.run();
        // At the timer and in the list.
        let said = harness.query_all_by_label_contains(slow).count();
        assert_eq!(said, 2);
        // And where the packet that the timer sent is explained.
        let resent = tr(lang, "time-out: 8 again", "超时重传 8");
        let item =
            |node: &egui_kittest::Node<'_>| node.accesskit_node().label().is_some_and(|label| label.contains(resent));
        harness.get_all_by_role(Role::ListItem).find(item).unwrap().click();
        harness.run();
        assert_eq!(harness.query_all_by_label_contains(slow).count(), 3);
    }
}

#[test]
fn a_pasted_run_is_of_no_level_and_a_level_is_the_same_when_it_comes_back() {
    let mut harness = lab(Lang::En, ThemeChoice::Light);
    let index = levels().iter().position(|level| level.name == "swapped").unwrap();
    harness.state_mut().view.lab.begin_level(index);
    harness.run();
    let run = state(&harness).run().clone();
    let before: Vec<_> = items(&harness);
    let back = Run::parse(&run.to_toml()).unwrap();
    assert_eq!(back, run);
    show(&mut harness, back);
    assert_eq!(items(&harness), before);
    harness.get_by_label("Level: Free: this link");
}

#[test]
fn it_fits_a_small_window_and_a_large_zoom() {
    for (lang, theme) in BOTH {
        for size in [egui::vec2(1_024.0, 700.0), egui::vec2(720.0, 450.0)] {
            let mut harness = sized(lang, theme, size);
            harness.step();
            harness.get_by_role_and_label(Role::Button, tr(lang, "Lab", "实验室")).click();
            harness.run();
            let play = harness.get_by_role_and_label(Role::Button, tr(lang, "Play", "播放"));
            let rect = play.rect();
            assert!(rect.left() >= 0.0 && rect.right() <= size.x, "{size}: {rect:?}");
            assert!(!items(&harness).is_empty());
        }
    }
}

/// 900 messages, `gap` µs apart, over a link that does everything to them.
fn dense(gap: u64) -> Run {
    let mut run = Run { workload: Workload::Messages { count: 900, size: 100, gap }, ..Run::default() };
    run.knobs.link.loss = Chance::percent(7.0);
    run.knobs.link.duplicate = Chance::percent(5.0);
    run
}

/// The number before this word, in all that is said of groups.
fn sum(said: &[String], word: &str) -> u64 {
    let parts = said.iter().flat_map(|item| item.split([',', '，', '.', '。', '：', ':']));
    parts.filter_map(|part| part.trim().strip_suffix(word)?.trim().parse::<u64>().ok()).sum()
}

#[test]
fn what_is_too_dense_is_grouped_and_nothing_of_it_is_hidden() {
    for (lang, theme) in BOTH {
        let mut harness = lab(lang, theme);
        let run = dense(100);
        show(&mut harness, run.clone());
        let udp = run.over(Transport::Udp).play().counters();
        let said = items(&harness);
        // Those of the right lane: the left one stands before it, and has acknowledgements.
        let lane = harness.ctx.content_rect().width() * 0.4;
        let groups: Vec<String> = (harness.query_all_by_role(Role::ListItem))
            .filter(|node| node.rect().left() > lane)
            .map(|node| node.accesskit_node().label().unwrap_or_default())
            .filter(|label| label.contains(tr(lang, " packets, messages ", " 个分组，消息 ")))
            .collect();
        assert!(groups.len() > 3, "{said:#?}");
        let alone = said.iter().filter(|item| !groups.contains(item));
        let alone_lost = alone.filter(|item| item.contains(tr(lang, "; lost at ", "丢失："))).count() as u64;
        let lost = sum(&groups, tr(lang, "lost", "个丢失"));
        assert!(
            lost > 20 && lost <= udp.lost && lost + alone_lost >= udp.lost,
            "{lost} + {alone_lost} of {}",
            udp.lost
        );
        let copies = sum(&groups, tr(lang, "copied by the network", "个由网络复制"));
        assert!(copies > 20 && copies <= udp.copies, "{copies} of {}: {groups:#?}", udp.copies);
        let packets = sum(&groups, tr(lang, "packets", "个分组"));
        assert!(packets > 850 && packets <= udp.packets + udp.copies, "{packets}");
        // And it stands still.
        assert!(harness.try_run().is_ok());
    }
}

#[test]
fn a_group_that_is_clicked_falls_apart() {
    for (lang, theme) in BOTH {
        let mut harness = lab(lang, theme);
        show(&mut harness, dense(1_000));
        let of_groups = tr(lang, " packets", " 个分组");
        let before = items(&harness).iter().filter(|item| item.contains(of_groups)).count();
        assert!(before > 3);
        let single = |harness: &Harness<'_, App>| {
            let items = items(harness);
            items
                .iter()
                .filter(|item| item.contains(tr(lang, "message ", "消息 ")) && !item.contains(of_groups))
                .count()
        };
        let alone = single(&harness);
        let lane = harness.ctx.content_rect().width() * 0.4;
        let in_lane = |node: &egui_kittest::Node<'_>| node.rect().left() > lane && node.rect().top() > 400.0;
        let group = harness
            .query_all_by_role(Role::ListItem)
            .find(|node| in_lane(node) && node.accesskit_node().label().is_some_and(|label| label.contains(of_groups)));
        let group = group.unwrap();
        let rect = group.rect();
        group.click();
        harness.run();
        assert!(single(&harness) > alone + 20, "{alone} before: {:#?}", items(&harness));
        // What was clicked is where it was.
        let near = harness
            .query_all_by_role(Role::ListItem)
            .any(|node| (node.rect().center() - rect.center()).length() < 90.0);
        assert!(near, "{rect:?}");
    }
}

#[test]
fn packets_of_one_instant_are_opened_one_by_one() {
    for (lang, theme) in BOTH {
        let mut harness = lab(lang, theme);
        show(&mut harness, dense(0));
        let lane = harness.ctx.content_rect().width() * 0.4;
        let of_groups = tr(lang, " packets", " 个分组");
        let group = harness.query_all_by_role(Role::ListItem).find(|node| {
            node.rect().left() > lane && node.accesskit_node().label().is_some_and(|label| label.contains(of_groups))
        });
        group.unwrap().click();
        harness.run();
        // The menu of one that was lost; spared, one less is.
        let before = harness.state().view.lab.run().over(Transport::Udp).play().counters().lost;
        harness.get_by_label(tr(lang, "Let it through", "放它过去")).click();
        harness.run();
        assert_eq!(state(&harness).run().over(Transport::Udp).play().counters().lost, before - 1);
    }
}

#[test]
fn a_duplicate_acknowledgement_says_which_it_is() {
    for (lang, theme) in BOTH {
        let mut harness = lab(lang, theme);
        let one_lost = prepared().iter().find(|prepared| prepared.lesson.name == "one-lost").unwrap();
        show(&mut harness, one_lost.run.clone());
        for count in 1..=3 {
            let name = match lang {
                Lang::En => format!("ms, sender: duplicate ACK number {count}"),
                Lang::Zh => format!("ms，发送方：第 {count} 个重复确认"),
            };
            harness.get_by_label_contains(&name);
        }
    }
}
