//! The JSON contract: every key, its type, and the form of times.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

fn json(run: &Run<'_>) -> Value {
    let layout = Layout {
        width: 80,
        colour: true,
    };
    let text = render(&run.report(), Format::Json, layout);
    assert!(text.ends_with("}\n"));
    serde_json::from_str(&text).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// Every key of the contract, and those that were added to it since.
fn has_keys(value: &Value, contract: &[&str], added: &[&str]) {
    let all = contract
        .iter()
        .chain(added)
        .copied()
        .collect::<BTreeSet<_>>();
    assert_eq!(keys(value), all);
}

#[test]
fn keys_follow_the_contract() {
    let report = json(&late_push().failed_at(-31.4));
    has_keys(
        &report,
        &[
            "schema",
            "lxcdiag",
            "command_line",
            "runbook",
            "target",
            "started_at",
            "finished_at",
            "vars",
            "defaulted",
            "changed",
            "checks",
            "timeline",
            "hypotheses",
            "verdict",
        ],
        &["read_only", "failed_at", "failed_at_source", "redacted"],
    );
    has_keys(&report["runbook"], &["id", "sha256"], &["title"]);
    has_keys(
        &report["target"],
        &["ct", "node", "via", "os", "systemd", "kernel", "pve"],
        &[],
    );
    for check in report["checks"].as_array().unwrap() {
        let mut added = vec!["observed", "race"];
        added.extend(check.get("metric").map(|_| "metric"));
        has_keys(
            check,
            &[
                "id",
                "title",
                "step",
                "outcome",
                "reason",
                "argv",
                "started_at",
                "duration_ms",
                "exit",
                "signal",
                "timed_out",
                "stdout",
                "stderr",
                "stdout_bytes",
                "stderr_bytes",
                "facts",
            ],
            &added,
        );
    }
    for moment in report["timeline"].as_array().unwrap() {
        let until = moment.get("until").map(|_| "until");
        has_keys(moment, &["at", "what", "source"], until.as_slice());
    }
    for hypothesis in report["hypotheses"].as_array().unwrap() {
        let mut added = vec!["about", "conflicting", "remedy", "missing"];
        added.extend(hypothesis.get("overturned_by").map(|_| "overturned_by"));
        has_keys(
            hypothesis,
            &["id", "title", "race", "verdict", "evidence"],
            &added,
        );
        for evidence in hypothesis["evidence"].as_array().unwrap() {
            has_keys(evidence, &["effect", "holds", "says", "missing"], &[]);
        }
    }
    has_keys(
        &report["verdict"],
        &["id", "level", "race", "summary", "remedy"],
        &["remedies"],
    );
}

#[test]
fn the_head_describes_the_run() {
    let report = json(&late_push());
    assert_eq!(report["schema"], "lxcdiag.report/1");
    assert_eq!(report["lxcdiag"], "0.1.0");
    assert_eq!(
        report["command_line"],
        json!(["lxcdiag", "run", "late-unit", "--ct", "958"])
    );
    assert_eq!(
        report["runbook"],
        json!({
            "id": "late-unit",
            "title": "Did the unit file lose a race with systemd?",
            "sha256": "0123456789abcdef".repeat(4),
        })
    );
    assert_eq!(
        report["target"],
        json!({
            "ct": 958, "node": "pve1", "via": "pct", "os": "Debian GNU/Linux 12 (bookworm)",
            "systemd": "252", "kernel": "6.8.12-4-pve", "pve": "8.2.7",
        })
    );
    assert_eq!(report["started_at"], "2026-01-02T03:04:05.000000Z");
    assert_eq!(report["finished_at"], "2026-01-02T03:04:07.500000Z");
    assert_eq!(
        report["vars"],
        json!({ "unit": "embedding_server.service", "dir": "/etc/systemd/system", "window": "60s" })
    );
    assert_eq!(report["defaulted"], json!(["dir", "unit", "window"]));
    assert_eq!(
        report["changed"],
        json!([
            "systemctl daemon-reload",
            "systemctl enable -- embedding_server.service"
        ])
    );
    assert_eq!(json(&directory_push())["changed"], json!([]));
}

#[test]
fn a_check_that_ran() {
    let report = json(&late_push());
    assert_eq!(
        report["checks"][0],
        json!({
            "id": "stamp",
            "title": "Timestamps and size of the unit file",
            "step": null,
            "outcome": "passed",
            "reason": "exit 0",
            "observed": "106 bytes, changed 2026-01-02T03:03:35.008795Z",
            "race": "for",
            "argv": ["stat", "-c", "%s %.9W %.9Z", "--", "/etc/systemd/system/embedding_server.service"],
            "started_at": "2026-01-02T03:04:05.100000Z",
            "duration_ms": 4.0,
            "exit": 0,
            "signal": null,
            "timed_out": false,
            "stdout": "106 1767323015.008795623 1767323015.008795623\n",
            "stderr": "",
            "stdout_bytes": 46,
            "stderr_bytes": 0,
            "facts": {
                "size": 106,
                "born": "2026-01-02T03:03:35.008795Z",
                "changed": "2026-01-02T03:03:35.008795Z",
            },
        })
    );
}

#[test]
fn a_check_that_did_not_run_or_did_not_finish() {
    let run = late_push().last(|enable| {
        enable.ending = crate::evidence::recording::Ending::TimedOut;
        enable.stdout.dropped = 1 << 40;
    });
    let checks = &json(&run)["checks"];
    assert_eq!(checks[8]["outcome"], "errored");
    assert_eq!(checks[8]["timed_out"], true);
    assert_eq!(checks[8]["exit"], Value::Null);
    assert_eq!(checks[8]["stdout_bytes"], 1_u64 << 40);
    assert_eq!(checks[8]["stdout"], "\n[… 1099511627776 bytes dropped …]\n");
    let killed =
        late_push().last(|enable| enable.ending = crate::evidence::recording::Ending::Exited(137));
    let checks = &json(&killed)["checks"];
    assert_eq!(
        (&checks[8]["exit"], &checks[8]["signal"]),
        (&json!(137), &json!(9))
    );
    let skipped = &json(&directory_push())["checks"][8];
    for absent in ["started_at", "duration_ms", "exit", "signal"] {
        assert_eq!(skipped[absent], Value::Null, "{absent}");
    }
    assert_eq!(skipped["outcome"], "skipped");
    assert_eq!(skipped["argv"], json!([]));
    assert_eq!(skipped["facts"], json!({}));
}

#[test]
fn an_inexact_event_has_both_ends_of_its_interval() {
    let timeline = &json(&late_push())["timeline"];
    assert_eq!(
        timeline[1],
        json!({ "at": "2026-01-02T03:03:33.597882Z", "what": "systemd: Reloading.", "source": "pid1" })
    );
    assert_eq!(
        timeline[2],
        json!({
            "at": "2026-01-02T03:03:34.000000Z",
            "until": "2026-01-02T03:03:35.000000Z",
            "what": "host: push_file: OK",
            "source": "pushes",
        })
    );
    // All times are RFC 3339 in UTC with microseconds, and in order.
    let form = regex::Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$").unwrap();
    let times: Vec<_> = timeline
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| moment["at"].as_str().unwrap())
        .collect();
    assert!(times.iter().all(|time| form.is_match(time)), "{times:?}");
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn evidence_is_true_false_or_null() {
    let hypotheses = &json(&late_push())["hypotheses"];
    assert_eq!(hypotheses[0]["id"], "race-condition");
    assert_eq!(hypotheses[0]["race"], true);
    assert_eq!(hypotheses[0]["verdict"], "likely");
    let of = |run: &Run<'_>| {
        let report = json(run);
        let evidence = report["hypotheses"][0]["evidence"].as_array().unwrap();
        evidence
            .iter()
            .map(|one| (one["effect"].clone(), one["holds"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of(&late_push()),
        [
            (json!("rules_out"), json!(false)),
            (json!("confirms"), json!(false)),
            (json!("supports"), json!(true)),
            (json!("weakens"), json!(false)),
        ]
    );
    assert_eq!(of(&cut_short())[2], (json!("supports"), Value::Null));
    let missing = &json(&cut_short())["hypotheses"][0]["evidence"][3]["missing"];
    assert_eq!(
        *missing,
        json!([
            "is_enabled.passed (check is_enabled errored: the shell in the container was killed (exit 137))"
        ])
    );
    assert_eq!(
        json(&directory_push())["hypotheses"][0]["verdict"],
        "ruled_out"
    );
}

#[test]
fn the_verdict_of_each_incident() {
    let verdict = |run: &Run<'_>| json(run)["verdict"].clone();
    let late = verdict(&late_push());
    assert_eq!(
        (&late["id"], &late["level"], &late["race"]),
        (&json!("race-condition"), &json!("likely"), &json!("likely"))
    );
    let known = verdict(&late_push().failed_at(-31.4));
    assert_eq!(
        (&known["id"], &known["level"], &known["race"]),
        (
            &json!("race-condition"),
            &json!("confirmed"),
            &json!("confirmed")
        )
    );
    let pushed = verdict(&directory_push());
    assert_eq!(
        (&pushed["id"], &pushed["level"]),
        (&json!("push-failed"), &json!("confirmed"))
    );
    assert!(
        pushed["remedy"]
            .as_str()
            .unwrap()
            .contains("pct push 958 SOURCE")
    );
    let healthy = verdict(&healthy());
    assert_eq!(
        (&healthy["id"], healthy.get("level")),
        (&json!("healthy"), None)
    );
    let cut = verdict(&cut_short());
    assert_eq!(
        (&cut["id"], cut.get("level"), &cut["race"]),
        (&json!("inconclusive"), None, &json!("unknown"))
    );
}

#[test]
fn a_run_that_ended_early_has_the_reason() {
    assert_eq!(json(&cut_short())["cut_short"], "interrupted by SIGINT");
}

#[test]
fn severities_and_metrics() {
    let mut run = healthy();
    run.recording.attempts[6].stdout.head = b"Use%\n 97%\n".to_vec();
    let disk = &json(&run)["checks"][6];
    assert_eq!(disk["severity"], "critical");
    assert_eq!(disk["metric"], json!({ "value": 97.0, "unit": "%" }));
}
