//! The secrets of one run: their tokens, and where else they occur.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::scan::is_edge_before;
use super::value::{byte, is_path, is_strong, slice};

/// How many distinct secrets get a number of their own. Only hostile output has more.
const MOST: usize = 2_000;
/// How many bytes of secrets, in all forms, are searched for everywhere.
const MOST_BYTES: usize = 1 << 20;
/// Longer secrets are searched for in one form only.
const LONGEST: usize = 8 << 10;
/// Secrets of this length or more are found within words too.
const LONG: usize = 16;
/// How many secrets may be suffixes of one another, like `d`, `cd` and `bcd`: it limits how many end at each byte of a text.
const MOST_NESTED: usize = 8;

/// Every secret that was found, in order of appearance.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    found: Vec<Secret>,
    /// The number of secrets of each class, and the index of the latest.
    ranks: HashMap<Cow<'static, str>, (u64, usize)>,
    /// Every form of every secret, with the secret's index.
    forms: HashMap<Vec<u8>, usize>,
    /// The highest number of a token of each class that the text already contained.
    reserved: BTreeMap<String, u64>,
    /// Values that are not secrets on their own, such as the name of the unit.
    exempt: HashSet<Vec<u8>>,
}

#[derive(Debug)]
struct Secret {
    class: Cow<'static, str>,
    /// Its number among the new secrets of its class, from 1.
    rank: u64,
}

impl Secrets {
    /// Whether there is nothing to replace, and the text contained no token.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty() && self.reserved.is_empty()
    }

    /// Exempts a value from being found anywhere.
    pub(super) fn exempt(&mut self, value: &str) {
        self.exempt.insert(value.as_bytes().to_vec());
    }

    /// Reserves the number of a token that the text already contains.
    pub(super) fn reserved(&mut self, class: &str, number: u64) {
        let highest = self.reserved.entry(class.to_owned()).or_default();
        *highest = number.max(*highest);
    }

    /// Adds a secret, and returns its index.
    pub(super) fn add(&mut self, class: Cow<'static, str>, value: &[u8]) -> usize {
        let plain = unescaped(value);
        if let Some(known) = self.forms.get(value).or_else(|| self.forms.get(&plain)) {
            return *known;
        }
        let (rank, last) = self.ranks.get(&class).copied().unwrap_or_default();
        if self.found.len() >= MOST && rank > 0 {
            // The rest of the class shares one number.
            return last;
        }
        let index = self.found.len();
        self.found.push(Secret {
            class: class.clone(),
            rank: rank + 1,
        });
        self.ranks.insert(class, (rank + 1, index));
        for form in forms(value).into_iter().chain(forms(&plain)) {
            self.forms.entry(form).or_insert(index);
        }
        // The value may end at any of its words: each is a secret too.
        for word in plain.split(|byte| b" \t,;&'\"|=".contains(byte)) {
            if word.len() < plain.len() && is_strong(word) && !is_path(word) {
                self.forms.entry(word.to_vec()).or_insert(index);
            }
        }
        index
    }

    /// The token for a secret.
    pub(super) fn token(&self, index: usize) -> String {
        let Some(Secret { class, rank }) = self.found.get(index) else {
            return String::new();
        };
        let number = self
            .reserved
            .get(&**class)
            .copied()
            .unwrap_or_default()
            .saturating_add(*rank);
        format!("{}{class}:{number}]", super::tokens::TOKEN)
    }

    /// A finder for these secrets.
    pub(super) fn finder(&self) -> SecretFinder {
        let mut strong: Vec<_> = self
            .forms
            .iter()
            .filter(|(form, _)| is_strong(form) && !self.exempt.contains(*form))
            .map(|(form, index)| (*index, form.as_slice()))
            .collect();
        strong.sort_unstable();
        let mut room = MOST_BYTES;
        strong.retain(|(_, form)| {
            let fits = form.len() <= room;
            room -= if fits { form.len() } else { 0 };
            fits
        });
        without_nested(&mut strong);
        let (long, short): (Vec<_>, Vec<_>) =
            strong.into_iter().partition(|(_, form)| form.len() >= LONG);
        SecretFinder {
            long: Automaton::new(long),
            short: Automaton::new(short),
        }
    }
}

/// Removes forms of which too many others are suffixes.
fn without_nested(forms: &mut Vec<(usize, &[u8])>) {
    forms.sort_by(|(_, one), (_, other)| one.iter().rev().cmp(other.iter().rev()));
    let mut ends: Vec<&[u8]> = Vec::new();
    forms.retain(|(_, form)| {
        while ends.last().is_some_and(|end| !form.ends_with(end)) {
            ends.pop();
        }
        let few = ends.len() < MOST_NESTED;
        if few {
            ends.push(form);
        }
        few
    });
}

/// Finds secrets where nothing around them identifies them.
#[derive(Debug)]
pub(super) struct SecretFinder {
    long: Option<Automaton>,
    short: Option<Automaton>,
}

/// Forms to search for, and the secret that each belongs to.
#[derive(Debug)]
struct Automaton {
    automaton: AhoCorasick,
    indices: Vec<usize>,
}

impl Automaton {
    fn new(forms: Vec<(usize, &[u8])>) -> Option<Self> {
        if forms.is_empty() {
            return None;
        }
        let (indices, forms): (Vec<_>, Vec<_>) = forms.into_iter().unzip();
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(forms)
            .ok()?;
        Some(Self { automaton, indices })
    }

    /// Where the forms occur, if `fits` accepts it, in order. Overlapping occurrences are merged.
    fn find(&self, text: &[u8], fits: impl Fn(usize, usize) -> bool) -> Vec<Occurrence> {
        let mut occurrences = Vec::new();
        for found in self.automaton.find_overlapping_iter(text) {
            let secret = self.indices.get(found.pattern().as_usize());
            if fits(found.start(), found.end()) {
                let secret = secret.copied().unwrap_or_default();
                Occurrence::new(found.start(), found.end(), secret).join(&mut occurrences);
            }
        }
        occurrences
    }
}

/// Where a secret occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Occurrence {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The index of the secret: of merged occurrences, the longest one's.
    pub(super) secret: usize,
    /// The length of that one.
    length: usize,
}

impl Occurrence {
    pub(super) const fn new(from: usize, to: usize, secret: usize) -> Self {
        Self {
            from,
            to,
            secret,
            length: to - from,
        }
    }

    /// Adds the occurrence to others that end no later, and merges those that overlap.
    pub(super) fn join(mut self, occurrences: &mut Vec<Self>) {
        while let Some(last) = occurrences.pop_if(|last| self.from < last.to) {
            self.from = self.from.min(last.from);
            self.to = self.to.max(last.to);
            if last.length >= self.length {
                (self.secret, self.length) = (last.secret, last.length);
            }
        }
        occurrences.push(self);
    }
}

impl SecretFinder {
    /// Where the secrets occur. A word may also start or end next to what the rules have found.
    pub(super) fn find(&self, text: &[u8], found: &[Occurrence]) -> Vec<Occurrence> {
        let long = self.long.iter();
        let mut occurrences: Vec<_> = long
            .flat_map(|search| search.find(text, |_, _| true))
            .collect();
        let edges: HashSet<_> = found
            .iter()
            .chain(&occurrences)
            .flat_map(|occurrence| [occurrence.from, occurrence.to])
            .collect();
        let stands_alone = |from: usize, to: usize| {
            let begins = !is_word(byte(text, from)) || is_edge(text, from) || edges.contains(&from);
            let ends =
                !is_word(byte(text, to - 1)) || !is_word(byte(text, to)) || edges.contains(&to);
            begins && ends
        };
        if let Some(search) = &self.short {
            occurrences.extend(search.find(text, stands_alone));
        }
        occurrences
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_edge(text: &[u8], at: usize) -> bool {
    byte(text, at.wrapping_sub(1)) != b'_' && is_edge_before(text, at)
}

/// The forms in which programs print a value: unchanged, in JSON, in a URL, in base64.
fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![value.to_vec()];
    if value.len() > LONGEST {
        return forms;
    }
    if let Ok(text) = std::str::from_utf8(value)
        && let Ok(json) = serde_json::to_string(text)
    {
        forms.push(slice(json.as_bytes(), 1, json.len() - 1).to_vec());
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    for upper in [true, false] {
        let percent = value
            .iter()
            .fold(String::new(), |text, byte| match (plain(byte), upper) {
                (true, _) => text + &String::from(char::from(*byte)),
                (false, true) => text + &format!("%{byte:02X}"),
                (false, false) => text + &format!("%{byte:02x}"),
            });
        forms.push(percent.into_bytes());
    }
    // `echo` adds a line break.
    for text in [value.to_vec(), [value, b"\n"].concat()] {
        forms.push(STANDARD.encode(&text).into_bytes());
        forms.push(STANDARD_NO_PAD.encode(&text).into_bytes());
    }
    forms
}

/// A value without the backslashes of the quotes around it: `pa\"ss` becomes `pa"ss`.
fn unescaped(value: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(value.len());
    let mut bytes = value.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => plain.extend(bytes.next()),
            byte => plain.push(*byte),
        }
    }
    plain
}
