//! Drives the real window: a screen of its own (Xvfb), the built program on it, and what a person would do, told by
//! accessible names. It speaks the protocol of `egui_inspection`, which the program serves when it is built with the
//! feature `inspection` and started with `EGUI_INSPECTION`.
//!
//! Everything waits for what it looks for, with one deadline; nothing is clicked before it is there.

use std::{
    env,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    thread,
    time::{Duration, Instant},
};

use egui::{Event, Key, Modifiers, PointerButton, Pos2, accesskit, pos2};
use egui_inspection::protocol::{EncodedPng, Request, Response, read_handshake, read_message, write_message};

use crate::process::Process;

/// How long anything may take: the first frames of a software renderer on a busy machine are slow.
const DEADLINE: Duration = Duration::from_secs(20);
/// Frames that a widget may take to come to rest.
const FRAMES: usize = 50;
/// From one look to the next.
const LOOK: Duration = Duration::from_millis(30);

/// A virtual screen.
pub struct Screen {
    display: String,
    // Ended before the screen is.
    _manager: Ended,
    _server: Process,
}

/// A process that ends with its owner.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Screen {
    /// Starts one with a display number that is free, and a window manager on it.
    pub fn start() -> Self {
        let server = Process::start(Command::new("Xvfb").args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1600x1000x24",
            "-nolisten",
            "tcp",
        ]));
        // Xvfb writes the number and a newline once it takes clients.
        server.says("\n");
        let number = String::from_utf8(server.output(1)).unwrap();
        let display = format!(":{}", number.trim());
        let manager = Command::new("openbox")
            .env("DISPLAY", &display)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("openbox does not start: {error}"));
        Self { display, _manager: Ended(manager), _server: server }
    }

    /// Its name, as `DISPLAY` has it.
    pub fn display(&self) -> &str {
        &self.display
    }
}

/// The program's window.
pub struct Window {
    stream: TcpStream,
    program: Process,
}

/// Something in the window that has a name or a value.
#[derive(Debug)]
pub struct Widget {
    /// What it is: `Button`, `Label`, `TextInput`.
    pub role: String,
    /// Its accessible name.
    pub name: String,
    /// What stands in it.
    pub value: String,
    /// Whether it can be used now.
    pub enabled: bool,
    rect: Option<accesskit::Rect>,
}

impl Widget {
    /// Whether its name or its value contains the text.
    pub fn says(&self, text: &str) -> bool {
        self.name.contains(text) || self.value.contains(text)
    }

    fn middle(&self) -> Option<Pos2> {
        let rect = self.rect?;
        Some(pos2((rect.x0 + rect.x1) as f32 / 2.0, (rect.y0 + rect.y1) as f32 / 2.0))
    }
}

impl Window {
    /// Starts the program on a screen, with its settings and its home in `home`.
    pub fn open(screen: &Screen, home: &Path) -> Self {
        let address = free_address();
        let program = Process::start(
            Command::new(env!("CARGO_BIN_EXE_twocan"))
                .env("DISPLAY", &screen.display)
                .env("EGUI_INSPECTION", address.to_string())
                .env("HOME", home)
                .env("TWOCAN_CONFIG_DIR", home)
                .env("XDG_RUNTIME_DIR", home)
                .env("LANG", "C.UTF-8")
                .env("TWOCAN_LOG", "1")
                .env_remove("WAYLAND_DISPLAY")
                .env_remove("LC_ALL"),
        );
        let stream = connect(address, &program);
        Self { stream, program }
    }

    /// The program's process number.
    pub fn id(&self) -> u32 {
        self.program.id()
    }

    fn ask(&mut self, request: &Request) -> Response {
        let answer = write_message(&mut self.stream, request).and_then(|()| read_message(&mut self.stream));
        match answer {
            Ok(Response::Error { message }) => panic!("{request:?}: {message}"),
            Ok(response) => response,
            Err(error) => panic!("the window is gone ({error}) at {request:?}"),
        }
    }

    fn events(&mut self, events: Vec<Event>) {
        self.ask(&Request::ApplyEvents { events });
    }

    /// Everything that has a name or a value now.
    pub fn widgets(&mut self) -> Vec<Widget> {
        let Response::Tree { accesskit: Some(tree), .. } = self.ask(&Request::GetTree) else {
            return Vec::new();
        };
        let label = |node: &accesskit::Node| {
            if let Some(label) = node.label() {
                return label.to_owned();
            }
            let labels = node.labelled_by().iter().filter_map(|id| tree.nodes.iter().find(|(other, _)| other == id));
            let texts = labels.filter_map(|(_, label)| label.label().or_else(|| label.value()));
            texts.collect::<Vec<_>>().join(" ")
        };
        let widgets = tree.nodes.iter().map(|(_, node)| Widget {
            role: format!("{:?}", node.role()),
            name: label(node),
            value: node.value().unwrap_or_default().to_owned(),
            enabled: !node.is_disabled(),
            rect: node.bounds(),
        });
        widgets.filter(|widget| !widget.name.is_empty() || !widget.value.is_empty()).collect()
    }

    /// Waits until `wanted` finds what it looks for.
    pub fn wait<T>(&mut self, what: &str, mut wanted: impl FnMut(&[Widget]) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let widgets = self.widgets();
            if let Some(found) = wanted(&widgets) {
                return found;
            }
            if Instant::now() > deadline {
                let tree: Vec<_> = widgets.iter().map(|w| format!("{} {:?} {:?}", w.role, w.name, w.value)).collect();
                panic!("{what}\n{}", tree.join("\n"));
            }
            thread::park_timeout(LOOK);
        }
    }

    /// Where the widget with this name is: the exact name, else one that contains it; what can be used before what
    /// only labels it.
    fn find(&mut self, name: &str) -> Pos2 {
        self.wait(&format!("nothing that can be used is called {name:?}"), |widgets| {
            let usable = |w: &&Widget| w.enabled && w.role != "Label";
            let exact = || widgets.iter().filter(|w| w.name == name || w.value == name);
            let partly = || widgets.iter().filter(|w| w.says(name));
            let found = exact().find(usable).or_else(|| exact().next()).or_else(|| partly().find(usable));
            found.or_else(|| partly().next()).filter(|w| w.enabled)?.middle()
        })
    }

    /// Clicks what has this name.
    pub fn click(&mut self, name: &str) {
        let mut pos = self.find(name);
        // A list that was just filtered, a menu that has become smaller: what is still on its way is followed. Each of
        // these makes a frame.
        for _ in 0..FRAMES {
            self.events(vec![Event::PointerMoved(pos)]);
            let now = self.find(name);
            if now == pos {
                break;
            }
            pos = now;
        }
        let press =
            |pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
        // In one frame: what the screen's own pointer does between two of them (a window that has just been mapped is told
        // where it is) would be taken for a drag.
        self.events(vec![Event::PointerMoved(pos), press(true), press(false)]);
    }

    /// Clicks what has this name until something says `text`: under load about one click in thirty on a list that was
    /// filtered a moment ago comes to nothing, the pointer being there and the button lit.
    pub fn click_until(&mut self, name: &str, text: &str) {
        for _ in 0..FRAMES {
            self.click(name);
            for _ in 0..FRAMES {
                if self.widgets().iter().any(|widget| widget.says(text)) {
                    return;
                }
                thread::park_timeout(LOOK);
            }
        }
        self.see(text);
    }

    /// Types into what has the focus.
    pub fn type_text(&mut self, text: &str) {
        self.events(vec![Event::Text(text.to_owned())]);
    }

    /// Puts a text in the place of what stands in a field.
    pub fn fill(&mut self, name: &str, text: &str) {
        self.click(name);
        self.key("Ctrl+A");
        self.type_text(text);
    }

    /// Presses a key, with modifiers before it: `Enter`, `Ctrl+K`.
    pub fn key(&mut self, keys: &str) {
        let mut modifiers = Modifiers::NONE;
        let mut pressed = None;
        for name in keys.split('+') {
            match name {
                "Ctrl" => modifiers |= Modifiers::CTRL | Modifiers::COMMAND,
                "Shift" => modifiers |= Modifiers::SHIFT,
                name => pressed = Key::from_name(name),
            }
        }
        let key = pressed.unwrap_or_else(|| panic!("{keys:?} has no key"));
        let press = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        self.events(vec![press(true)]);
        self.events(vec![press(false)]);
    }

    /// Waits until some name or value contains the text.
    pub fn see(&mut self, text: &str) {
        self.wait(&format!("{text:?} does not show"), |widgets| widgets.iter().any(|w| w.says(text)).then_some(()));
    }

    /// Waits until no name or value contains the text.
    pub fn gone(&mut self, text: &str) {
        self.wait(&format!("{text:?} still shows"), |widgets| (!widgets.iter().any(|w| w.says(text))).then_some(()));
    }

    /// Waits until no badge and no card has this state. The ladder goes on telling that there was one.
    pub fn left(&mut self, state: &str) {
        self.wait(&format!("a socket is still in {state}"), |widgets| {
            let has = |widget: &Widget| widget.name == state || widget.role == "Button" && widget.name.ends_with(state);
            (!widgets.iter().any(has)).then_some(())
        });
    }

    /// Makes the window this large, in points, and waits until it is.
    pub fn resize(&mut self, width: u32, height: u32) {
        self.ask(&Request::Resize { width, height });
        let deadline = Instant::now() + DEADLINE;
        loop {
            let size = self.picture().size;
            if size == [width, height] {
                return;
            }
            assert!(Instant::now() < deadline, "the window is {size:?} and not {width} x {height}");
            thread::park_timeout(LOOK);
        }
    }

    /// A picture of the window.
    pub fn picture(&mut self) -> EncodedPng {
        self.ask(&Request::Settle { max_steps: 20 });
        match self.ask(&Request::GetScreenshot { pixels_per_point: Some(1.0) }) {
            Response::Screenshot(png) => png,
            other => panic!("no picture but {other:?}"),
        }
    }
}

/// An address for the program to be driven at. It cannot say which port it took, so one that is free now is asked for:
/// below those that systems give to port 0, which some other test may take in the meantime.
fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(std::process::id() as u16);
        let address = SocketAddr::from(([127, 0, 0, 1], 20_000 + step % 10_000));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

fn connect(address: SocketAddr, program: &Process) -> TcpStream {
    let deadline = Instant::now() + DEADLINE;
    loop {
        match TcpStream::connect(address) {
            Ok(mut stream) => {
                stream.set_read_timeout(Some(DEADLINE)).unwrap();
                stream.set_nodelay(true).unwrap();
                read_handshake(&mut stream).unwrap();
                return stream;
            }
            Err(error) if Instant::now() > deadline => {
                program.fail(&format!("no window answers at {address}: {error}"))
            }
            Err(_) => thread::park_timeout(LOOK),
        }
    }
}
