use super::truth;

#[test]
fn items_after_the_last_common_one_are_found() {
    let holds = |source: &str| assert_eq!(truth(source), Some(true), "{source}");
    holds("['a', 'b', 'a', 'c', 'd'] | after_last(['a', 'b']) == ['c', 'd']");
    holds("['a', 'b'] | after_last(['b']) == []");
    holds("['a', 'b'] | after_last(['x']) == []");
    holds("[] | after_last(['x']) == []");
}

#[test]
fn an_error_overtakes_one_of_another_kind_and_path() {
    let overtaken = |earlier: &str, later: &str, is_overtaken: bool| {
        let source = format!(
            r#"["{earlier}", "goes on", "{later}"] | overtaken(["{earlier}"], ["{later}"], ["denied|refused", "no such"]) == {}"#,
            if is_overtaken {
                format!(r#"["{earlier}"]"#)
            } else {
                "[]".to_owned()
            }
        );
        assert_eq!(truth(&source), Some(true), "{source}");
    };
    overtaken("peer refused", "a: no such file", true);
    // Another error of the same kind may be the same error, told twice.
    overtaken("peer refused", "peer refused again: denied", false);
    // What may not be created does not exist, either.
    overtaken(
        "mkdir /var/lib/app/: denied",
        "/var/lib/app/db: no such file",
        false,
    );
    overtaken(
        "/var/lib/app/db: denied",
        "no such directory: '/var/lib/app'",
        false,
    );
    overtaken("/var/lib/app: denied", "/var/lib/apple: no such file", true);
    // An error of no known kind is one of another kind.
    overtaken("peer refused", "assertion failed", true);
}
