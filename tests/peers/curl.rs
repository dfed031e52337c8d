//! curl as a client of a server whose answers are typed, and Python's web server as the other end of ours.

use std::process::Command;

use crate::{address, encode, hosts, process::Process, tcp_server, tools::python, twocan};

/// The tutorials' first server: a page in GB2312 for a browser, typed line by line.
#[test]
fn curl_reads_a_page_that_is_typed() {
    let page = "<h1>欢迎来到传声筒</h1>";
    let bytes = encode("gb2312", page);
    for host in hosts() {
        let (mut server, port) = tcp_server(host, &["--encoding", "gb2312", "--escapes"]);
        let url = format!("http://{}/page", address(host, port));
        let curl = Process::start(Command::new("curl").args(["-sS", "--globoff", "--noproxy", "*", &url]));
        server.says("GET /page HTTP/1.1\r\n");
        server.write(format!(r"HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{page}", bytes.len()) + "\n");
        assert_eq!(curl.finish().ok(), bytes, "{host}");
    }
}

/// What curl posts arrives byte for byte, and an answer of our own making is taken.
#[test]
fn curl_posts_gbk() {
    let text = "你好，镕";
    let form = std::env::temp_dir().join(format!("twocan-form-{}", std::process::id()));
    std::fs::write(&form, encode("gbk", text)).unwrap();
    let (mut server, port) = tcp_server("127.0.0.1", &["--encoding", "gbk", "--escapes", "--model", "event-loop"]);
    let curl = Process::start(
        Command::new("curl")
            .args(["-sS", "--noproxy", "*", "-H", "Content-Type: text/plain", "--data-binary"])
            .arg(format!("@{}", form.display()))
            .arg(format!("http://{}/", address("127.0.0.1", port))),
    );
    server.says(&format!("\r\n\r\n{text}"));
    server.write("HTTP/1.1 204 No Content\\r\\n\\r\\n\n");
    assert!(curl.finish().ok().is_empty());
    std::fs::remove_file(form).unwrap();
}

/// A request typed with CRLF endings; the answer's end is the server's FIN.
#[test]
fn pythons_web_server_answers_a_typed_request() {
    let mut command = Command::new("python3");
    let folder = python("encode.py", &[])
        .get_args()
        .next()
        .map(|path| std::path::Path::new(path).parent().unwrap().to_owned())
        .unwrap();
    command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory"]).arg(&folder);
    let server = Process::start(&mut command);
    server.says("Serving HTTP on ");
    let said = String::from_utf8(server.output(1)).unwrap();
    let port: u16 = said.split_once(" port ").unwrap().1.split(' ').next().unwrap().parse().unwrap();
    let mut client = twocan(&["tcp-client", &address("127.0.0.1", port), "--ending", "crlf"]);
    client.write("GET /encode.py HTTP/1.0\n\n");
    let answer = String::from_utf8(client.finish().ok()).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{head}");
    assert_eq!(body, std::fs::read_to_string(folder.join("encode.py")).unwrap());
}
