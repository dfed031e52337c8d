//! A table in characters. Chinese takes two columns a character, so widths are counted and not left to `format!`.

/// Rows of cells: the first to the left, all others to the right.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this heading.
    pub fn new(heading: Vec<String>) -> Self {
        Self { rows: vec![heading] }
    }

    /// A row more.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// All of it, a line a row.
    pub fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(widest).collect();
        let mut text = String::new();
        for row in &self.rows {
            for (index, (cell, wide)) in row.iter().zip(&widths).enumerate() {
                let space = " ".repeat(wide - width(cell).min(*wide));
                if index == 0 {
                    text.push_str(cell);
                    text.push_str(&space);
                } else {
                    text.push_str("  ");
                    text.push_str(&space);
                    text.push_str(cell);
                }
            }
            let end = text.trim_end().len();
            text.truncate(end);
            text.push('\n');
        }
        text
    }
}

/// Columns that a terminal takes for a text: two for a character of Chinese or its punctuation.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| {
            if matches!(c, '\u{2E80}'..='\u{A4CF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FF60}') { 2 } else { 1 }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_in_both_scripts() {
        let mut table = Table::new(vec![String::new(), "TCP".into()]);
        table.row(vec!["包".into(), "18".into()]);
        table.row(vec!["lost".into(), "1".into()]);
        assert_eq!(table.text(), "      TCP\n包     18\nlost    1\n");
    }
}
