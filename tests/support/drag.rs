//! Files dragged onto a window and dropped there, as a file manager does it: the source's side of XDND, version 5
//! (<https://freedesktop.org/wiki/Specifications/XDND>).

use std::{
    fmt::Write as _,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use x11rb::{
    CURRENT_TIME,
    connection::Connection as _,
    protocol::{
        Event,
        xproto::{
            AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
            SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, WindowClass,
        },
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

const DEADLINE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);
const VERSION: u32 = 5;
/// Where on the screen, x and y: somewhere in the window.
const POSITION: u32 = 0x0190_012C;

struct Source {
    connection: RustConnection,
    root: u32,
    files: String,
}

/// Drags these files over the only window of a display that takes any, and drops them.
pub fn drop_files(display: &str, paths: &[impl AsRef<Path>]) {
    let (connection, screen) = x11rb::connect(Some(display)).unwrap();
    let root = connection.setup().roots[screen].root;
    let window = connection.generate_id().unwrap();
    let (class, aux) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new());
    connection.create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &aux).unwrap();
    let files = paths.iter().map(|path| uri(path.as_ref()) + "\r\n").collect();
    let source = Source { connection, root, files };
    let target = source.target();
    let selection = source.atom("XdndSelection");
    source.connection.set_selection_owner(window, selection, CURRENT_TIME).unwrap();
    let (list, copy) = (source.atom("text/uri-list"), source.atom("XdndActionCopy"));
    source.say(target, "XdndEnter", [window, VERSION << 24, list, 0, 0]);
    source.say(target, "XdndPosition", [window, 0, POSITION, CURRENT_TIME, copy]);
    // It says that it would take them, and asks which they are.
    let (mut taken, mut told) = (false, false);
    while !(taken && told) {
        match source.next("it takes no files") {
            Event::SelectionRequest(request) => {
                source.tell(&request);
                told = true;
            }
            Event::ClientMessage(message) if message.type_ == source.atom("XdndStatus") => {
                taken = message.data.as_data32()[1] & 1 == 1;
                assert!(taken, "it refuses them");
            }
            _ => {}
        }
    }
    source.say(target, "XdndDrop", [window, 0, CURRENT_TIME, 0, 0]);
    loop {
        if let Event::ClientMessage(message) = source.next("the drop does not end")
            && message.type_ == source.atom("XdndFinished")
        {
            assert_eq!(message.data.as_data32()[1] & 1, 1, "it did not take them");
            return;
        }
    }
}

impl Source {
    fn atom(&self, name: &str) -> u32 {
        self.connection.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
    }

    fn numbers(&self, window: u32, property: &str, kind: AtomEnum) -> Vec<u32> {
        let property = self.atom(property);
        // A window that has just gone has no properties.
        let reply = self.connection.get_property(false, window, property, kind, 0, 1024).unwrap().reply();
        reply.ok().and_then(|reply| Some(reply.value32()?.collect())).unwrap_or_default()
    }

    /// The window that takes drops, among those that the window manager knows.
    fn target(&self) -> u32 {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let windows = self.numbers(self.root, "_NET_CLIENT_LIST", AtomEnum::WINDOW);
            let takes = |window: &u32| !self.numbers(*window, "XdndAware", AtomEnum::ATOM).is_empty();
            if let Some(window) = windows.into_iter().find(takes) {
                return window;
            }
            assert!(Instant::now() < deadline, "no window takes drops");
            thread::park_timeout(LOOK);
        }
    }

    fn say(&self, target: u32, kind: &str, data: [u32; 5]) {
        let event = ClientMessageEvent::new(32, target, self.atom(kind), data);
        self.connection.send_event(false, target, EventMask::NO_EVENT, event).unwrap();
        self.connection.flush().unwrap();
    }

    /// Hands over the list of files.
    fn tell(&self, request: &SelectionRequestEvent) {
        let SelectionRequestEvent { requestor, property, target, selection, time, .. } = *request;
        assert_eq!(target, self.atom("text/uri-list"));
        let text = self.files.as_bytes();
        self.connection.change_property8(PropMode::REPLACE, requestor, property, target, text).unwrap();
        let told = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time,
            requestor,
            selection,
            target,
            property,
        };
        self.connection.send_event(false, requestor, EventMask::NO_EVENT, told).unwrap();
        self.connection.flush().unwrap();
    }

    fn next(&self, what: &str) -> Event {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(event) = self.connection.poll_for_event().unwrap() {
                return event;
            }
            assert!(Instant::now() < deadline, "{what}");
            thread::park_timeout(LOOK);
        }
    }
}

/// `file:///…`, with everything but the plainest characters as `%XX` (RFC 3986, 2.1).
fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_str().unwrap().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(byte.into());
        } else {
            write!(uri, "%{byte:02X}").unwrap();
        }
    }
    uri
}
