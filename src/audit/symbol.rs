//! Values that are not known, as characters in a string: equal characters are equal values.
//!
//! They are in a plane that Unicode leaves to private use, and are taken out of what is read.

use super::text::{Place, Text};

const FIRST: u32 = 0xF_0000;
const LAST: u32 = 0xF_FFFD;

/// How many characters a message has for a symbol.
const LONGEST_NAME: usize = 200;

/// The meanings of the symbols.
#[derive(Debug, Default)]
pub(super) struct Symbols(Vec<Symbol>);

#[derive(Debug, Clone, Default)]
pub(super) struct Symbol {
    /// How a message names it.
    pub(super) shown: String,
    /// It is a directory of the host.
    pub(super) directory: bool,
    /// A variable that this shell never set.
    pub(super) unset: Option<String>,
    /// A variable that only the script around this one sets, and does not pass on.
    pub(super) lost: Option<String>,
    /// The background job whose process it is.
    pub(super) job: Option<usize>,
}

impl Symbols {
    /// A new symbol, as a string. When all are in use, the last one stands for every further value.
    pub(super) fn add(&mut self, mut symbol: Symbol) -> String {
        // A name may be made of the names of other symbols.
        if let Some((end, _)) = symbol.shown.char_indices().nth(LONGEST_NAME) {
            symbol.shown.truncate(end);
            symbol.shown.push('…');
        }
        if FIRST as usize + self.0.len() <= LAST as usize {
            self.0.push(symbol);
        }
        let last = FIRST + u32::try_from(self.0.len()).unwrap_or(1).saturating_sub(1);
        char::from_u32(last).into_iter().collect()
    }

    /// Names a value that has no name of its own after the variable that holds it.
    pub(super) fn name(&mut self, text: &str, variable: &str) {
        let mut chars = text.chars();
        let (Some(c), None) = (chars.next(), chars.next()) else {
            return;
        };
        let index = u32::from(c).checked_sub(FIRST);
        let symbol = index.and_then(|index| self.0.get_mut(index as usize));
        if let Some(symbol) = symbol
            && symbol.shown.starts_with("$(")
        {
            symbol.shown = format!("${variable}");
        }
    }

    pub(super) fn are_used_up(&self) -> bool {
        FIRST as usize + self.0.len() > LAST as usize
    }

    pub(super) fn get(&self, c: char) -> Option<&Symbol> {
        let index = u32::from(c).checked_sub(FIRST)?;
        self.0.get(index as usize)
    }

    /// The meanings of the symbols in a text.
    pub(super) fn of<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a Symbol> {
        text.chars().filter_map(|c| self.get(c))
    }

    /// A text as a message shows it.
    pub(super) fn shown(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        for c in text.chars() {
            match self.get(c) {
                Some(symbol) => shown.push_str(&symbol.shown),
                None => shown.push(c),
            }
        }
        shown
    }
}

pub(super) fn is_symbol(c: char) -> bool {
    (FIRST..=LAST).contains(&u32::from(c))
}

/// Whether the value is known in full.
pub(super) fn is_known(text: &str) -> bool {
    text.is_ascii() || !text.chars().any(is_symbol)
}

/// The text of a script, without characters that would be treated as symbols, and with Unix line ends.
pub(super) fn read_in(text: &str, file: usize) -> Text {
    let clean: String = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n")
        .chars()
        .map(|c| {
            if is_symbol(c) || c == '\0' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    // A mark for each line makes it cheap to find the place of a word.
    let mut text = Text::default();
    for (index, line) in clean.split_inclusive('\n').enumerate() {
        let place = Place {
            file,
            line: index + 1,
        };
        text.push_str(line, place);
    }
    text
}

/// Whether two texts may be the same, whatever the symbols in them stand for.
pub(super) fn may_equal(a: &str, b: &str) -> bool {
    if is_known(a) && is_known(b) {
        return a == b;
    }
    let agree = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
        for (a, b) in a.zip(b) {
            if is_symbol(a) || is_symbol(b) {
                return true;
            }
            if a != b {
                return false;
            }
        }
        true
    };
    // A text without symbols cannot be shorter than what the other one is sure of.
    let sure = |text: &str| text.chars().filter(|c| !is_symbol(*c)).count();
    if is_known(a) && sure(a) < sure(b) || is_known(b) && sure(b) < sure(a) {
        return false;
    }
    agree(&mut a.chars(), &mut b.chars()) && agree(&mut a.chars().rev(), &mut b.chars().rev())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_may_be_any_text() {
        let mut symbols = Symbols::default();
        let x = symbols.add(Symbol {
            shown: "$x".to_owned(),
            ..Symbol::default()
        });
        let y = symbols.add(Symbol {
            shown: "$y".to_owned(),
            ..Symbol::default()
        });
        let cases = [
            ("a.service".to_owned(), "a.service".to_owned(), true),
            ("a.service".to_owned(), "b.service".to_owned(), false),
            (format!("{x}.service"), "b.service".to_owned(), true),
            (format!("{x}.service"), "b.timer".to_owned(), false),
            (format!("{x}.service"), format!("{y}.service"), true),
            (format!("a{x}b"), format!("a{x}b"), true),
            (format!("a{x}"), "b".to_owned(), false),
            (format!("a{x}a"), "a".to_owned(), false),
            (format!("/etc/{x}"), format!("{y}/a"), true),
        ];
        for (a, b, expected) in cases {
            assert_eq!(may_equal(&a, &b), expected, "{a:?} {b:?}");
            assert_eq!(may_equal(&b, &a), expected, "{b:?} {a:?}");
        }
        assert_eq!(symbols.shown(&format!("{x}/{y}.service")), "$x/$y.service");
    }
}
