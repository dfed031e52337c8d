//! A program while it is written: lines, how deep they stand, and what they need at the top.

use std::collections::BTreeSet;

/// Lines of a program, indented by four blanks a level.
#[derive(Debug, Default)]
pub(super) struct Program {
    text: String,
    depth: usize,
    /// Modules or items that are imported.
    pub imports: BTreeSet<&'static str>,
}

impl Program {
    /// A line at this depth; several if there are newlines in it.
    pub fn line(&mut self, text: impl AsRef<str>) {
        for line in text.as_ref().split('\n') {
            if !line.is_empty() {
                self.text.extend(std::iter::repeat_n("    ", self.depth));
                self.text.push_str(line);
            }
            self.text.push('\n');
        }
    }

    /// A line, and others one level deeper.
    pub fn block(&mut self, head: impl AsRef<str>, inside: impl FnOnce(&mut Self)) {
        self.line(head);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    /// What was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A program at the same depth with nothing in it yet, for what may come to nothing.
    pub fn draft(&self) -> Self {
        Self { depth: self.depth, ..Self::default() }
    }

    /// Takes over what a draft has.
    pub fn append(&mut self, draft: Self) {
        self.text.push_str(&draft.text);
        self.imports.extend(draft.imports);
    }
}
