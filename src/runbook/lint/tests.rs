use super::*;

fn lints(text: &str) -> Vec<String> {
    let source = Source {
        name: "x.yaml".to_owned(),
        text: text.to_owned(),
        built_in: false,
        parts: Vec::new(),
    };
    let lints = lint(&source).unwrap();
    lints
        .iter()
        .map(|lint| {
            let position = lint.at.position.unwrap();
            let message = lint.at.message.lines().next().unwrap();
            format!(
                "{}:{} {}: {message}",
                position.line, position.column, lint.rule
            )
        })
        .collect()
}

const TEXT: &str = r#"runbook: x
title: With every kind of mistake
vars:
  unit: { about: the unit, default: a.service }
  unused: { about: nothing }
checks:
  - { id: files, title: All files, run: [find, /, -name, core], pass: exit == 0 }
  - { id: limited, title: All files, run: [find, /, -name, core], timeout: 60s, pass: exit == 0 }
  - { id: state, title: State, shell: "systemctl is-active -- {{ unit | quote }}", facts: { match: '(?<state>\w+)' } }
  - { id: piped, title: Piped, run: [ps, ax, "|", grep, nginx], pass: exit == 0 }
  - { id: silent, title: Silent, run: [ls, /etc, 2>/dev/null], pass: exit == 0 }
  - { id: found, title: Found, run: [find, /etc, -exec, ls, "{}", ;, -name, "> x"], timeout: 60s, pass: exit == 0 }
  - { id: compared, title: Compared, run: [test, a, ">", b], pass: exit == 0 }
hypotheses:
  - id: impossible
    title: Never
    about: It cannot be.
    remedy: Wait.
    evidence: [{ if: state.passed and state.failed, then: confirms, says: no }]
  - id: vague
    title: Vague
    about: It may be.
    remedy: Wait.
    evidence: [{ if: files.failed, then: supports, says: maybe }]
  - id: only-likely
    title: Only likely
    about: It may be.
    at_best: likely
    remedy: Wait.
    evidence: [{ if: files.failed, then: supports, says: maybe }]
  - id: clear
    title: Clear
    about: It is.
    remedy: Wait.
    evidence: [{ if: limited.failed, then: confirms, says: yes }]
"#;

/// Each kind of text prints a list once; the last one prints what is made of it.
const LISTS: &str = r#"runbook: x
title: Lists
let:
  biggest: sizes.size | max
  large: sizes.size | sort
checks:
  - id: sizes
    title: Sizes
    run: [echo, "1"]
    each: line
    facts: { match: '^(?<size>\d+)$', types: { size: int } }
    show: "{{ size }}"
events:
  - { at: started_at, what: "{{ 'of ' ~ sizes.size }}" }
hypotheses:
  - id: big
    title: Big
    about: It is big.
    remedy: "Delete {{ large if biggest > 3 else large }}."
    evidence:
      - { if: biggest > 3, then: confirms, says: "{% if biggest > 4 %}{{ sizes.size | sort }}{% endif %}" }
      - { if: biggest < 1, then: rules_out, says: "{{ sizes.size | join(', ') }}, {{ sizes.size | length }}, {{ biggest }}" }
"#;

#[test]
fn a_text_that_prints_a_list_is_found() {
    insta::assert_snapshot!(lints(LISTS).join("\n"), @r"
    12:11 list-in-text: the text contains a list, in brackets and quotes
    14:29 list-in-text: the text contains a list, in brackets and quotes
    19:13 list-in-text: the text contains a list, in brackets and quotes
    21:50 list-in-text: the text contains a list, in brackets and quotes
    ");
}

#[test]
fn each_kind_of_mistake_is_found_where_it_is() {
    insta::assert_snapshot!(lints(TEXT).join("\n"), @r"
    5:3 unread-var: nothing reads the var `unused`
    7:41 long-command: `find` can take longer than the default timeout of 10 s
    9:39 needless-shell: the command needs no shell
    10:46 shell-operator: `|` is an argument here: no shell reads the words of `run`
    11:50 shell-operator: `2>/dev/null` is an argument here: no shell reads the words of `run`
    15:9 undecidable: no evidence can confirm or rule out `impossible`
    19:22 never-holds: the condition can never hold: its parts exclude each other
    20:9 undecidable: no evidence can confirm or rule out `vague`
    ");
}

#[test]
fn a_runbook_that_is_not_valid_has_errors_instead() {
    let source = Source {
        name: "x.yaml".to_owned(),
        text: TEXT.replace("then: confirms", "then: confirm"),
        built_in: false,
        parts: Vec::new(),
    };
    assert!(lint(&source).is_err());
}
