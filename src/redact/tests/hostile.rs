//! Texts that are made to slow redaction down, or to hide one secret behind another.

use super::redacted;

/// To decide whether prose follows a name, the rest of the line is read. On a line full of names, this happens a limited
/// number of times; then whatever follows a name counts as its value.
#[test]
fn a_line_full_of_names_is_read_a_limited_number_of_times() {
    for unit in ["passwd: x \\", "passwd: aA1!aA1! x \\", "secret-x: a b \\"] {
        for count in [100, 1_000, 10_000] {
            let text = redacted(&format!("{{\\{}", unit.repeat(count)));
            let kept = text.matches(unit).count();
            assert!(kept < 20, "{kept} of {count}: {unit}");
            assert!(text.ends_with(":1]"), "{unit}");
        }
    }
    // After `Authorization:`, a Proxmox API token is left to its own rule, which reads on.
    let text = redacted(&"authorization:apitoken=".repeat(1_000));
    assert!(text.matches("authorization").count() < 50, "{text}");
}

#[test]
fn prose_on_a_long_line_stays() {
    let message = r#"{"MESSAGE":"passwd: the password of root was changed","PRIORITY":"6"},"#;
    let line = format!("[{}]", message.repeat(100));
    assert_eq!(redacted(&line), line);
}

#[test]
fn overlapping_secrets_are_removed_completely() {
    let named = "A_TOKEN=abcdefgh12345678\nB_TOKEN=12345678ijklmnop\nC_TOKEN=345678ijklmn0pqr\n";
    let text = redacted(&format!("{named}see abcdefgh12345678ijklmn0pqr"));
    assert!(text.ends_with("\nsee [redacted:token:1]"), "{text}");
}

/// Otherwise a text that consists of the shortest secret would contain each of them at every byte.
#[test]
fn of_many_nested_suffixes_the_shortest_are_found_everywhere() {
    let ending = "x1".repeat(8);
    let secret = |length: usize| format!("{}{ending}", "b".repeat(length));
    let named: String = (0..20)
        .map(|length| format!("TOKEN={}\n", secret(length)))
        .collect();
    let text = redacted(&format!("{named}{}\n{}", secret(7), secret(8)));
    assert!(
        text.ends_with("\n[redacted:token:8]\nb[redacted:token:8]"),
        "{text}"
    );
}
