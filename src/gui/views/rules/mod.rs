//! The editor of a responder: its rules as TOML, checked while one types, and beside them in words.
//!
//! It stands in the middle of the window as the form for a new socket does, and is applied to that form or to a living
//! socket. The text is the data: what is saved, opened and shared is this text and nothing else.

mod built_in;
mod insert;
mod kinds;
mod rows;
mod source;

use std::{collections::BTreeMap, sync::Arc};

use egui::{Align, CentralPanel, Frame, Key, Layout, Margin, Panel, RichText, ScrollArea, Ui};

pub use self::built_in::built_in_ui;
use super::{Cx, describe};
use crate::{
    gui::{
        actions::{Action, FileFor},
        draft::{Draft, NewKind},
        risk,
        theme::{self, TokensExt as _, icons},
        tr,
        widgets::{self, Look, compact::compact_button},
    },
    journal::SocketId,
    net::{
        Command, Responder,
        responder::{Rules, RulesError, Then},
    },
    text::Charset,
    words::{self, Lang},
};

/// The widest that the column in words is.
const WORDS: f32 = 340.0;
/// Encodings whose characters may have a letter as their second byte.
const LETTERS_IN_CHARACTERS: [&str; 5] = ["GBK", "gb18030", "Big5", "Shift_JIS", "EUC-KR"];

/// Whose rules are edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Those in the form for a new socket.
    Draft,
    /// Those of a socket.
    Socket(SocketId),
}

/// The editor that is open, if one is.
#[derive(Debug, Default)]
pub struct RulesState {
    open: Option<Editor>,
    /// What was being written when the user looked at something else.
    left: BTreeMap<SocketId, Editor>,
}

#[derive(Debug)]
struct Editor {
    subject: Subject,
    text: String,
    /// As it was opened: Esc throws nothing away that was written since.
    before: String,
    /// Whether the text itself is on show, and not its rows.
    as_text: bool,
    /// What the text means, and of which text that is known.
    checked: Option<(String, Result<Arc<Rules>, RulesError>)>,
    shown: bool,
    /// What became of a file that was opened or saved.
    note: Option<Result<String, String>>,
}

impl RulesState {
    /// Opens the editor with what is in force.
    pub fn open(&mut self, subject: Subject, responder: &Responder, lang: Lang) {
        let text = match responder {
            Responder::Rules(rules) => source::written(rules),
            Responder::None => insert::example(lang),
            named => source::written(&named.to_rules()),
        };
        let before = text.clone();
        if let Subject::Socket(id) = subject
            && let Some(left) = self.left.remove(&id)
        {
            self.open = Some(left);
            return;
        }
        self.open = Some(Editor { subject, text, before, as_text: false, checked: None, shown: false, note: None });
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Closes it. What was written for a socket is there again when its editor is opened.
    pub fn leave(&mut self) {
        if let Some(editor) = self.open.take()
            && let Subject::Socket(id) = editor.subject
            && editor.text != editor.before
        {
            self.left.insert(id, editor);
        }
    }

    /// Takes the text of a file in, or why there is none.
    pub fn take_file(&mut self, text: Result<String, String>) {
        let Some(editor) = &mut self.open else { return };
        match text {
            Ok(text) => {
                editor.text = text;
                editor.note = None;
            }
            Err(error) => editor.note = Some(Err(error)),
        }
    }

    /// Says where the text was saved, or why it was not.
    pub fn saved(&mut self, path: Result<String, String>) {
        if let Some(editor) = &mut self.open {
            editor.note = Some(path);
        }
    }
}

impl Editor {
    fn check(&mut self) -> Result<Arc<Rules>, RulesError> {
        match &self.checked {
            Some((text, result)) if *text == self.text => result.clone(),
            _ => {
                let result = Rules::parse(&self.text).map(Arc::new);
                self.checked = Some((self.text.clone(), result.clone()));
                result
            }
        }
    }
}

/// Paints the editor while it is open. What it applies to a form is put into `draft`.
pub fn rules_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut RulesState, draft: &mut Option<Draft>, covered: bool) {
    let Some(editor) = &mut state.open else { return };
    let checked = editor.check();
    let flat = Frame::new().fill(ui.tokens().panel);
    let escape = !covered && ui.input(|input| input.key_pressed(Key::Escape));
    let mut end = (escape && editor.text == editor.before).then_some(End::Cancelled);
    Panel::top("rules_header").frame(flat.inner_margin(Margin::symmetric(16, 12))).show(ui, |ui| {
        end = end.or(header_ui(ui, cx, editor, &checked, draft));
    });
    Panel::bottom("rules_problem").frame(flat.inner_margin(Margin::symmetric(16, 10))).show(ui, |ui| {
        problem_ui(ui, cx.lang, editor, &checked);
    });
    let words = (ui.available_width() * 0.32).min(WORDS);
    if words > 200.0 {
        Panel::right("rules_words").exact_size(words).resizable(false).frame(flat).show(ui, |ui| {
            words_ui(ui, cx.lang, &checked);
        });
    }
    CentralPanel::no_frame().frame(flat.inner_margin(Margin::symmetric(16, 12))).show(ui, |ui| {
        if !editor.as_text {
            rows::rows_ui(ui, cx.lang, &mut editor.text, checked.as_ref().err());
            return;
        }
        let name = tr!(cx.lang, "editor.name");
        let response = source::source_ui(ui, &mut editor.text, checked.as_ref().err(), &name);
        if !editor.shown {
            editor.shown = true;
            response.request_focus();
        }
    });
    if let Some(end) = end
        && let Some(editor) = state.open.take()
        // Programs are confirmed first; who does not confirm them finds the rules again.
        && let (End::Applied, Subject::Socket(id), Ok(rules)) = (end, editor.subject, &checked)
        && risk::commands(rules).next().is_some()
    {
        state.left.insert(id, editor);
    }
}

/// How the editor is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Applied,
    Cancelled,
}

/// Title and buttons. Returns whether and how the editor closes.
fn header_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    editor: &mut Editor,
    checked: &Result<Arc<Rules>, RulesError>,
    draft: &mut Option<Draft>,
) -> Option<End> {
    let lang = cx.lang;
    let mut end = None;
    ui.horizontal(|ui| {
        ui.heading(tr!(lang, "editor.title"));
        let whose = match editor.subject {
            Subject::Draft => tr!(lang, "new.title").into_owned(),
            Subject::Socket(id) => cx.model.sockets.get(id).map_or_else(String::new, |entry| {
                format!("{} {}", describe::name(lang, entry), describe::addresses(cx.model, entry))
            }),
        };
        ui.label(RichText::new(whose).color(ui.tokens().muted));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let wrong = checked.as_ref().err().map(|error| words::rules_error(lang, error));
            let word = tr!(lang, "editor.apply");
            let tip = tr!(lang, "editor.apply_tip");
            if widgets::verb(ui, &word, Look::Primary, &tip, wrong.as_deref()).clicked()
                && let Ok(rules) = checked
            {
                let responder = Responder::Rules(rules.clone());
                match (editor.subject, draft.as_mut()) {
                    (Subject::Socket(id), _) => cx.actions.verb(id, Command::SetResponder(responder)),
                    (Subject::Draft, Some(draft)) => draft.set_responder(responder),
                    (Subject::Draft, None) => {}
                }
                end = Some(End::Applied);
            }
            if widgets::button(ui, tr!(lang, "new.cancel"), Look::Plain).clicked() {
                end = Some(End::Cancelled);
            }
        });
    });
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let tabs = [
            (false, tr!(lang, "row.tab_rows").into_owned(), String::new()),
            (true, tr!(lang, "row.tab_text").into_owned(), String::new()),
        ];
        if widgets::choices(ui, &tr!(lang, "editor.title"), &mut editor.as_text, &tabs) {
            editor.shown = false;
        }
        insert::insert_ui(ui, lang, &mut editor.text);
        let kind = match editor.subject {
            Subject::Draft => draft.as_ref().map(|draft| draft.kind),
            Subject::Socket(id) => cx.model.spec_or_listeners(id).map(NewKind::of),
        };
        if let Some(Responder::Rules(rules)) = kind.and_then(|kind| built_in_ui(ui, lang, kind)) {
            editor.text = source::written(&rules);
        }
        if compact_button(ui, &tr!(lang, "editor.open")).clicked() {
            cx.actions.push(Action::ChooseFile(FileFor::OpenRules));
        }
        if compact_button(ui, &tr!(lang, "editor.save")).clicked() {
            cx.actions.push(Action::ChooseFile(FileFor::SaveRules(editor.text.clone())));
        }
        if compact_button(ui, &tr!(lang, "editor.copy")).on_hover_text(tr!(lang, "editor.copy_tip")).clicked() {
            cx.actions.push(Action::Copy(editor.text.clone()));
        }
        widgets::hint(ui, tr!(lang, "editor.order"));
    });
    end
}

/// Under the text: what is wrong with it and where, or that nothing is.
fn problem_ui(ui: &mut Ui, lang: Lang, editor: &Editor, checked: &Result<Arc<Rules>, RulesError>) {
    let tokens = ui.tokens();
    ui.horizontal_top(|ui| {
        let (icon, color, text) = match checked {
            Ok(_) => (icons::CIRCLE_CHECK, tokens.ok, tr!(lang, "editor.fine").into_owned()),
            Err(error) => (icons::CIRCLE_ALERT, tokens.error, words::rules_error(lang, error)),
        };
        widgets::icon(ui, icon, 14.0, color);
        ui.add(egui::Label::new(RichText::new(text).color(color)).wrap());
    });
    match &editor.note {
        Some(Ok(path)) => _ = widgets::hint(ui, tr!(lang, "editor.saved", path = path)),
        Some(Err(error)) => _ = widgets::error_line(ui, error.clone()),
        None => {}
    }
}

/// The rules in sentences.
fn words_ui(ui: &mut Ui, lang: Lang, checked: &Result<Arc<Rules>, RulesError>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(Margin::symmetric(14, 12)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            ui.label(theme::section(ui, &tr!(lang, "editor.in_words")));
            match checked {
                Ok(rules) => told_ui(ui, lang, rules, usize::MAX),
                Err(_) => _ = widgets::hint(ui, tr!(lang, "editor.not_yet")),
            }
        });
    });
}

/// Rules to begin with.
pub fn example(lang: Lang) -> Rules {
    Rules::parse(&insert::example(lang)).unwrap_or_default()
}

/// At most so many sentences of what the rules say, and what is worth knowing of them.
pub fn told_ui(ui: &mut Ui, lang: Lang, rules: &Rules, most: usize) {
    widgets::hint(ui, words::rules_form(lang, rules));
    let told = words::rules_told(lang, rules);
    for sentence in told.iter().take(most) {
        ui.label(sentence);
    }
    if told.len() > most {
        widgets::hint(ui, tr!(lang, "editor.more", count = told.len() - most));
    }
    let upper = |then: &Then| *then == Then::Upper;
    let read = rules.encoding_in.unwrap_or(rules.encoding);
    if rules.connect.iter().chain(rules.rules.iter().flat_map(|rule| &rule.then)).any(upper) {
        upper_note_ui(ui, lang, read);
    }
}

/// That upper-casing bytes is not upper-casing text, where the encoding makes a difference.
pub fn upper_note_ui(ui: &mut Ui, lang: Lang, charset: Charset) {
    if LETTERS_IN_CHARACTERS.contains(&charset.name()) {
        let color = ui.tokens().warn;
        let text = tr!(lang, "editor.upper_note", encoding = charset.name());
        ui.label(RichText::new(text).small().color(color));
    }
}
