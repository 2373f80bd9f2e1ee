use super::*;

fn problems_in(text: &str) -> Vec<String> {
    problems(&Script::read(text))
}

#[test]
fn a_quoted_value_is_accepted_where_quoting_protects_it() {
    let accepted = [
        "ls -l",
        "echo ${#name}",
        "cat {{ path | quote }}",
        "x={{ path | quote if path else '${FILE:?path of the file}' }}",
        "cat {{path|quote}} | grep -c x",
        "cat {{- path | quote -}} ",
        "cat {{ stamp.path | lower | quote }}",
        "cat {{ (dir ~ '/' ~ unit) | quote }}",
        "cat {{ files[0] | default('a)b', x) | quote }}",
        "x=\"$(cat {{ path | quote }})\"; echo \"$x\"",
        "x=\"$(cd \"$d\" && (cat {{ path | quote }}))\"",
        "echo 'it'\\''s' {{ path | quote }}",
        "echo \\\" {{ path | quote }}",
        "echo a#b {{ path | quote }}",
        "# don't\ncat {{ path | quote }}",
        "echo \"${x:-a}\" {{ path | quote }}",
        "docker inspect -f {{ '{{.State}}' }} x",
        "cat {{ ('a') }}",
        "ls '{{ 'it' }}'\n{{- path | quote }}",
        "case x in x) cat {{ path | quote }};; esac",
        "x=$(case x in (x | y) cat {{ path | quote }};; esac; cat {{ path | quote }})",
        "case $x in {{ path | quote }}) echo a;; {{ unit | quote }} | b) echo b;; esac",
        "for x in {{ path | quote }}; do ls \"$x\"; done",
        "x={{ path | quote }} ls; ls \"$x\"",
        "command -v {{ path | quote }}",
        "timeout 5 cat {{ path | quote }}",
        "sh -c 'cat \"$1\"' sh {{ path | quote }}",
        "eval \"$y\" || ls {{ path | quote }}",
        "[ -e {{ path | quote }} ] && ! grep -q {{ unit | quote }} /etc/fstab",
    ];
    for text in accepted {
        assert_eq!(problems_in(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_value_that_reaches_the_shell_as_code_is_refused() {
    let refused = [
        ("cat {{ path }}", "write `{{ path | quote }}`"),
        (
            "cat {{ path | quote | upper }}",
            "write `{{ path | quote | upper | quote }}`",
        ),
        ("cat {{ dir ~ unit }}", "write `{{ (dir ~ unit) | quote }}`"),
        ("cat {{ dir ~ unit | quote }}", "only a part of"),
        ("cat {{ dir or unit | quote }}", "only a part of"),
        ("cat {{ dir if a else unit | quote }}", "only a part of"),
        ("cat {{ dir if a else '${FILE:?a path}' }}", "write `{{ ("),
        ("cat {{ dir | quote if a else '$(reboot)' }}", "write `{{ ("),
        (
            "cat {{ dir | quote if a else '${FILE:?$(reboot)}' }}",
            "write `{{ (",
        ),
        ("cat {{ dir | quote if a else unit }}", "write `{{ ("),
        ("cat {{ '}}' ~ dir }}", "write `{{ ('}}' ~ dir) | quote }}`"),
        ("cat '{{ path | quote }}'", "inside quotes"),
        ("cat \"{{ path | quote }}\"", "inside quotes"),
        ("cat \"$(ls)/{{ path | quote }}\"", "inside quotes"),
        ("cat \"${x:-{{ path | quote }}}\"", "inside `${…}`"),
        ("cat \"${x:-\"}{{ path | quote }}\"", "inside quotes"),
        ("cat \"`ls {{ path | quote }}`\"", "inside backticks"),
        ("cat `ls {{ path | quote }}`", "inside backticks"),
        ("ls # {{ path | quote }}", "in a comment"),
        ("ls # x\n{{- path | quote }}", "in a comment"),
        ("ls # {{ 'x' -}} \n {{ path | quote }}", "in a comment"),
        ("cat {{ \"'\" }} {{ path | quote }}", "inside quotes"),
        ("cat {{ not path }}", "write `{{ (not path) | quote }}`"),
        (
            "cat {{ path is defined }}",
            "write `{{ (path is defined) | quote }}`",
        ),
        ("# don't\nls '{{ path | quote }}'", "inside quotes"),
        ("cat <<E\n{{ path | quote }}\nE", "after a here-document"),
        ("cat \\{{ path | quote }}", "after a backslash"),
        ("cat ${{ path | quote }}", "after a `$`"),
        ("echo $'it\\'s' {{ path | quote }}", "`$'…'`"),
        (
            "x=\"$(case a in b) echo \"{{ path | quote }}\";; esac)\"",
            "inside quotes",
        ),
        ("echo $(( {{ path | quote }} ))", "inside `((…))`"),
        ("echo \"`echo \"` {{ path | quote }}\"", "inside quotes"),
        ("{% if x %}rm{% endif %}", "`{% … %}`"),
        ("echo ${#x} {{ path | quote }}", "`{#`"),
        ("echo \"\\\"{{ path | quote }}\"", "inside quotes"),
        ("eval {{ path | quote }}", "`eval` runs the value"),
        (
            "command eval \"ls\" {{ path | quote }}",
            "`eval` runs the value",
        ),
        (
            "x={{ path | quote }}; eval \"ls $x\"",
            "`eval` runs the value",
        ),
        ("sh -c {{ path | quote }}", "`sh` runs the value"),
        (
            "timeout 5 /bin/bash -ec {{ path | quote }} x",
            "`bash` runs the value",
        ),
        (
            "x={{ path | quote }}; sh -c \"ls $x\"",
            "`sh` runs the value",
        ),
        (
            "find / -exec sh -c {{ path | quote }} ';'",
            "`find` runs the value",
        ),
        ("trap {{ path | quote }} EXIT", "`trap` runs the value"),
        ("x=$( {{ path | quote }} )", "is run as a program"),
        ("x=1 nohup {{ path | quote }} -v", "is run as a program"),
        ("true && {{ path | quote }}", "is run as a program"),
    ];
    for (text, part) in refused {
        let problems = problems_in(text).join("\n");
        assert!(problems.contains(part), "{text}: {problems:?}");
    }
}

#[test]
fn a_shell_script_among_the_words_is_found() {
    let words = |words: &[&str]| {
        script_with_template(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(words(&["sh", "-c", "cat {{ path }}"]), Some(2));
    assert_eq!(
        words(&["/usr/bin/env", "bash", "-euc", "cat {{ path }}"]),
        Some(3)
    );
    assert_eq!(words(&["busybox", "sh", "-c", "cat {{ path }}"]), Some(3));
    assert_eq!(words(&["sh", "-c", "cat \"$1\"", "sh", "{{ path }}"]), None);
    assert_eq!(words(&["stat", "-c", "{{ path }}"]), None);
    assert_eq!(words(&["stat", "-c", "%s", "sh"]), None);
}
