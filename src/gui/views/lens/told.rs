//! A page of the lens as text: for the clipboard, and for whoever would rather read it than look at it.

use super::{LensState, Page, characters, cut, looked::Looked, pairs, upper};
use crate::{gui::tr, words::Lang};

/// Lines of a list that are copied at most: all that is looked at.
const LINES: usize = crate::text::reading::LOOKED_AT;

/// The page on show, in lines.
pub fn told(lang: Lang, state: &LensState) -> String {
    let looked = &state.looked;
    let lines = match state.page {
        Page::Characters => characters_told(lang, looked),
        Page::Pairs => pairs_told(lang, looked),
        Page::Cut => cut_told(lang, state),
        Page::Upper => upper_told(lang, looked),
    };
    lines.join("\n")
}

fn characters_told(lang: Lang, looked: &Looked) -> Vec<String> {
    let lengths = looked.columns.iter().map(|column| {
        let (length, _) = characters::length(lang, looked, column);
        format!("{}: {length}", column.charset().name())
    });
    let rows = looked.passage.characters.iter().enumerate().take(LINES);
    let rows = rows.map(|(row, character)| characters::sentence(lang, row, *character, looked));
    lengths.chain(rows).collect()
}

fn pairs_told(lang: Lang, looked: &Looked) -> Vec<String> {
    let side = looked.columns.len();
    let pairs = (0..side).flat_map(|sent| (0..side).map(move |read| (sent, read)));
    pairs
        .map(|(sent, read)| {
            let line = pairs::sentence(lang, looked, sent, read);
            let way = looked.matrix.cell(sent, read).and_then(|cell| cell.way.as_ref());
            match (way, looked.columns.get(sent), looked.columns.get(read)) {
                (Some(way), Some(sent), Some(read)) => {
                    format!("{line}. {}", pairs::way_told(lang, sent, read, way))
                }
                _ => line,
            }
        })
        .collect()
}

fn cut_told(lang: Lang, state: &LensState) -> Vec<String> {
    let Some((column, reads)) = state.looked.reads_now() else { return Vec::new() };
    let head = [column.charset().name().to_owned(), cut::summary(lang, reads), cut::titles(lang).join("\t")];
    let rows = reads.reads.iter().enumerate().take(LINES);
    let rows = rows.map(|(index, read)| cut::told(lang, index, read, column, reads).join("\t"));
    head.into_iter().chain(rows).collect()
}

fn upper_told(lang: Lang, looked: &Looked) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", tr!(lang, "lens.as_text"), looked.upper.0)];
    for (column, upper) in looked.columns.iter().zip(&looked.uppers) {
        let name = tr!(lang, "lens.as_bytes", encoding = column.charset().name());
        let (_, _, verdict) = upper::verdict(lang, upper);
        lines.push(format!("{name}: {} ({verdict})", upper.text));
        let broken = (0..upper.broken.len()).take(LINES);
        lines.extend(broken.map(|index| {
            let [number, before, bytes, after, after_bytes] = upper::broken_told(looked, column, upper, index);
            format!("  {number}: {before} {bytes} → {after_bytes} {after}")
        }));
    }
    lines
}
