use super::truth;

#[test]
fn items_after_the_last_common_one_are_found() {
    let holds = |source: &str| assert_eq!(truth(source), Some(true), "{source}");
    holds("['a', 'b', 'a', 'c', 'd'] | after_last(['a', 'b']) == ['c', 'd']");
    holds("['a', 'b'] | after_last(['b']) == []");
    holds("['a', 'b'] | after_last(['x']) == []");
    holds("[] | after_last(['x']) == []");
}
