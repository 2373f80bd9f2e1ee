//! Properties of every report in JUnit XML. The fuzz target `render` uses this file too.

use lxcdiag::report::{Format, Layout, Report, render};
use lxcdiag::terminal_text::visible;
use roxmltree::{Document, Node};

/// It is well-formed, has the elements of the schema that Jenkins publishes (junit-10.xsd), and contains every text.
pub fn holds(report: &Report) {
    let text = render(report, Format::Junit, Layout::default());
    let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let suites: Vec<_> = root.children().filter(Node::is_element).collect();
    assert_eq!(suites.len(), 1);
    let suite = suites[0];
    assert_eq!(suite.tag_name().name(), "testsuite");
    let cases: Vec<_> = elements(suite, "testcase");
    for (attribute, kind) in [
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ] {
        let count = cases
            .iter()
            .filter(|case| !elements(**case, kind).is_empty())
            .count();
        assert_eq!(
            suite.attribute(attribute),
            Some(count.to_string().as_str()),
            "{attribute}"
        );
    }
    assert_eq!(
        suite.attribute("tests"),
        Some(cases.len().to_string().as_str())
    );
    assert_eq!(cases.len(), 1 + report.checks.len());
    schema(suite);
    for (case, check) in cases.iter().skip(1).zip(&report.checks) {
        let name = visible(&format!("{}: {}", check.key, check.title));
        assert_eq!(case.attribute("name"), Some(name.as_str()));
        outputs(*case, "system-out", &check.stdout);
        outputs(*case, "system-err", &check.stderr);
        for kind in ["failure", "error", "skipped"] {
            for status in elements(*case, kind) {
                assert_eq!(
                    status.attribute("message"),
                    Some(visible(&check.reason).as_str())
                );
            }
        }
    }
}

fn elements<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Vec<Node<'a, 'i>> {
    node.children()
        .filter(|child| child.has_tag_name(name))
        .collect()
}

/// The order and the attributes of elements, from junit-10.xsd.
fn schema(suite: Node<'_, '_>) {
    let names: Vec<_> = suite
        .children()
        .filter(Node::is_element)
        .map(|child| child.tag_name().name())
        .collect();
    assert_eq!(names[0], "properties");
    assert!(
        names[1..].iter().all(|name| *name == "testcase"),
        "{names:?}"
    );
    for property in elements(elements(suite, "properties")[0], "property") {
        let attributes: Vec<_> = property
            .attributes()
            .map(|attribute| attribute.name())
            .collect();
        assert_eq!(attributes, ["name", "value"]);
    }
    for case in elements(suite, "testcase") {
        assert!(case.attribute("classname").is_some());
        if let Some(time) = case.attribute("time") {
            assert!(time.parse::<f64>().unwrap() >= 0.0);
        }
        let names: Vec<_> = case
            .children()
            .filter(Node::is_element)
            .map(|child| child.tag_name().name())
            .collect();
        let order = ["failure", "error", "skipped", "system-out", "system-err"];
        let places: Vec<_> = names
            .iter()
            .map(|name| order.iter().position(|known| known == name).unwrap())
            .collect();
        assert!(places.is_sorted(), "{names:?}");
        assert!(
            places.iter().filter(|place| **place < 3).count() <= 1,
            "{names:?}"
        );
    }
}

fn outputs(case: Node<'_, '_>, name: &str, output: &str) {
    let found: Vec<_> = elements(case, name)
        .iter()
        .map(|node| node.text().unwrap_or_default())
        .collect();
    let lines = output.strip_suffix('\n').unwrap_or(output).split('\n');
    let expected = lines.map(visible).collect::<Vec<_>>().join("\n");
    match output.is_empty() {
        true => assert!(found.is_empty()),
        false => assert_eq!(found, [expected]),
    }
}
