//! A patch keeps the rest of a script working; where that is not sure, the finding stays without one.

use super::*;

/// The changed lines of a script that begins with `set -euo pipefail`, and the rules that have no patch.
fn changes(script: &str) -> (Vec<String>, Vec<Rule>) {
    let text = format!("set -euo pipefail\n{script}");
    let patch = patch_of("provision.sh", text, Style::Repair);
    let lines = patch.diff.lines().skip(2);
    let changed = lines.filter(|line| line.starts_with(['+', '-']));
    let left = patch.left.iter().map(|left| left.rule);
    (changed.map(str::to_owned).collect(), left.collect())
}

fn patch_of(path: &str, text: String, style: Style) -> Patch {
    let path = path.to_owned();
    patch(&Source { path, text }, &|_, _| None, &|_, _| None, style)
}

fn added(script: &str) -> Vec<String> {
    let (lines, _) = changes(script);
    let added = lines.iter().filter_map(|line| line.strip_prefix('+'));
    added.map(str::to_owned).collect()
}

const PUSH: &str = "pct push 958 a.service /etc/systemd/system/a.service";
const CHECK: &str = "pct exec 958 -- test -s /etc/systemd/system/a.service";
const ENABLE: &str = "pct exec 958 -- systemctl enable a.service";

#[test]
fn a_check_stays_in_the_list_of_its_push() {
    let cases = [
        (
            format!("for i in 1 2 3; do\n  {PUSH} && break\ndone\n{ENABLE}\n"),
            format!("  {PUSH} && {CHECK} && break"),
        ),
        (
            format!("[[ -f a.service ]] && {PUSH}\n{ENABLE}\n"),
            format!("[[ -f a.service ]] && {{ {PUSH}; {CHECK}; }}"),
        ),
        (
            format!("[[ -f a.service ]] && \\\n  {PUSH}\n{ENABLE}\n"),
            format!("  {{ {PUSH}; {CHECK}; }}"),
        ),
        (
            format!("{PUSH} && {ENABLE} && echo done\n"),
            format!("{PUSH} && {CHECK} && {ENABLE} && echo done"),
        ),
        (
            format!("if {PUSH}; then\n  {ENABLE}\nfi\n"),
            format!("if {PUSH} && {CHECK}; then"),
        ),
        (
            format!("{PUSH}; {ENABLE}\n"),
            format!("{PUSH}; {CHECK}; {ENABLE}"),
        ),
    ];
    for (script, expected) in cases {
        assert_eq!(added(&script), [expected], "{script}");
    }
}

#[test]
fn the_condition_of_a_push_is_that_of_its_directory() {
    let push = "pct push 958 a.conf /etc/a/a.conf";
    assert_eq!(
        added(&format!("[[ -f a.conf ]] && {push}\n")),
        [format!(
            "[[ -f a.conf ]] && {{ pct exec 958 -- mkdir -p /etc/a; {push}; }}"
        )]
    );
}

#[test]
fn a_push_in_the_background_is_not_checked_before_it_has_ended() {
    let script = format!("{PUSH} &\n{ENABLE}\n");
    assert_eq!(added(&script), ["wait"]);
}

#[test]
fn a_value_of_a_loop_or_a_function_is_not_put_where_it_has_another_one() {
    let check = "pct exec \"$c\" -- test -s /etc/systemd/system/a.service";
    let push = "pct push \"$c\" a.service /etc/systemd/system/a.service";
    let deploy = format!("deploy() {{\n  local c=$1 unit=$2\n  {push}\n  {check}\n}}\n")
        .replace("a.service", "$unit");
    let cases = [
        // The files of a loop have no common name.
        (
            "D=/opt/a\npct exec 958 -- mkdir -p $D\nfor f in a.service a.env; do\n  \
             pct push 958 \"$f\" \"$D/$f\"\ndone\npct exec 958 -- systemctl enable a.service\n"
                .to_owned(),
            Rule::PushOutsideUnitPath,
        ),
        // Nor have the units that it enables.
        (
            format!(
                "for u in my-a my-b; do\n  {}\n  {}\ndone\nUNITS=(my_a my_b)\n\
                 for u in \"${{UNITS[@]}}\"; do\n  pct exec 958 -- systemctl enable \"$u\"\ndone\n",
                PUSH.replace("a.service", "$u.service"),
                CHECK.replace("a.service", "$u.service"),
            ),
            Rule::UnitNameMismatch,
        ),
        (
            format!(
                "for c in 901 902; do\n  {push}\n  {check}\ndone\npct exec 903 -- systemctl enable a.service\n"
            ),
            Rule::ContainerMismatch,
        ),
    ];
    for (script, rule) in cases {
        let (lines, left) = changes(&script);
        assert!(lines.is_empty(), "{script}: {lines:?}");
        assert!(left.contains(&rule), "{script}: {left:?}");
    }
    for words in ["901", "$A"] {
        let script = format!(
            "A=901\n{deploy}deploy 901 a.service\ndeploy 902 b.service\npct exec {words} -- systemctl enable b.service\n"
        );
        assert_eq!(
            added(&script),
            ["pct exec 902 -- systemctl enable b.service"]
        );
    }
}

#[test]
fn only_a_word_of_systemctl_becomes_the_name_of_the_unit() {
    let script = "N=my-a\npct push 958 my_a.service /etc/systemd/system/my_a.service\n\
                  pct exec 958 -- test -s /etc/systemd/system/my_a.service\n\
                  pct exec \"$CT\" -- bash -c \"systemctl enable ${N}.service && echo $N\"\n"
        .replace("\"$CT\"", "958");
    assert_eq!(
        added(&script),
        ["pct exec 958 -- bash -c \"systemctl enable my_a.service && echo $N\""]
    );
}

#[test]
fn nothing_moves_above_what_it_needs() {
    for between in [
        "SRC=units",
        "if [[ ! -f a.service ]]; then\n  wget -q https://example.org/a.service\nfi",
        "cat >a.service <<EOF\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\nEOF",
    ] {
        let script = format!("{ENABLE}\n{between}\n{PUSH}\n{CHECK}\n");
        let (lines, left) = changes(&script);
        assert_eq!(
            lines,
            [format!("-{ENABLE}"), format!("+{ENABLE}")],
            "{script}"
        );
        assert_eq!(left, [], "{script}");
    }
    let enable = ENABLE.replace("a.service", "$unit");
    let script = format!("unit=a.service\n{enable}\nunit=b.service\n{PUSH}\n{CHECK}\n");
    assert_eq!(changes(&script), (vec![], vec![Rule::EnableBeforePush]));
}

#[test]
fn a_container_is_not_started_twice() {
    let script =
        "start() { pct start 958; }\ncopy() { pct push 958 a.conf /etc/a.conf; }\npct stop 958\n";
    let (lines, left) = changes(&format!("{script}copy\nstart\n"));
    assert_eq!(left, []);
    let calls: Vec<_> = lines
        .iter()
        .map(|line| line.trim_start_matches(['+', '-']))
        .collect();
    assert!(
        calls.iter().all(|line| ["copy", "start"].contains(line)),
        "{lines:?}"
    );
    let (lines, left) = changes(&format!("{script}copy\npct set 958 --memory 512\nstart\n"));
    assert!(lines.is_empty(), "{lines:?}");
    assert_eq!(left, [Rule::PushBeforeStart]);
}

#[test]
fn a_file_that_has_its_name_keeps_it() {
    let (lines, left) = changes("pct push 958 build/app_*.deb /opt/app.deb\n");
    assert!(lines.is_empty(), "{lines:?}");
    assert_eq!(left, [Rule::PushGlob]);
}

#[test]
fn a_patch_names_a_file_below_its_directory() {
    let names = [
        ("a.sh", "a.sh"),
        ("./b/a.sh", "b/a.sh"),
        ("b/../a.sh", "a.sh"),
        ("../a.sh", "a.sh"),
        ("/srv/a.sh", "a.sh"),
        ("an a.sh", "an a.sh\t"),
    ];
    for (path, name) in names {
        let patch = patch_of(path, "pct exec 958 bash -c ls\n".to_owned(), Style::Repair);
        let header = format!("--- a/{name}\n+++ b/{name}\n");
        assert!(patch.diff.starts_with(&header), "{path}: {}", patch.diff);
    }
    let name = "a.sh\n--- a/b.sh\n+++ b/b.sh";
    let patch = patch_of(name, "pct exec 958 bash -c ls\n".to_owned(), Style::Repair);
    assert_eq!((patch.diff.as_str(), patch.left.len()), ("", 1));
}

#[test]
fn a_patch_has_the_bytes_of_the_script() {
    // What is not UTF-8, or has a meaning of its own in the audit, cannot be written as it was.
    for c in ['\u{fffd}', '\u{f0000}'] {
        let text = format!("# {c}\npct exec 958 bash -c ls\n");
        let patch = patch_of("a.sh", text, Style::Repair);
        assert_eq!((patch.diff.as_str(), patch.left.len()), ("", 1));
    }
    for end in ["\n", "\r\n"] {
        let text = format!("set -e{end}pct exec 958 bash -c ls{end}");
        let diff = patch_of("a.sh", text, Style::Repair).diff;
        let added = format!("\n+pct exec 958 -- bash -c ls{end}");
        assert!(diff.contains(&added), "{diff:?}");
    }
}

#[test]
fn only_what_is_sure_of_the_arguments_of_a_push_changes() {
    let push = "pct push 958 a.conf /etc/a.conf";
    let cases = [
        (format!("{push} 0644"), format!("{push} --perms 0644")),
        (
            format!("{push} --owner root:adm"),
            format!("{push} --user root --group adm"),
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(added(&format!("{line}\n")), [expected]);
    }
    for line in [
        "pct push 958 a.conf /etc/a.conf b.conf",
        "parallel pct push {} a.conf /etc/a.conf ::: 901 902",
    ] {
        let (lines, _) = changes(&format!("{line}\n"));
        assert!(lines.is_empty(), "{line}: {lines:?}");
    }
}

#[test]
fn a_wrapper_whose_callers_pass_the_separator_stays() {
    let script = "ct() { pct exec 958 \"$@\"; }\nct ls -la\nct -- ls\n";
    assert_eq!(
        changes(script),
        (vec![], vec![Rule::ExecDashWithoutSeparator])
    );
}

#[test]
fn a_container_is_not_mounted_twice() {
    let copy = "cp a.conf /var/lib/lxc/958/rootfs/etc/a.conf";
    let (lines, left) = changes(&format!("{copy}\npct mount 958\npct unmount 958\n"));
    assert!(lines.is_empty(), "{lines:?}");
    assert_eq!(left, [Rule::RootfsCopy]);
}

#[test]
fn pipefail_holds_for_its_pipeline_only() {
    let text = "set -eu\npct exec 958 -- systemctl restart ssh 2>&1 | tee log\nls | head -1\n";
    let diff = patch_of("a.sh", text.to_owned(), Style::Repair).diff;
    let line = "\n+(set -o pipefail; pct exec 958 -- systemctl restart ssh 2>&1 | tee log)\n";
    assert!(diff.contains(line), "{diff}");
}

#[test]
fn a_delay_comes_before_the_units_are_read() {
    let cases = [
        (
            format!("{PUSH} && {ENABLE}\n"),
            format!("{PUSH} && sleep 2 && {ENABLE}"),
        ),
        (
            format!("if {PUSH}; then {ENABLE}; fi\n"),
            format!("if {PUSH} && sleep 2; then {ENABLE}; fi"),
        ),
        (
            format!("{PUSH}; {ENABLE}\n"),
            format!("{PUSH}; sleep 2; {ENABLE}"),
        ),
        (format!("{PUSH}\n{ENABLE}\n"), "sleep 2".to_owned()),
    ];
    for (script, expected) in cases {
        let diff = patch_of("a.sh", format!("set -e\n{script}"), Style::Sleep).diff;
        assert!(
            diff.contains(&format!("\n+{expected}\n")),
            "{script}: {diff}"
        );
    }
}

#[test]
fn a_section_comes_behind_all_words_of_a_unit() {
    let unit = "printf '%s\\n' '[Service]' 'ExecStart=/bin/true'";
    let script = format!("{unit} >a.service\n{PUSH}\n{CHECK}\n{ENABLE}\n");
    let expected = format!("{unit} '[Install]' 'WantedBy=multi-user.target' >a.service");
    assert_eq!(added(&script), [expected]);
}

#[test]
fn a_directory_does_not_become_one_file() {
    let script =
        "for c in 901 902; do\n  pct push $c ./units /etc/systemd/system/ || exit 1\ndone\n";
    let lines = added(script);
    let is_file = |line: &String| line.contains("/etc/systemd/system/units");
    assert!(!lines.iter().any(is_file), "{lines:?}");
    let script = "H=$(dirname \"$0\")\nH=$(cd \"$H\" && pwd)\n\
                  pct push 958 \"$H\" /etc/systemd/system/a.service\n";
    let (lines, _) = changes(script);
    assert!(lines.iter().all(|line| !line.contains("/*")), "{lines:?}");
}

#[test]
fn a_branch_that_leaves_a_loop_does_not_move_into_another_one() {
    for branch in ["continue", "{ echo failed; continue; }"] {
        let push = "pct push $c units/ /etc/systemd/system/";
        let script = format!("for c in 901 902; do\n  {push} || {branch}\ndone\n");
        let (lines, left) = changes(&script);
        assert!(lines.is_empty(), "{lines:?}");
        assert!(left.contains(&Rule::PushDirectory), "{left:?}");
    }
}

#[test]
fn all_findings_of_a_rule_get_their_own_check() {
    let push = |unit: &str| format!("pct push 958 {unit} /etc/systemd/system/{unit} || exit 1\n");
    let units = ["a.service", "b.service", "c.service", "d.service"];
    let script: String = units.iter().map(|unit| push(unit)).collect();
    let checks =
        units.map(|unit| format!("pct exec 958 -- test -s /etc/systemd/system/{unit} || exit 1"));
    assert_eq!(added(&script), checks);
    // One directory is made once, however many files are pushed to it.
    let push = |name: &str| {
        format!("pct push 958 {name} /etc/one/{name}\npct exec 958 -- cat /etc/one/{name}\n")
    };
    let script: String = ["a", "b", "c"].into_iter().map(push).collect();
    assert_eq!(added(&script), ["pct exec 958 -- mkdir -p /etc/one"]);
}

#[test]
fn a_directory_keeps_the_quotes_that_it_has() {
    let lines = added("pct push 958 \"$HERE\"/*.service /etc/systemd/system/\n");
    assert_eq!(
        lines.first().map(String::as_str),
        Some("for unit in \"$HERE\"/*.service; do")
    );
}
