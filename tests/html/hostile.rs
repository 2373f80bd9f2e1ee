//! Reports in which every string is hostile.

use std::collections::BTreeMap;

use lxcdiag::expression::Missing;
use lxcdiag::judge::VerdictKind;
use lxcdiag::judge::results::EventSource;
use lxcdiag::report::{Redaction, Report};

/// Attacks on a page, one per line.
pub const FRAGMENTS: &[&str] = &[
    "<script>pwned()</script>",
    "</script><script>pwned()</script>",
    "</style><script>pwned()</script>",
    "</title><script>pwned()</script>",
    "</details></section></main><h1>All is well</h1>",
    "</pre></div><pre>",
    "</text></svg><script>pwned()</script><svg><text>",
    "</svg><img src=x onerror=pwned()>",
    "]]><script>pwned()</script><![CDATA[",
    "--><script>pwned()</script><!--",
    "<img src=x onerror=pwned()>",
    "\"><img src=x onerror=pwned()>",
    "' onfocus=pwned() autofocus='",
    "\" onmouseover=\"pwned()\" style=\"position:fixed;inset:0",
    "<a href=\"javascript:pwned()\">next</a>",
    "javascript:pwned()",
    "<iframe srcdoc=\"<script>parent.pwned()</script>\"></iframe>",
    "<meta http-equiv=refresh content=0;url=javascript:pwned()>",
    "<base href=//127.0.0.1/><form action=//127.0.0.1/><button>Go</button></form>",
    "<style>*{display:none}</style>",
    "<template><textarea><noscript><plaintext>",
    "{{ 7 * 7 }}{% raw %}{# gone #}{% endraw %}{{ style | safe }}",
    "${7*7}`${pwned()}`",
    "&lt;script&gt;&#60;&amp;&quot;&nbsp;&#x202e;",
    "\u{0}\u{1}\u{8}\u{1b}[2J\u{1b}]8;;http://127.0.0.1/\u{7}\u{7f}\u{9b}31m",
    "\u{202e}moc.live\u{202c}\u{2066}\u{2069}\u{200b}\u{200d}\u{feff}\u{ad}\u{2028}\u{2029}",
    "\u{fffd}\u{fffe}\u{ffff}\u{e0041}\u{fe0f}e\u{301}\u{301}\u{301}",
    "\r\rovertyped",
    "<svg onload=pwned()><use href=data:,x></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned()>",
];

fn replace(missing: &mut Missing, word: &mut impl FnMut(&mut String)) {
    let mut text = String::new();
    word(&mut text);
    *missing = text.into();
}

/// Replaces every string in a report by the next of `words`, which have no line breaks. References within
/// the report stay valid.
pub fn poison(report: &mut Report, mut words: impl FnMut() -> String) {
    let mut word = |text: &mut String| *text = words();
    word(&mut report.lxcdiag);
    report.command_line.iter_mut().for_each(&mut word);
    report.demonstration.iter_mut().for_each(&mut word);
    word(&mut report.runbook.id);
    word(&mut report.runbook.title);
    word(&mut report.runbook.sha256);
    let target = &mut report.target;
    word(&mut target.node);
    word(&mut target.via);
    [
        &mut target.os,
        &mut target.systemd,
        &mut target.kernel,
        &mut target.pve,
    ]
    .into_iter()
    .flatten()
    .for_each(&mut word);
    word(&mut report.started_at);
    word(&mut report.finished_at);
    report.cut_short.iter_mut().for_each(&mut word);
    report.failed_at.iter_mut().for_each(&mut word);
    report.changed.iter_mut().for_each(&mut word);

    let mut vars = BTreeMap::new();
    for (number, name) in report.var_order.iter_mut().enumerate() {
        let old = std::mem::take(name);
        word(name);
        name.push_str(&number.to_string());
        if let Some(mut value) = report.vars.remove(&old) {
            word(&mut value);
            vars.insert(name.clone(), value);
        }
        report
            .defaulted
            .iter_mut()
            .filter(|defaulted| **defaulted == old)
            .for_each(|defaulted| defaulted.clone_from(name));
    }
    report.vars = vars;

    for check in &mut report.checks {
        word(&mut check.key.check);
        word(check.key.item.get_or_insert_default());
        word(&mut check.title);
        check.step.iter_mut().for_each(&mut word);
        word(&mut check.reason);
        word(&mut check.observed);
        check.argv.iter_mut().for_each(&mut word);
        check.started_at.iter_mut().for_each(&mut word);
        // Every check has outputs of several lines and with a tab.
        for output in [&mut check.stdout, &mut check.stderr] {
            let (mut first, mut second) = (String::new(), String::new());
            word(&mut first);
            word(&mut second);
            *output = format!("\n{first}\n\t{second}\n");
        }
        let (mut name, mut value) = (String::new(), String::new());
        word(&mut name);
        word(&mut value);
        check.facts = serde_json::json!({ name: value });
    }
    for event in &mut report.timeline {
        word(&mut event.at);
        event.until.iter_mut().for_each(&mut word);
        word(&mut event.what);
        if let EventSource::Check(id) = &mut event.source {
            word(id);
        }
    }
    let verdict = &mut report.verdict;
    for (number, hypothesis) in report.hypotheses.iter_mut().enumerate() {
        let old = std::mem::take(&mut hypothesis.id);
        word(&mut hypothesis.id);
        hypothesis.id.push_str(&number.to_string());
        if let VerdictKind::Hypothesis { id, .. } = &mut verdict.kind
            && *id == old
        {
            id.clone_from(&hypothesis.id);
        }
        word(&mut hypothesis.title);
        word(&mut hypothesis.about);
        word(&mut hypothesis.remedy);
        hypothesis
            .missing
            .iter_mut()
            .for_each(|one| replace(one, &mut word));
        hypothesis.overturned_by.iter_mut().for_each(&mut word);
        for evidence in &mut hypothesis.evidence {
            word(&mut evidence.says);
            evidence
                .missing
                .iter_mut()
                .for_each(|one| replace(one, &mut word));
        }
    }
    word(&mut verdict.summary);
    // Lines and commands stay as they are.
    let lines = verdict.remedy.lines().map(|line| {
        let indent = line.len() - line.trim_start().len();
        let mut text = String::new();
        word(&mut text);
        format!("{}.{text}\n", &line[..indent])
    });
    verdict.remedy = lines.collect();
    let (mut class, mut place) = (String::new(), String::new());
    word(&mut class);
    word(&mut place);
    report.redacted = Some(vec![Redaction {
        class,
        place,
        count: 3,
    }]);
}
