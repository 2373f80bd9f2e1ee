//! The nearest right name, for messages about a wrong one. Pure.

/// Longer names are nobody's slip of the pen, and comparing them costs their lengths' product.
const LONGEST: usize = 64;

/// The candidate most like `name`, if one is near enough to have been meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    ranked(name, candidates).into_iter().next()
}

/// The candidates near enough to `name` to have been meant, the most like it first.
pub fn ranked<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    if name.len() > LONGEST {
        return Vec::new();
    }
    let wanted = name.to_lowercase();
    let mut near: Vec<_> = candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .filter_map(|candidate| {
            let distance = strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase());
            let longer = wanted.chars().count().max(candidate.chars().count());
            (distance <= (longer / 3).max(1) && distance < longer).then_some((distance, candidate))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

/// The hint line of a message about a wrong name: the name that was probably meant, or else all names.
///
/// Empty if there are no names.
pub fn suggestion<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<_> = candidates.into_iter().collect();
    if let Some(near) = nearest(name, candidates.iter().copied()) {
        return format!("\nhint: did you mean `{near}`?");
    }
    match candidates.as_slice() {
        [] => String::new(),
        [only] => format!("\nhint: the only choice is `{only}`"),
        _ => format!("\nhint: choose one of {}", listed(candidates)),
    }
}

/// Names as a reader takes them in: in backticks, with commas, at most twenty of them.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let shown = names.iter().take(20).cloned().collect::<Vec<_>>();
    match names.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name() {
        let keys = ["needs", "title", "changes", "for_each"];
        let cases = [
            ("neds", Some("needs")),
            ("Title", Some("title")),
            ("tilte", Some("title")),
            ("for-each", Some("for_each")),
            ("foreach", Some("for_each")),
            ("when", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(nearest(name, keys), expected, "{name:?}");
        }
    }

    #[test]
    fn a_name_of_one_letter_is_not_taken_for_another() {
        assert_eq!(nearest("x", ["y"]), None);
    }

    #[test]
    fn a_very_long_name_is_not_compared() {
        let long = "x".repeat(1 << 20);
        assert_eq!(nearest(&long, ["x"]), None);
        assert_eq!(nearest(&long, [long.as_str()]), None);
        assert_eq!(nearest(&long[..65], [&long[..64]]), None);
    }

    #[test]
    fn without_a_near_name_all_are_listed() {
        assert_eq!(
            suggestion("zzz", ["a", "bb"]),
            "\nhint: choose one of `a`, `bb`"
        );
        assert_eq!(suggestion("zzz", ["a"]), "\nhint: the only choice is `a`");
        assert_eq!(suggestion("zzz", []), "");
        let many: Vec<_> = (0..30).map(|n| format!("name{n}")).collect();
        assert!(listed(many.iter().map(String::as_str)).ends_with("`name19` and 10 more"));
    }
}
