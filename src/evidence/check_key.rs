//! Which check an attempt, a result or a row of a report belongs to.

use std::fmt;

use serde::{Serialize, Serializer};

/// A check, and for a check with `for_each` the item it ran for.
///
/// Its text, in JSON too, is the check's id, with the item in brackets: `disk` or `disk[/var]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckKey {
    /// The check's id.
    pub check: String,
    /// The item, which may be any text.
    pub item: Option<String>,
}

impl CheckKey {
    /// The key of a check without `for_each`.
    pub fn new(check: &str) -> Self {
        Self {
            check: check.to_owned(),
            item: None,
        }
    }

    /// The key of one item of a check with `for_each`.
    pub fn of_item(check: &str, item: &str) -> Self {
        Self {
            item: Some(item.to_owned()),
            ..Self::new(check)
        }
    }
}

impl fmt::Display for CheckKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.item {
            Some(item) => write!(f, "{}[{item}]", self.check),
            None => f.write_str(&self.check),
        }
    }
}

impl Serialize for CheckKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_json_are_the_id_with_the_item_in_brackets() {
        let cases = [
            (CheckKey::new("disk"), "disk"),
            (CheckKey::of_item("disk", "/var"), "disk[/var]"),
            (CheckKey::of_item("disk", "a]["), "disk[a][]"),
            (CheckKey::of_item("disk", ""), "disk[]"),
        ];
        for (key, text) in cases {
            assert_eq!(key.to_string(), text);
            assert_eq!(serde_json::to_value(&key).unwrap(), text);
        }
    }
}
