//! The middle of the window on hand-made batches: traffic, conversation and composer, without sockets or a screen.

use std::{
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use egui_kittest::{Harness, HarnessBuilder};
use twocan::{
    gui::{
        Action, Actions, Cx, Model, Settings,
        theme::{self, ThemeChoice},
        views::{
            Tab,
            composer::{ComposerState, composer_ui},
            conversation::{ConversationState, conversation_ui},
            framing::{FramingState, framing_ui},
            ladder::{LadderState, ladder_ui},
            traffic::{TrafficState, traffic_ui},
        },
    },
    journal::{Batch, Epoch, Event, Kind, Nanos, Record, SocketId, Span},
    net::Command,
    text::Charset,
    words::Lang,
};

/// What the views of the middle read and write.
pub struct Bench {
    pub model: Model,
    pub lang: Lang,
    pub tab: Tab,
    pub traffic: TrafficState,
    pub conversation: ConversationState,
    pub ladder: LadderState,
    pub framing: FramingState,
    pub composer: ComposerState,
    /// What the views asked for and no one carried out.
    pub asked: Vec<Action>,
}

impl Bench {
    /// One socket of this kind is selected: 1. Payload is read and written in GBK.
    pub fn new(lang: Lang, kind: Kind) -> Self {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(38_527);
        let mut model = Model::new(Epoch { wall }, Settings::default());
        model.settings.composer.charset = Charset::GBK;
        model.sockets.open(SocketId(1), kind, 0, 0);
        model.selected = Some(SocketId(1));
        let mut traffic = TrafficState::default();
        traffic.set_zone(jiff::tz::TimeZone::UTC);
        Self {
            model,
            lang,
            tab: Tab::Traffic,
            traffic,
            conversation: ConversationState::default(),
            ladder: LadderState::default(),
            framing: FramingState::default(),
            composer: ComposerState::default(),
            asked: Vec::new(),
        }
    }

    /// A batch with this one record of socket 1.
    pub fn push(&mut self, at: Nanos, event: Event, peer: &str, bytes: &[u8]) {
        self.push_of(1, at, event, peer, bytes);
    }

    /// A batch with this one record.
    pub fn push_of(&mut self, socket: u32, at: Nanos, event: Event, peer: &str, bytes: &[u8]) {
        let peer: Option<SocketAddr> = peer.parse().ok();
        let record = Record { at, socket: SocketId(socket), generation: 0, event, peer, bytes: Span::default() };
        let mut batch = Batch::default();
        batch.push(record, bytes);
        self.model.apply(batch);
    }

    /// A TCP connection that is open, with what the mock-up shows of it.
    pub fn talk(lang: Lang) -> Self {
        let mut bench = Self::new(lang, Kind::TcpConnection);
        let peer = "127.0.0.1:8008";
        let ms = |ms: f64| (ms * 1e6) as Nanos;
        bench.push(ms(118.0), Event::Connecting, peer, b"");
        bench.push(ms(118.2), Event::Connected { took: 210_000 }, peer, b"127.0.0.1:53122");
        bench.push(ms(2402.0), Event::Sent { asked: 4 }, peer, &[0xC4, 0xE3, 0xBA, 0xC3]);
        bench.push(ms(2402.1), Event::Sent { asked: 5 }, peer, b"hello");
        bench.push(ms(2402.4), Event::Received { full: 9 }, peer, b"\xC4\xE3\xBA\xC3HELLO");
        bench
    }

    /// Messages that were asked to be sent since the last time: from which socket, which bytes, where to.
    pub fn sent(&mut self) -> Vec<(u32, Vec<u8>, Option<SocketAddr>)> {
        let asked = std::mem::take(&mut self.asked);
        let sent = |action| match action {
            Action::Verb(id, Command::Send { bytes, to }) => Some((id.0, bytes, to)),
            _ => None,
        };
        asked.into_iter().filter_map(sent).collect()
    }

    /// Texts that were put on the clipboard since the last time.
    pub fn copied(&mut self) -> Vec<String> {
        let asked = std::mem::take(&mut self.asked);
        asked.into_iter().filter_map(|action| if let Action::Copy(text) = action { Some(text) } else { None }).collect()
    }

    fn ui(&mut self, ui: &mut egui::Ui) {
        let mut actions = Actions::default();
        let mut cx = Cx { model: &self.model, lang: self.lang, actions: &mut actions };
        egui::Panel::bottom("composer").show(ui, |ui| composer_ui(ui, &mut cx, &mut self.composer));
        egui::CentralPanel::no_frame().show(ui, |ui| match self.tab {
            Tab::Traffic => traffic_ui(ui, &mut cx, &mut self.traffic),
            Tab::Conversation => conversation_ui(ui, &mut cx, &mut self.conversation, &mut self.traffic),
            Tab::Ladder => ladder_ui(ui, &mut cx, &mut self.ladder, &mut self.traffic),
            Tab::Messages => framing_ui(ui, &mut cx, &mut self.framing, &mut self.traffic),
        });
        for action in actions.take() {
            match action {
                Action::SetComposition(composition) => self.model.settings.composer = composition,
                Action::SetFramings(id, framings) => {
                    let engine = twocan::net::Engine::new(std::sync::Arc::new(()));
                    self.model.dispatch(Action::SetFramings(id, framings), &engine);
                }
                Action::SetUsualFramings(framings) => self.model.settings.framing = framings,
                Action::SetMessageLimit(bytes) => self.model.settings.message_limit = bytes,
                Action::SetBoundaries(open) => self.model.settings.boundaries = open,
                Action::ClearJournal => self.model.journal.clear(),
                other => self.asked.push(other),
            }
        }
    }
}

/// The middle of the window, 900 points wide.
pub fn show(bench: Bench) -> Harness<'static, Bench> {
    build(Harness::builder().with_size([900.0, 700.0]), bench)
}

/// The same, showing characters no bundled font has as boxes instead of failing.
pub fn show_any_text(bench: Bench) -> Harness<'static, Bench> {
    build(Harness::builder().with_size([900.0, 700.0]).allow_missing_glyphs(), bench)
}

/// The same in another size, such as what stands beside the ladder. It begins at (8, 8): so wide a frame the harness sets.
pub fn show_sized(bench: Bench, width: f32, height: f32) -> Harness<'static, Bench> {
    build(Harness::builder().with_size([width + 16.0, height + 16.0]).allow_missing_glyphs(), bench)
}

fn build(builder: HarnessBuilder<Bench>, bench: Bench) -> Harness<'static, Bench> {
    let theme = if bench.lang == Lang::Zh { ThemeChoice::Dark } else { ThemeChoice::Light };
    builder
        .with_max_steps(16)
        .with_context_setup(move |ctx| {
            theme::install(ctx);
            ctx.set_theme(egui::ThemePreference::from(theme));
        })
        .build_ui_state(|ui, bench: &mut Bench| bench.ui(ui), bench)
}
