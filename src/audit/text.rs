//! Text that knows where each of its characters was written: a quoted script keeps the line numbers of the file.

/// A line of one of the audited files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    /// Index of the file.
    pub(super) file: usize,
    /// Line, from 1.
    pub(super) line: usize,
}

/// A string and the places of its characters.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    chars: String,
    /// From this byte on, the text was written here; each line break adds a line.
    marks: Vec<(usize, Place)>,
}

impl Text {
    /// A string that begins at a place.
    pub(super) fn new(text: &str, place: Place) -> Self {
        let mut new = Self::default();
        new.push_str(text, place);
        new
    }

    /// A string whose line breaks were written as `\n`, in one line.
    pub(super) fn in_one_line(text: &str, place: Place) -> Self {
        let mut new = Self::default();
        for line in text.split_inclusive('\n') {
            new.push_str(line, place);
        }
        new
    }

    pub(super) fn as_str(&self) -> &str {
        &self.chars
    }

    /// About how many bytes of memory it takes.
    pub(super) fn size(&self) -> usize {
        self.chars.len() + self.marks.len() * size_of::<(usize, Place)>()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chars.is_empty()
    }

    pub(super) fn push_str(&mut self, text: &str, place: Place) {
        if !text.is_empty() {
            self.marks.push((self.chars.len(), place));
            self.chars.push_str(text);
        }
    }

    pub(super) fn push(&mut self, text: &Self) {
        let start = self.chars.len();
        let marks = text.marks.iter().map(|(at, place)| (start + at, *place));
        self.marks.extend(marks);
        self.chars.push_str(&text.chars);
    }

    /// The place of the character at a byte.
    pub(super) fn place_at(&self, byte: usize) -> Place {
        let after = self.marks.partition_point(|(at, _)| *at <= byte);
        let Some((start, place)) = self.marks.get(after.saturating_sub(1)) else {
            return Place::default();
        };
        let between = self.chars.as_bytes().get(*start..byte).unwrap_or_default();
        Place {
            line: place.line + memchr::memchr_iter(b'\n', between).count(),
            ..*place
        }
    }

    /// The place of the first character.
    pub(super) fn place(&self) -> Place {
        self.marks
            .first()
            .map_or_else(Place::default, |(_, place)| *place)
    }

    /// The part from one byte to another; empty if they are not character boundaries.
    pub(super) fn slice(&self, start: usize, end: usize) -> Self {
        let part = self.chars.get(start..end).unwrap_or_default();
        let mut slice = Self::new(part, self.place_at(start));
        if !part.is_empty() {
            let from = self.marks.partition_point(|(at, _)| *at <= start);
            let to = self.marks.partition_point(|(at, _)| *at < end);
            let inside = self.marks.get(from..to).unwrap_or_default();
            slice
                .marks
                .extend(inside.iter().map(|(at, place)| (at - start, *place)));
        }
        slice
    }

    /// Other characters at the same places, one for each byte.
    pub(super) fn with_chars(&self, chars: String) -> Self {
        Self {
            chars,
            marks: self.marks.clone(),
        }
    }

    /// The same characters, each replaced by what a function makes of it, at the same place.
    pub(super) fn map(&self, change: impl Fn(&str) -> String) -> Self {
        let changed = change(&self.chars);
        match self.chars.contains('\n') {
            true => Self::new(&changed, self.place()),
            false => Self::in_one_line(&changed, self.place()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_keeps_its_line() {
        let at = |line| Place { file: 0, line };
        let mut text = Text::new("a\nb", at(3));
        text.push(&Text::new("c\nd", at(10)));
        let lines: Vec<_> = (0..6).map(|byte| text.place_at(byte).line).collect();
        assert_eq!(lines, [3, 3, 4, 10, 10, 11]);
        let part = text.slice(2, 6);
        assert_eq!(part.as_str(), "bc\nd");
        assert_eq!(part.place_at(0).line, 4);
        assert_eq!(part.place_at(3).line, 11);
        assert_eq!(text.slice(9, 12).as_str(), "");
        let text = Text::in_one_line("a\nb", at(5));
        assert_eq!(text.place_at(2).line, 5);
    }
}
