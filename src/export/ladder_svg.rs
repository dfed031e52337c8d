//! A ladder as a picture of lines: SVG 1.1, from the same layout as the one on screen. Pure.
//!
//! Fonts are named and not embedded: whoever opens the file without Inter and JetBrains Mono sees the next best. All text is
//! escaped, and what XML 1.0 has no character for (section 2.2) is replaced: bytes of a peer may be anything.

use std::fmt::Write as _;

use crate::journal::ladder::{Arrow, End, Ladder, Seen, Timeline, What};

/// The colours of a theme, as `#RRGGBB`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colors {
    /// Behind everything.
    pub panel: String,
    /// Text.
    pub text: String,
    /// Text that is not the point, and what is inferred.
    pub muted: String,
    /// Lifelines.
    pub faint: String,
    /// Rules and edges.
    pub line: String,
}

/// A ladder with the words and colours of all that is on it, in the order in which it is there.
#[derive(Debug)]
pub struct Sheet<'l> {
    /// What is drawn.
    pub ladder: &'l Ladder,
    /// Where steps stand.
    pub timeline: &'l Timeline,
    /// Of each lifeline: what it is, and its address.
    pub heads: Vec<(String, String)>,
    /// Of each step: the time, and the call with its result.
    pub steps: Vec<(String, String)>,
    /// Of each step: how long nothing happened before it, where that is folded.
    pub folds: Vec<Option<String>>,
    /// Of each arrow: what stands on it, and its colour where it is a message.
    pub arrows: Vec<(String, Option<String>)>,
    /// Of each band: its fill and the colour of its word.
    pub bands: Vec<(String, String)>,
    /// Of each wait: what is known of it.
    pub waits: Vec<String>,
    /// The theme.
    pub colors: Colors,
}

const TIMES: f64 = 110.0;
const WORDS: f64 = 190.0;
const GAP: f64 = 280.0;
const HEAD: f64 = 64.0;
const BAND: f64 = 13.0;
/// How far an arrow falls whose other end was not seen.
const SLOPE: f64 = 9.0;
const SANS: &str = "Inter, 'Noto Sans SC', sans-serif";
const MONO: &str = "'JetBrains Mono', 'Noto Sans SC', monospace";

/// The whole picture.
pub fn svg(sheet: &Sheet<'_>) -> String {
    let Sheet { ladder, timeline, colors, .. } = sheet;
    let lines = ladder.lines.len().max(1) as f64;
    let first = ladder.steps.first().map_or(0.0, |step| timeline.top(step.place));
    let last = ladder.steps.last().map_or(0.0, |step| timeline.top(step.place + step.more));
    let (width, height) = (TIMES + 2.0 * WORDS + (lines - 1.0) * GAP, HEAD + last - first + 60.0);
    let x = |line: usize| TIMES + WORDS + line as f64 * GAP;
    let y = |place: usize| HEAD + 24.0 + timeline.top(place) - first;
    let bottom = height - 16.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} \
         {height:.0}\">\n<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n",
        colors.panel
    );
    for (index, line) in ladder.lines.iter().enumerate() {
        let dash = if matches!(line.end, End::Peer(_)) { " stroke-dasharray=\"2 4\"" } else { "" };
        let (x, faint) = (x(index), &colors.faint);
        let _ =
            writeln!(out, "<path d=\"M{x:.1} {HEAD:.1}V{bottom:.1}\" stroke=\"{faint}\" stroke-width=\"1.5\"{dash}/>");
        if let Some((role, addr)) = sheet.heads.get(index) {
            text(&mut out, (x, 26.0), role, "middle", &format!("font-weight=\"600\" {}", font(SANS, 12)), &colors.text);
            text(&mut out, (x, 44.0), addr, "middle", &font(MONO, 11), &colors.muted);
        }
    }
    let clamp = |y: f64| y.clamp(HEAD, bottom);
    for (band, (fill, color)) in ladder.bands.iter().zip(&sheet.bands) {
        let (top, end) = (clamp(y(band.from)), clamp(band.to.map_or(bottom, y)));
        let (left, line) = (x(band.line) - BAND / 2.0, &colors.line);
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{BAND}\" height=\"{:.1}\" rx=\"2\" fill=\"{fill}\" \
             stroke=\"{line}\"/>",
            (end - top).max(1.0)
        );
        turned(&mut out, (x(band.line), top, end), band.state.word(), color);
    }
    for (wait, said) in ladder.waits.iter().zip(&sheet.waits) {
        let (top, end) = (clamp(y(wait.from)) + 3.0, clamp(wait.to.map_or(bottom, y)) - 3.0);
        let x = x(wait.line) + if wait.line == 0 { 16.0 } else { -16.0 };
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"12\" height=\"{:.1}\" fill=\"none\" stroke=\"{}\" \
             stroke-dasharray=\"3 3\"/>",
            x - 6.0,
            (end - top).max(1.0),
            colors.muted
        );
        turned(&mut out, (x, top, end), said, &colors.muted);
    }
    for (arrow, (said, color)) in ladder.arrows.iter().zip(&sheet.arrows) {
        let ends = match (arrow.from.step.map(y), arrow.to.step.map(y)) {
            (Some(from), Some(to)) => (from, to),
            (Some(from), None) => (from, from + SLOPE),
            (None, Some(to)) => (to - SLOPE, to),
            (None, None) => continue,
        };
        let color = color.as_deref().filter(|_| !arrow.is_dashed()).unwrap_or(&colors.muted);
        line(&mut out, arrow, (x(arrow.from.line), ends.0), (x(arrow.to.line), ends.1), color, said, colors);
    }
    for (step, fold) in ladder.steps.iter().zip(&sheet.folds) {
        let Some(fold) = fold else { continue };
        let y = y(step.place) - 26.0;
        text(&mut out, (12.0, y + 4.0), fold, "start", &font(SANS, 11), &colors.muted);
        let (left, right) = (TIMES + 20.0, width - 12.0);
        let _ = writeln!(
            out,
            "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"{}\" stroke-width=\"1.5\" stroke-dasharray=\"1.5 5\"/>",
            colors.faint
        );
    }
    for (step, (time, call)) in ladder.steps.iter().zip(&sheet.steps) {
        let (x, y) = (x(step.line), y(step.place));
        text(&mut out, (12.0, y + 4.0), time, "start", &font(MONO, 11), &colors.muted);
        let _ = writeln!(
            out,
            "<path d=\"M{:.1} {y:.1}H{:.1}\" stroke=\"{}\" stroke-width=\"2\"/>",
            x - 6.0,
            x + 6.0,
            colors.text
        );
        // Those of the first lifeline stand before it, those of the others behind them.
        let (at, anchor) = if step.line == 0 { (x - 14.0, "end") } else { (x + 14.0, "start") };
        text(&mut out, (at, y + 4.0), call, anchor, &font(MONO, 11), &colors.text);
    }
    out.push_str("</svg>\n");
    out
}

fn line(
    out: &mut String,
    arrow: &Arrow,
    (from_x, from_y): (f64, f64),
    (to_x, to_y): (f64, f64),
    color: &str,
    said: &str,
    colors: &Colors,
) {
    let side = if to_x > from_x { 1.0 } else { -1.0 };
    let (from_x, to_x) = (from_x + side * BAND / 2.0, to_x - side * BAND / 2.0);
    let middle = (f64::midpoint(from_x, to_x), f64::midpoint(from_y, to_y));
    let width = match arrow.what {
        What::File => 9.0,
        _ if arrow.is_dashed() => 1.25,
        _ => 2.0,
    };
    let mut stroke = |from: (f64, f64), to: (f64, f64), dashed: bool| {
        let dash = if dashed { " stroke-dasharray=\"5 4\"" } else { "" };
        let _ = writeln!(
            out,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"{color}\" stroke-width=\"{width}\"{dash}/>",
            from.0, from.1, to.0, to.1
        );
    };
    // An end that was not seen is dashed, as on screen.
    let (before, behind) = match arrow.seen {
        Seen::Both => (false, false),
        Seen::Sender | Seen::Unread => (false, true),
        Seen::Receiver => (true, false),
        Seen::Neither => (true, true),
    };
    stroke((from_x, from_y), middle, before);
    stroke(middle, (to_x, to_y), behind);
    let (dx, dy) = (to_x - from_x, to_y - from_y);
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let base = (to_x - ux * 8.0, to_y - uy * 8.0);
    let fill = if arrow.to.step.is_some() { color } else { colors.panel.as_str() };
    let _ = writeln!(
        out,
        "<path d=\"M{to_x:.1} {to_y:.1}L{:.1} {:.1}L{:.1} {:.1}Z\" fill=\"{fill}\" stroke=\"{color}\"/>",
        base.0 - uy * 3.5,
        base.1 + ux * 3.5,
        base.0 + uy * 3.5,
        base.1 - ux * 3.5
    );
    let t = if arrow.from.step.is_some() && !arrow.is_dashed() { 0.36 } else { 0.5 };
    let at = (from_x + dx * t, from_y + dy * t + 3.0);
    // The words stand on the line: what is behind them is cut out.
    let halo = format!("{} paint-order=\"stroke\" stroke=\"{}\" stroke-width=\"5\"", font(SANS, 11), colors.panel);
    text(out, at, said, "middle", &halo, if arrow.is_dashed() { &colors.muted } else { &colors.text });
}

fn font(family: &str, size: u32) -> String {
    format!("font-family=\"{family}\" font-size=\"{size}\"")
}

fn text(out: &mut String, (x, y): (f64, f64), said: &str, anchor: &str, style: &str, color: &str) {
    let _ = write!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {style} fill=\"{color}\">");
    escape(out, said);
    out.push_str("</text>\n");
}

/// A word that runs upwards, where there is room for it.
fn turned(out: &mut String, (x, top, bottom): (f64, f64, f64), said: &str, color: &str) {
    if (bottom - top) < said.chars().count() as f64 * 5.2 + 6.0 {
        return;
    }
    let y = f64::midpoint(top, bottom);
    let turn = format!("{} transform=\"rotate(-90 {:.1} {y:.1})\"", font(SANS, 9), x + 3.0);
    text(out, (x + 3.0, y), said, "middle", &turn, color);
}

fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{0}'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::journal::{Batch, Event, Journal, Kind, Record, SocketId, Sockets, Span, ladder::Scale};

    #[test]
    fn everything_is_drawn_and_what_a_peer_sent_is_only_text() {
        let (mut journal, mut sockets, mut batch) = (Journal::default(), Sockets::default(), Batch::default());
        sockets.open(SocketId(1), Kind::UdpSocket, 0, 0);
        for (at, event, bytes) in [
            (0, Event::Bound, &b"127.0.0.1:9001"[..]),
            (1_000, Event::Received { full: 4 }, b"evil"),
            (2_000_000_000, Event::Sent { asked: 2 }, b"ok"),
        ] {
            let (socket, peer) = (SocketId(1), "127.0.0.1:7".parse().ok());
            batch.push(Record { at, socket, generation: 0, event, peer, bytes: Span::default() }, bytes);
        }
        for record in &batch.records {
            sockets.apply(record, batch.bytes_of(record));
        }
        journal.push(batch);
        let ladder = Ladder::of(&journal, &sockets, &BTreeSet::from([SocketId(1)]));
        let timeline =
            Timeline::new(&ladder.steps.iter().map(|step| step.at).collect::<Vec<_>>(), Scale::Folded, 26.0, 1.0);
        let evil = "</text><script>&\"\u{0}".to_owned();
        let colors = Colors { panel: "#FFFFFF".into(), text: "#1B2330".into(), ..Colors::default() };
        let sheet = Sheet {
            heads: ladder.lines.iter().map(|_| ("UDP".into(), evil.clone())).collect(),
            steps: ladder.steps.iter().map(|step| ("0".into(), step.label(true))).collect(),
            folds: ladder.steps.iter().map(|_| Some("idle".into())).collect(),
            arrows: ladder.arrows.iter().map(|_| (evil.clone(), Some("#0072B2".into()))).collect(),
            bands: ladder.bands.iter().map(|_| ("#FDF1E4".into(), "#D9730D".into())).collect(),
            waits: ladder.waits.iter().map(|_| "no recv".into()).collect(),
            ladder: &ladder,
            timeline: &timeline,
            colors,
        };
        let text = svg(&sheet);
        assert!(!text.contains("<script") && !text.contains('\u{0}'), "{text}");
        assert!(text.contains("&lt;/text&gt;&lt;script&gt;&amp;&quot;\u{FFFD}"), "{text}");
        assert_eq!((ladder.arrows.len(), ladder.bands.len(), ladder.waits.len()), (2, 1, 1));
        for part in ["recvfrom = 4", "sendto = 2", "BOUND", "stroke-dasharray=\"5 4\"", "rotate(-90"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert_eq!(text.matches("<text").count(), text.matches("</text>").count());
    }
}
