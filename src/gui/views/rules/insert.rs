//! Rules to begin with, put behind those that are there. Each of them works as it stands.

use egui::Ui;

use crate::{
    gui::{
        tr,
        widgets::compact::{compact_menu, menu_entry},
    },
    words::Lang,
};

/// What a new text begins with.
pub fn example(lang: Lang) -> String {
    let order = tr!(lang, "editor.order");
    format!("# {order}\nencoding = \"utf-8\"\n\n{EXIT}\n{REPLY}")
}

/// A rule of the menu, as TOML.
const REPLY: &str = "[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"{n}: {text}\" }]\n";
const EXIT: &str = "[[rule]]\nwhen = { exact = \"exit\" }\nthen = [\"close\"]\n";
const CONTAINS: &str = "[[rule]]\nwhen = { contains = { hex = \"C4 E3\" } }\nthen = [{ reply-hex = \"BA C3\" }]\n";
const REGEX: &str = "[[rule]]\nwhen = { regex = \"^(\\\\w+)=(\\\\w+)\" }\nthen = [{ reply = \"{2}={1}\" }]\n";
const TIME: &str = "[[rule]]\nwhen = \"any\"\nthen = [{ strftime = \"%Y-%m-%d %X\" }]\n";
const SCRIPT: &str = "[[rule]]\nwhen = { message = 1 }\nthen = [{ script = { messages = [\"one\", \"two\", \"three\"], gap-ms = 500 } }]\n";
const OTHERS: &str = "[[rule]]\nwhen = \"any\"\nthen = [{ others = \"{peer}: {text}\" }]\n";
const ASK: &str = "[[rule]]\nwhen = \"any\"\nthen = [\"ask\"]\n";
const SHELL: &str = "[[rule]]\nwhen = \"any\"\nthen = [\"shell\"]\n";
const COMMAND: &str = "[[rule]]\nwhen = \"any\"\nthen = [{ command = { programs = [\"date\", \"whoami\"] } }]\n";
const SLOW: &str =
    "[[rule]]\nwhen = \"any\"\nthen = [{ wait-ms = 3000 }, { split = { bytes = 1, gap-ms = 100 } }, \"echo\"]\n";
const EVERY: &str = "[[rule]]\nwhen = { every-ms = 1000 }\nthen = [{ reply = \"{now:%X}\" }]\n";
const END: &str = "[[rule]]\nwhen = \"end\"\nthen = [{ reply = \"bye\" }, \"close\"]\n";

/// The menu.
pub fn insert_ui(ui: &mut Ui, lang: Lang, text: &mut String) {
    let title = tr!(lang, "editor.insert");
    compact_menu(ui, &title, &title, |ui| {
        for (name, rule) in [
            (tr!(lang, "editor.insert_reply"), REPLY),
            (tr!(lang, "editor.insert_exit"), EXIT),
            (tr!(lang, "editor.insert_contains"), CONTAINS),
            (tr!(lang, "editor.insert_regex"), REGEX),
            (tr!(lang, "editor.insert_time"), TIME),
            (tr!(lang, "editor.insert_script"), SCRIPT),
            (tr!(lang, "editor.insert_others"), OTHERS),
            (tr!(lang, "editor.insert_ask"), ASK),
            (tr!(lang, "editor.insert_shell"), SHELL),
            (tr!(lang, "editor.insert_command"), COMMAND),
            (tr!(lang, "editor.insert_slow"), SLOW),
            (tr!(lang, "editor.insert_every"), EVERY),
            (tr!(lang, "editor.insert_end"), END),
        ] {
            if menu_entry(ui, false, &name).clicked() {
                append(text, rule);
            }
        }
    });
}

/// Puts a rule behind the last one, with an empty line between them.
fn append(text: &mut String, rule: &str) {
    let kept = text.trim_end().len();
    text.truncate(kept);
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(rule);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::responder::Rules;

    #[test]
    fn every_rule_of_the_menu_works_as_it_stands() {
        for lang in Lang::ALL {
            let mut text = example(lang);
            let before = Rules::parse(&text).unwrap().rules.len();
            let all = [REPLY, EXIT, CONTAINS, REGEX, TIME, SCRIPT, OTHERS, ASK, SHELL, COMMAND, SLOW, EVERY, END];
            for rule in all {
                append(&mut text, rule);
            }
            assert_eq!(Rules::parse(&text).map(|rules| rules.rules.len()), Ok(before + all.len()));
        }
    }
}
