//! Classic programs in the real window, with Python at the other end: what a class would do with them.
//!
//! Behind the features `inspection` (Xvfb, as tests/window.rs) and `peers` (Python).

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/drive.rs"]
#[allow(dead_code, reason = "what is measured is for the benches")]
mod drive;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod process;
#[path = "support/words.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod words;

use std::{path::Path, process::Command};

use drive::{Screen, Window};
use process::Process;
use words::{Words, speaking};

/// What a preset's file says.
struct Preset(toml::Table);

impl Preset {
    fn of(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/presets").join(format!("{name}.toml"));
        Self(std::fs::read_to_string(path).unwrap().parse().unwrap())
    }

    fn text(&self, table: &str, key: &str) -> &str {
        self.0[table][key].as_str().unwrap()
    }
}

/// Runs a classic program on a port that the system chooses; gives that port.
fn run(window: &mut Window, words: &Words, tag: &str, name: &str, verb: &str) -> String {
    let preset = Preset::of(name);
    let title = preset.text("title", tag);
    window.click(words.get("sidebar.new"));
    window.click(words.get("classic.search"));
    window.type_text(name);
    // Until the list has become short and stays where it is.
    let edit = words.get("classic.edit");
    window.wait("more than one program is found", |widgets| {
        (widgets.iter().filter(|widget| widget.name.starts_with(edit)).count() == 1).then_some(())
    });
    window.click_until(&format!("{edit}: {title}"), words.get("new.address"));
    window.fill(words.get("new.address"), "127.0.0.1:0");
    window.click(words.get(verb));
    window.see(preset.text("watch", tag));
    // "TCP server 127.0.0.1:41234": the only address with a port that is not 0.
    window.wait("no port", |widgets| {
        widgets.iter().find_map(|widget| {
            let (_, port) = widget.name.rsplit_once("127.0.0.1:")?;
            let port: String = port.chars().take_while(char::is_ascii_digit).collect();
            (port.len() > 3).then_some(port)
        })
    })
}

fn python(program: &str, port: &str) -> Process {
    Process::start(Command::new("python3").args(["-u", "-c", program, port]).env("PYTHONIOENCODING", "utf-8"))
}

const CLIENT: &str = "
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
print('local', s.getsockname()[1], file=sys.stderr, flush=True)
for line in sys.stdin:
    s.sendall(line.strip().encode('gbk'))
    print(s.recv(1024).decode('gbk'), flush=True)
s.close()
";

const ASK: &str = "
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
s.sendto(b'', ('127.0.0.1', int(sys.argv[1])))
print(s.recvfrom(1024)[0].decode(), flush=True)
";

/// Upper-casing for two Python clients at once; the window shows both, and what it does to a GBK character.
#[test]
fn an_upper_case_server_for_two_clients() {
    for tag in ["en", "zh-CN"] {
        let screen = Screen::start();
        let home = tempfile::tempdir().unwrap();
        let (mut window, words) = speaking(&screen, home.path(), tag);
        let port = run(&mut window, &words, tag, "upper-server-threads", "new.listen");
        let mut one = python(CLIENT, &port);
        let mut two = python(CLIENT, &port);
        one.write("hello\n");
        one.says("HELLO");
        two.write("間\n");
        // A character of another sound: the second of its bytes was a letter.
        two.says("镚");
        one.write("still here\n");
        one.says("STILL HERE");
        window.see(&words.get("sidebar.count_many").replace("%{total}", "3").replace("%{connections}", "2"));
        // The rows of both, one after the other.
        for port in [one.error_line("local "), two.error_line("local ")] {
            window.click(&format!("{} 127.0.0.1:{port}", words.get("sidebar.connection")));
            window.see("↓ recv");
        }
        window.see("E9 47");
        for client in [one, two] {
            assert_eq!(client.finish().code, Some(0));
        }
        window.left("ESTABLISHED");
    }
}

/// An empty datagram is a question, and has an answer.
#[test]
fn a_time_server_and_an_empty_datagram() {
    let screen = Screen::start();
    let home = tempfile::tempdir().unwrap();
    let (mut window, words) = speaking(&screen, home.path(), "zh-CN");
    let port = run(&mut window, &words, "zh-CN", "udp-time-server", "new.bind");
    let told = python(ASK, &port).finish().ok();
    let told = String::from_utf8(told).unwrap();
    assert_eq!(told.trim().len(), "2026-11-20 13:05:09".len(), "{told}");
    window.see(words.get("event.empty_datagram"));
    window.see(told.trim());
}

/// A shell that has nothing behind it.
#[test]
fn the_safe_shell_answers_and_touches_nothing() {
    let screen = Screen::start();
    let home = tempfile::tempdir().unwrap();
    let (mut window, words) = speaking(&screen, home.path(), "en");
    let port = run(&mut window, &words, "en", "safe-shell", "new.listen");
    let mut client = python(CLIENT, &port);
    client.write("whoami\n");
    client.says("guest");
    window.see("whoami");
    window.see("guest");
    client.write("cat /etc/passwd\n");
    client.says("No such file");
    assert_eq!(client.finish().code, Some(0));
}

/// Opens the chat's socket and gives its address.
fn chatting(window: &mut Window, words: &Words) -> String {
    window.click(words.get("top.chat"));
    window.click(words.get("chat.open"));
    window.wait("no address", |widgets| {
        let texts = widgets.iter().flat_map(|widget| [&widget.name, &widget.value]);
        let mut addresses = texts.filter(|text| text.starts_with("127.0.0.1:") && !text.ends_with(":0"));
        addresses.next().cloned()
    })
}

/// Two windows, two people, Chinese.
#[test]
fn a_chat_of_two_windows() {
    let screens = [Screen::start(), Screen::start()];
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (mut one, words) = speaking(&screens[0], homes[0].path(), "zh-CN");
    let (mut two, _) = speaking(&screens[1], homes[1].path(), "zh-CN");
    let at_one = chatting(&mut one, &words);
    let at_two = chatting(&mut two, &words);
    one.click(words.get("chat.add"));
    one.fill(words.get("chat.name"), "太白");
    one.fill(words.get("chat.address"), &at_two);
    one.click(words.get("chat.save"));
    one.click(words.get("composer.name"));
    one.type_text("床前明月光");
    one.key("Enter");
    one.see(words.get("chat.sent"));
    let unread = words.get("chat.unread").replace("%{count}", "1");
    two.see(&unread);
    two.click(&format!("{at_one} {at_one} {unread}"));
    two.see("床前明月光");
    two.click(words.get("composer.name"));
    two.type_text("疑是地上霜");
    two.key("Enter");
    one.see("疑是地上霜");
    one.see(words.get("chat.answered"));
}
