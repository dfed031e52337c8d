//! Saving the ladder as a picture: SVG from the layout, PNG from the window as it is.
//!
//! Files are written by a thread, because a disk may take any time, and never over one that is there.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use crossbeam_channel::{Receiver, bounded};
use egui::{ColorImage, Frame, Margin, Panel, Rect, RichText, TextEdit, TextStyle, Ui};

use super::{LadderState, marks, words};
use crate::{
    export::ladder_svg::{Colors, Sheet, svg},
    gui::{
        Cx,
        theme::{Tokens, TokensExt as _, icons},
        tr,
        views::traffic::TrafficState,
        widgets::{
            compact::{compact_button, compact_icon, compact_menu, menu_entry},
            error_line,
        },
    },
    journal::Kind,
    words::number,
};

/// Steps of a picture at most: the ones from the top of the screen on.
const STEPS: usize = 5_000;

/// What the form keeps from one frame to the next.
#[derive(Default)]
pub struct SaveState {
    open: bool,
    png: bool,
    path: String,
    /// Where the picture of the window goes that was asked for, and the picture when it is there.
    wanted: Option<(PathBuf, Receiver<Arc<ColorImage>>)>,
    job: Option<(PathBuf, Receiver<io::Result<()>>)>,
    /// Where the ladder is on the screen.
    pub area: Option<Rect>,
    outcome: Option<Result<PathBuf, (PathBuf, io::Error)>>,
}

impl SaveState {
    /// Shows the form.
    pub fn open(&mut self) {
        self.open = true;
        if self.path.is_empty() {
            let folder = std::env::home_dir().unwrap_or_default();
            self.path = folder.join("conversation").with_extension("svg").display().to_string();
        }
    }

    fn start(
        &mut self,
        ctx: &egui::Context,
        path: PathBuf,
        write: impl FnOnce(File) -> io::Result<()> + Send + 'static,
    ) {
        let (done, result) = bounded(1);
        let (ctx, target) = (ctx.clone(), path.clone());
        let thread = thread::Builder::new().name("save-ladder".into()).spawn(move || {
            // Nobody listens any more when the window is closing.
            done.send(File::create_new(&target).and_then(write)).ok();
            ctx.request_repaint();
        });
        match thread {
            Ok(_) => self.job = Some((path, result)),
            Err(error) => self.outcome = Some(Err((path, error))),
        }
    }
}

/// Takes the picture of the window, once it is there, and the part of it that is the ladder.
pub fn drive(ui: &Ui, state: &mut SaveState) {
    if let Some((path, result)) = &state.job
        && let Ok(result) = result.try_recv()
    {
        let path = path.clone();
        state.outcome = Some(result.map(|()| path.clone()).map_err(|error| (path, error)));
        state.job = None;
    }
    let taken = state.wanted.as_ref().and_then(|(_, image)| image.try_recv().ok());
    if let Some(image) = taken
        && let Some((path, _)) = state.wanted.take()
    {
        let points = ui.ctx().pixels_per_point();
        let area = state.area.unwrap_or(Rect::EVERYTHING);
        let part = image.region(&area.intersect(ui.ctx().content_rect()), Some(points));
        state.start(ui.ctx(), path, move |file| write_png(file, &part));
    }
}

fn write_png(file: File, image: &ColorImage) -> io::Result<()> {
    let [width, height] = image.size;
    let mut encoder = png::Encoder::new(BufWriter::new(file), width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let bytes: Vec<u8> = image.pixels.iter().flat_map(egui::Color32::to_array).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&bytes)?;
    Ok(writer.finish()?)
}

/// Paints the form.
pub fn save_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &mut TrafficState) {
    if !state.save.open {
        return;
    }
    let lang = cx.lang;
    let frame = Frame::new().fill(ui.tokens().sunken).inner_margin(Margin::symmetric(12, 8));
    let mut start = false;
    Panel::top("save_ladder").resizable(false).frame(frame).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        let save = &mut state.save;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let word = |png| if png { "PNG" } else { "SVG" };
            let name = tr!(lang, "ladder.save_as", format = word(save.png));
            compact_menu(ui, word(save.png), &name, |ui| {
                for png in [false, true] {
                    if menu_entry(ui, png == save.png, word(png)).clicked() && png != save.png {
                        save.png = png;
                        let ending = if png { "png" } else { "svg" };
                        save.path = Path::new(&save.path).with_extension(ending).display().to_string();
                    }
                }
            });
            let field = TextEdit::singleline(&mut save.path)
                .id_salt("save_ladder_path")
                .font(TextStyle::Monospace)
                .margin(Margin::symmetric(8, 4))
                .desired_width((ui.available_width() - 140.0).clamp(100.0, 420.0))
                .char_limit(4_096);
            ui.add(field).accessible_name(tr!(lang, "ladder.save_path"));
            let ready = save.job.is_none() && save.wanted.is_none() && !save.path.trim().is_empty();
            ui.add_enabled_ui(ready, |ui| start = compact_button(ui, &tr!(lang, "ladder.save_now")).clicked());
            if compact_icon(ui, icons::X, &tr!(lang, "ladder.save_close"), false).clicked() {
                save.open = false;
            }
        });
        match &save.outcome {
            Some(Ok(path)) => {
                let text = tr!(lang, "ladder.saved", path = path.display());
                ui.label(RichText::new(text).small().color(ui.tokens().ok));
            }
            Some(Err((path, error))) => {
                let text = if error.kind() == io::ErrorKind::AlreadyExists {
                    tr!(lang, "ladder.save_exists", path = path.display())
                } else {
                    tr!(lang, "ladder.save_failed", path = path.display(), error = error)
                };
                error_line(ui, text);
            }
            None => {}
        }
    });
    if start {
        let path = PathBuf::from(state.save.path.trim());
        state.save.outcome = None;
        if state.save.png {
            let (send, image) = bounded(1);
            let ctx = ui.ctx().clone();
            ui.ctx().request_screenshot(move |taken| {
                send.try_send(taken).ok();
                ctx.request_repaint();
            });
            state.save.wanted = Some((path, image));
        } else {
            let text = picture(ui.tokens(), cx, state, traffic);
            state.save.start(ui.ctx(), path, move |mut file| file.write_all(text.as_bytes()));
        }
    }
}

/// The ladder as SVG, in the colours of the theme and the language of the window.
fn picture(tokens: &Tokens, cx: &Cx<'_>, state: &mut LadderState, traffic: &TrafficState) -> String {
    let index = &state.drawn.index;
    let first = state.drawn.picture.steps.first().map_or(0, |step| step.place);
    let first = if index.len() <= STEPS { 0 } else { first.min(index.len() - STEPS) };
    let groups: Vec<_> = (first..index.len().min(first + STEPS)).map(|place| place..place + 1).collect();
    let ladder = index.window(&cx.model.journal, traffic.datagrams(), &groups);
    let hex = |color: egui::Color32| format!("#{:02X}{:02X}{:02X}", color.r(), color.g(), color.b());
    let mut texts = std::mem::take(&mut state.texts);
    let kind = |line: usize| ladder.lines.get(line).map_or(Kind::TcpConnection, |line| line.kind);
    let steps = ladder.steps.iter().map(|step| {
        let time = number::clock(cx.model.epoch.wall_time(step.at), traffic.zone());
        (time, words::step(cx, step, kind(step.line), cx.model.journal.row(step.seq).as_ref()))
    });
    let addr = |line: &crate::journal::ladder::Lifeline| line.addr.map(|addr| addr.to_string()).unwrap_or_default();
    let sheet = Sheet {
        heads: ladder.lines.iter().map(|line| (words::role(cx, line), addr(line))).collect(),
        steps: steps.collect(),
        folds: (ladder.steps.iter())
            .map(|step| {
                let gap = state.drawn.timeline.fold_before(step.place)?;
                Some(words::fold(cx.lang, &ladder, step.place, gap))
            })
            .collect(),
        arrows: (ladder.arrows.iter())
            .map(|arrow| {
                let said = words::on_arrow(cx, &mut texts, &ladder, arrow);
                (said, traffic.color(tokens, arrow.message).map(hex))
            })
            .collect(),
        bands: ladder
            .bands
            .iter()
            .map(|band| marks::state_colors(tokens, band.state))
            .map(|(fill, color)| (hex(fill), hex(color)))
            .collect(),
        waits: ladder.waits.iter().map(|wait| words::wait(cx.lang, wait)).collect(),
        ladder: &ladder,
        timeline: &state.drawn.timeline,
        colors: Colors {
            panel: hex(tokens.panel),
            text: hex(tokens.text),
            muted: hex(tokens.muted),
            faint: hex(tokens.faint),
            line: hex(tokens.line),
        },
    };
    let text = svg(&sheet);
    state.texts = texts;
    text
}
