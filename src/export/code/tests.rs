//! The programs of the sockets in `tests/code`, beside them as they were last looked at.

use std::{fs, path::Path};

use super::*;

/// Name and socket of each file.
fn sockets() -> Vec<(String, SocketSpec)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/code");
    let mut sockets: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(path).unwrap();
            (name.clone(), toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
        })
        .collect();
    sockets.sort_by(|a, b| a.0.cmp(&b.0));
    sockets
}

#[test]
fn as_they_were_last_looked_at() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../tests/code/programs");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _bound = settings.bind_to_scope();
    for (name, spec) in sockets() {
        for language in Language::ALL {
            let program = code(&spec, language).unwrap_or_else(|error| format!("{error}\n"));
            insta::assert_snapshot!(format!("{name}.{}", language.to_string().to_lowercase()), program);
        }
    }
}

#[test]
fn what_would_be_nothing_says_what_it_lacks() {
    let spec = |rules: &str| -> SocketSpec { toml::from_str(&format!("kind = \"tcp-server\"\n{rules}")).unwrap() };
    let answering = |then: &str| spec(&format!("[[responder.rule]]\nwhen = \"any\"\nthen = [{then}]"));
    for (spec, language, what) in [
        (answering("\"shell\""), Language::Python, "shell"),
        (answering("{ command = { programs = [\"date\"] } }"), Language::Python, "command"),
        (answering("\"shell\""), Language::Rust, "shell"),
        (answering("{ strftime = \"%X\" }"), Language::Rust, "strftime"),
        (answering("\"upper\""), Language::Ncat, "upper"),
        (spec("[responder]\nframing = \"line\""), Language::Ncat, "framing"),
        (spec("[responder]\nconnect = [{ reply = \"{peer}\" }]"), Language::Ncat, "reply"),
    ] {
        assert_eq!(code(&spec, language), Err(CodeError { language, what }));
    }
    // With something left, what is missing is a comment at its place.
    let program = code(&answering("{ reply = \"$ \" }, \"shell\""), Language::Python).unwrap();
    assert!(program.contains("# Twocan does \"shell\" here"), "{program}");
}

#[test]
fn what_a_waiting_rule_does_to_an_event_loop() {
    let text =
        "kind = \"tcp-server\"\nmodel = \"event-loop\"\n[responder]\nconnect = [{ wait-ms = 5 }, { reply = \"x\" }]";
    let program = code(&toml::from_str(text).unwrap(), Language::Python).unwrap();
    assert!(
        program.contains("# Twocan serves all clients in one event loop.") && program.contains("threading.Thread(")
    );
}

#[test]
fn addresses_of_ipv6() {
    let text = "kind = \"tcp-server\"\naddress = \"[::1]:8008\"\n[responder]\nconnect = [{ reply = \"{peer}\" }]";
    let program = code(&toml::from_str(text).unwrap(), Language::Python).unwrap();
    for part in ["AF_INET6", "bind((\"::1\", 8008))", "f\"[{peer[0]}]:{peer[1]}\""] {
        assert!(program.contains(part), "{program}");
    }
}
