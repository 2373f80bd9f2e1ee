//! A page as a tree of elements.

use scraper::{ElementRef, Html, Selector};

/// A page, parsed as browsers do.
pub fn parse(text: &str) -> Html {
    Html::parse_document(text)
}

/// The elements that a selector selects, in the page's order.
pub fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).collect()
}

/// The only element that a selector selects.
pub fn only<'a>(page: &'a Html, selector: &str) -> ElementRef<'a> {
    let found = all(page, selector);
    assert_eq!(found.len(), 1, "{selector}");
    found[0]
}

/// The text of an element, with single spaces.
pub fn text(element: ElementRef<'_>) -> String {
    let pieces: Vec<_> = element.text().flat_map(str::split_whitespace).collect();
    pieces.join(" ")
}

/// An attribute that must exist.
pub fn attribute<'a>(element: ElementRef<'a>, name: &str) -> &'a str {
    let found = element.value().attr(name);
    found.unwrap_or_else(|| panic!("no {name}: {}", element.html()))
}

/// An attribute that is a number.
pub fn number(element: ElementRef<'_>, name: &str) -> f64 {
    attribute(element, name).parse().unwrap()
}

/// The tree of elements: each with its depth, the names of its attributes, and the values of those that give
/// it a meaning. The lines of text in the picture, and so the length of its bars, depend on the text: these
/// are excluded.
pub fn tree(page: &Html) -> Vec<String> {
    const MEANING: &[&str] = &[
        "id",
        "class",
        "href",
        "role",
        "scope",
        "type",
        "http-equiv",
        "name",
    ];
    page.root_element()
        .descendent_elements()
        .filter(|element| !["text", "rect"].contains(&element.value().name()))
        .map(|element| {
            let mut attributes: Vec<_> = element
                .value()
                .attrs()
                .map(|(name, value)| match MEANING.contains(&name) {
                    true => format!("{name}={value}"),
                    false => name.to_owned(),
                })
                .collect();
            attributes.sort();
            let depth = element.ancestors().count();
            format!(
                "{depth} {} {}",
                element.value().name(),
                attributes.join(" ")
            )
        })
        .collect()
}

/// The first difference of two trees.
pub fn difference(a: &[String], b: &[String]) -> Option<String> {
    let place = (0..a.len().max(b.len())).find(|at| a.get(*at) != b.get(*at))?;
    Some(format!("{:?} for {:?}", a.get(place), b.get(place)))
}
