//! The secrets of one run: each with its token, and where else it stands.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::scan::is_edge_before;
use super::value::{byte, is_path, is_strong, slice};

/// How many distinct secrets get a number of their own. Who prints more does so to harm.
const MOST: usize = 2_000;
/// How many bytes of secrets, in all their forms, are sought everywhere.
const MOST_BYTES: usize = 1 << 20;
/// Longer secrets have one form.
const LONGEST: usize = 8 << 10;
/// Longer secrets are sought without regard to the letters around them.
const LONG: usize = 16;
/// How many secrets may end with one another, as `d`, `cd` and `bcd` do: so many may end at each byte of a text.
const MOST_NESTED: usize = 8;

/// Every secret found so far, in the order of appearance.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    found: Vec<Secret>,
    /// How many there are of a class, and the latest.
    ranks: HashMap<Cow<'static, str>, (u64, usize)>,
    /// Every form of every secret, and which one it is.
    forms: HashMap<Vec<u8>, usize>,
    /// The highest number in a token of a class that stood in the text already.
    taken: BTreeMap<String, u64>,
    /// Values that are no secret wherever they stand alone, such as the unit's name.
    innocent: HashSet<Vec<u8>>,
}

#[derive(Debug)]
struct Secret {
    class: Cow<'static, str>,
    /// Its number among the new ones of its class, from 1.
    rank: u64,
}

impl Secrets {
    /// Whether there is nothing to be replaced, and no token that stands there already.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty() && self.taken.is_empty()
    }

    /// A value that may stand anywhere.
    pub(super) fn innocent(&mut self, value: &str) {
        self.innocent.insert(value.as_bytes().to_vec());
    }

    /// A number that a token in the text has already.
    pub(super) fn taken(&mut self, class: &str, number: u64) {
        let highest = self.taken.entry(class.to_owned()).or_default();
        *highest = number.max(*highest);
    }

    /// Takes in a secret, and says which it is.
    pub(super) fn add(&mut self, class: Cow<'static, str>, value: &[u8]) -> usize {
        let plain = unescaped(value);
        if let Some(known) = self.forms.get(value).or_else(|| self.forms.get(&plain)) {
            return *known;
        }
        let (rank, last) = self.ranks.get(&class).copied().unwrap_or_default();
        if self.found.len() >= MOST && rank > 0 {
            // All that is left of a class has one number.
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
        // Who can say where a value of several words ends? Each is a secret too.
        for word in plain.split(|byte| b" \t,;&'\"|=".contains(byte)) {
            if word.len() < plain.len() && is_strong(word) && !is_path(word) {
                self.forms.entry(word.to_vec()).or_insert(index);
            }
        }
        index
    }

    /// What stands in a secret's place.
    pub(super) fn token(&self, index: usize) -> String {
        let Some(Secret { class, rank }) = self.found.get(index) else {
            return String::new();
        };
        let number = self
            .taken
            .get(&**class)
            .copied()
            .unwrap_or_default()
            .saturating_add(*rank);
        format!("{}{class}:{number}]", super::tokens::TOKEN)
    }

    /// Finds these secrets where nothing around them says what they are.
    pub(super) fn known(&self) -> Known {
        let mut strong: Vec<_> = self
            .forms
            .iter()
            .filter(|(form, _)| is_strong(form) && !self.innocent.contains(*form))
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
        Known {
            long: Search::new(long),
            short: Search::new(short),
        }
    }
}

/// Removes what ends with too many others.
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

/// The secrets that are strong enough to be sought everywhere.
#[derive(Debug)]
pub(super) struct Known {
    long: Option<Search>,
    short: Option<Search>,
}

/// Texts to be found, and which secret each is.
#[derive(Debug)]
struct Search {
    automaton: AhoCorasick,
    indices: Vec<usize>,
}

impl Search {
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

    /// Where they stand, in order, without those that `fits` refuses; those that overlap as one.
    fn places(&self, text: &[u8], fits: impl Fn(usize, usize) -> bool) -> Vec<Place> {
        let mut places = Vec::new();
        for found in self.automaton.find_overlapping_iter(text) {
            let secret = self.indices.get(found.pattern().as_usize());
            if fits(found.start(), found.end()) {
                let secret = secret.copied().unwrap_or_default();
                Place::new(found.start(), found.end(), secret).join(&mut places);
            }
        }
        places
    }
}

/// Where a secret stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Which it is; of several that overlap, the longest.
    pub(super) secret: usize,
    /// The length of that one.
    length: usize,
}

impl Place {
    pub(super) const fn new(from: usize, to: usize, secret: usize) -> Self {
        Self {
            from,
            to,
            secret,
            length: to - from,
        }
    }

    /// Adds it to places in the order of their ends, none of which ends behind it, and makes one of those
    /// that overlap.
    pub(super) fn join(mut self, places: &mut Vec<Self>) {
        while let Some(last) = places.pop_if(|last| self.from < last.to) {
            self.from = self.from.min(last.from);
            self.to = self.to.max(last.to);
            if last.length >= self.length {
                (self.secret, self.length) = (last.secret, last.length);
            }
        }
        places.push(self);
    }
}

impl Known {
    /// Where they stand. Next to what is in `found` already, a word may begin and end whatever the
    /// letters.
    pub(super) fn places(&self, text: &[u8], found: &[Place]) -> Vec<Place> {
        let long = self.long.iter();
        let mut places: Vec<_> = long
            .flat_map(|search| search.places(text, |_, _| true))
            .collect();
        let edges: HashSet<_> = found
            .iter()
            .chain(&places)
            .flat_map(|place| [place.from, place.to])
            .collect();
        let stands_alone = |from: usize, to: usize| {
            let begins = !is_word(byte(text, from)) || is_edge(text, from) || edges.contains(&from);
            let ends =
                !is_word(byte(text, to - 1)) || !is_word(byte(text, to)) || edges.contains(&to);
            begins && ends
        };
        if let Some(search) = &self.short {
            places.extend(search.places(text, stands_alone));
        }
        places
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_edge(text: &[u8], at: usize) -> bool {
    byte(text, at.wrapping_sub(1)) != b'_' && is_edge_before(text, at)
}

/// A value as programs pass it on: as it is, in JSON, in a URL, in base64.
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
    // `echo` adds the line break.
    for text in [value.to_vec(), [value, b"\n"].concat()] {
        forms.push(STANDARD.encode(&text).into_bytes());
        forms.push(STANDARD_NO_PAD.encode(&text).into_bytes());
    }
    forms
}

/// A value without the backslashes of quotations around it: `pa\"ss` is `pa"ss`.
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
