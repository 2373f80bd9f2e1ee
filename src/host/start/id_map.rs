//! The ID map of a container against what the node's root may map. Pure.

/// A range of IDs: container IDs from `inside` are host IDs from `outside`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// Of groups, not of users.
    pub(super) groups: bool,
    inside: u64,
    outside: u64,
    count: u64,
}

/// Whether the kernel and newuidmap accept a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Accepted {
    Yes,
    /// `/etc/subuid` or `/etc/subgid` does not have it.
    NotAllowed,
    /// It has IDs in common with the range of this number.
    Overlaps(usize),
    /// The line is not `u|g INSIDE OUTSIDE COUNT`.
    Invalid,
    Unknown,
}

/// What an unprivileged container without a map of its own uses.
pub(super) const DEFAULT: [&str; 2] = ["u 0 100000 65536", "g 0 100000 65536"];

impl Range {
    /// Parses the value of `lxc.idmap`.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let [kind, inside, outside, count] = words.as_slice() else {
            return None;
        };
        let groups = match *kind {
            "u" => false,
            "g" => true,
            _ => return None,
        };
        let number = |text: &str| text.parse::<u32>().ok().map(u64::from);
        Some(Self {
            groups,
            inside: number(inside)?,
            outside: number(outside)?,
            count: number(count)?,
        })
    }

    fn overlaps(self, other: Self) -> bool {
        let meet = |a: u64, b: u64| a < b + other.count && b < a + self.count;
        self.groups == other.groups
            && (meet(self.inside, other.inside) || meet(self.outside, other.outside))
    }

    /// The file that must allow it.
    pub(super) const fn file(self) -> &'static str {
        if self.groups {
            "/etc/subgid"
        } else {
            "/etc/subuid"
        }
    }

    /// The line that allows it.
    pub(super) fn needs(self) -> String {
        format!("root:{}:{}", self.outside, self.count)
    }
}

/// Judges each range of a map. `users` and `groups` are the texts of `/etc/subuid` and
/// `/etc/subgid`, if they can be read.
pub(super) fn accepted(
    map: &[Option<Range>],
    users: Option<&str>,
    groups: Option<&str>,
) -> Vec<Accepted> {
    let (users, groups) = (users.map(spans), groups.map(spans));
    let judge = |(at, range): (usize, &Option<Range>)| {
        let Some(range) = *range else {
            return Accepted::Invalid;
        };
        let earlier = map
            .iter()
            .take(at)
            .position(|other| other.is_some_and(|other| range.overlaps(other)));
        if let Some(other) = earlier {
            return Accepted::Overlaps(other);
        }
        match if range.groups { &groups } else { &users } {
            None => Accepted::Unknown,
            Some(spans) if covered(spans, range) => Accepted::Yes,
            Some(_) => Accepted::NotAllowed,
        }
    };
    map.iter().enumerate().map(judge).collect()
}

/// Root's ranges, joined where they touch.
fn spans(text: &str) -> Vec<(u64, u64)> {
    let line = |line: &str| {
        let rest = line
            .strip_prefix("root:")
            .or_else(|| line.strip_prefix("0:"))?;
        let (start, count) = rest.split_once(':')?;
        let (start, count) = (
            start.trim().parse::<u64>().ok()?,
            count.trim().parse::<u64>().ok()?,
        );
        Some((start, start.checked_add(count)?))
    };
    let mut all: Vec<_> = text.lines().filter_map(line).collect();
    all.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (start, end) in all {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

fn covered(spans: &[(u64, u64)], range: Range) -> bool {
    // newuidmap lets its caller, root, map itself.
    let own = range.outside == 0 && range.count == 1;
    own || spans
        .iter()
        .any(|(start, end)| *start <= range.outside && range.outside + range.count <= *end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(map: &[&str], subuid: &str) -> Vec<Accepted> {
        let map: Vec<_> = map.iter().map(|line| Range::parse(line)).collect();
        accepted(&map, Some(subuid), Some(subuid))
    }

    #[test]
    fn a_range_must_be_allowed_and_separate() {
        use Accepted::{Invalid, NotAllowed, Overlaps, Yes};
        assert_eq!(judged(&DEFAULT, "root:100000:65536\n"), [Yes, Yes]);
        assert_eq!(
            judged(&["u 0 100000 1000", "u 1000 1000 1"], "root:100000:65536\n"),
            [Yes, NotAllowed]
        );
        assert_eq!(
            judged(
                &["u 0 100000 1000", "u 1000 1000 1"],
                "root:100000:65536\n0:1000:1\n"
            ),
            [Yes, Yes]
        );
        assert_eq!(
            judged(
                &["u 0 100000 65536", "u 1000 1000 1"],
                "root:100000:65536\nroot:1000:1\n"
            ),
            [Yes, Overlaps(0)]
        );
        assert_eq!(judged(&["u 0 10 20"], "root:10:10\nroot:20:10\n"), [Yes]);
        assert_eq!(judged(&["u 0 10 20"], "lxc:10:100\n"), [NotAllowed]);
        assert_eq!(judged(&["b 0 10 20", "u 0 x 1"], ""), [Invalid, Invalid]);
    }
}
