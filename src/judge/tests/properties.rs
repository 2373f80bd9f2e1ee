//! What holds for every recording.

use proptest::prelude::*;

use super::*;

proptest! {
    /// The same recording, whatever its outputs and the order of unlike checks, gives the same
    /// bytes; only what evidence reads can turn the verdict.
    #[test]
    fn the_same_bytes_each_time(
        noise in proptest::collection::vec("\\PC{0,12}", 3),
        statuses in proptest::collection::vec(0..3_i32, 3),
        order in Just(vec![0_usize, 1, 2]).prop_shuffle(),
    ) {
        let runbook = with_hypotheses(&[
            hypothesis("a", "race: true", &["supports:yes", "weakens:no", "rules_out:gone"]),
            hypothesis("b", "explains: [a]", &["supports:gone", "confirms:no"]),
        ].concat());
        let ids = ["is_yes", "is_no", "is_gone"];
        let run = |order: &[usize], noise: &[String]| {
            order.iter().fold(Run::new(&runbook), |run, index| {
                run.exits(ids[*index], statuses[*index], &noise[*index], &noise[*index])
            })
        };
        let json = |run: &Run<'_>| serde_json::to_string(&run.report()).unwrap();
        let first = run(&order, &noise);
        prop_assert_eq!(json(&first), json(&first.clone()));
        let quiet = run(&[0, 1, 2], &vec![String::new(); 3]).diagnosis();
        let verdict = first.diagnosis().verdict;
        prop_assert_eq!(
            (verdict.kind, verdict.race),
            (quiet.verdict.kind, quiet.verdict.race)
        );
        prop_assert_eq!(first.diagnosis().hypotheses, quiet.hypotheses);
    }

    /// More evidence of a kind never turns a level the other way.
    #[test]
    fn more_support_never_weakens(effects in proptest::collection::vec(0..4_usize, 0..6)) {
        let names = ["confirms:yes", "supports:yes", "weakens:yes", "supports:no"];
        let evidence: Vec<_> = effects.iter().map(|index| names[*index]).collect();
        let before = judged(&[&evidence[..], &["supports:no"]].concat()).level;
        let after = judged(&[&evidence[..], &["supports:yes"]].concat()).level;
        prop_assert!(after >= before);
    }
}
