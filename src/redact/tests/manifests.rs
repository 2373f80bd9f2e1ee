//! Kubernetes Secrets.

use super::{become_these, redacted};

/// As `kubectl get secret -o yaml` prints it: the data come before the kind.
#[test]
fn the_values_of_a_secret_are_removed_in_yaml() {
    become_these(&[
        (
            "apiVersion: v1\ndata:\n  api: c2VjcmV0LXZhbHVl\n  user: YWRtaW4tdXNlcg==\nkind: Secret\nmetadata:\n  name: shop\ntype: Opaque\n",
            "apiVersion: v1\ndata:\n  api: [redacted:secret:1]\n  user: [redacted:secret:2]\nkind: Secret\nmetadata:\n  name: shop\ntype: Opaque\n",
        ),
        (
            "kind: Secret\nstringData:\n  dsn: \"postgres at db, hunter22\"\n  app.ini: |\n    [db]\n    login = hunter22x\n  # a comment\n  empty: \"\"\nimmutable: true\n",
            "kind: Secret\nstringData:\n  dsn: \"[redacted:secret:1]\"\n  app.ini: |\n    [redacted:secret:2]\n    [redacted:secret:3]\n  # a comment\n  empty: \"\"\nimmutable: true\n",
        ),
        // In a list, beside other kinds.
        (
            "items:\n- apiVersion: v1\n  data:\n    motd: hello-there\n  kind: ConfigMap\n- apiVersion: v1\n  data:\n    api: c2VjcmV0LXZhbHVl\n  kind: Secret\n- apiVersion: v1\n  data:\n    motd: hello-again\n  kind: ConfigMap\n",
            "items:\n- apiVersion: v1\n  data:\n    motd: hello-there\n  kind: ConfigMap\n- apiVersion: v1\n  data:\n    api: [redacted:secret:1]\n  kind: Secret\n- apiVersion: v1\n  data:\n    motd: hello-again\n  kind: ConfigMap\n",
        ),
        (
            "data:\n  motd: hello-there\nkind: ConfigMap\n---\ndata:\n  api: c2VjcmV0LXZhbHVl\nkind: Secret\n---\ndata:\n  motd: hello-again\n",
            "data:\n  motd: hello-there\nkind: ConfigMap\n---\ndata:\n  api: [redacted:secret:1]\nkind: Secret\n---\ndata:\n  motd: hello-again\n",
        ),
    ]);
}

#[test]
fn the_values_of_a_secret_are_removed_in_json() {
    become_these(&[
        (
            r#"{"items":[{"kind":"Secret","data":{"api":"c2VjcmV0LXZhbHVl"},"metadata":{"name":"shop"}},{"kind":"ConfigMap","data":{"motd":"hello-there"}}]}"#,
            r#"{"items":[{"kind":"Secret","data":{"api":"[redacted:secret:1]"},"metadata":{"name":"shop"}},{"kind":"ConfigMap","data":{"motd":"hello-there"}}]}"#,
        ),
        (
            "{\n  \"stringData\": {\n    \"dsn\": \"a \\\"quoted\\\" value1\"\n  },\n  \"kind\": \"Secret\"\n}",
            "{\n  \"stringData\": {\n    \"dsn\": \"[redacted:secret:1]\"\n  },\n  \"kind\": \"Secret\"\n}",
        ),
    ]);
}

#[test]
fn other_kinds_stay() {
    for text in [
        "kind: SecretStore\ndata:\n  api: c2VjcmV0LXZhbHVl\n",
        "kind: ConfigMap\ndata:\n  api: c2VjcmV0LXZhbHVl\n",
        r#"{"kind":"SecretList","data":{"api":"c2VjcmV0LXZhbHVl"}}"#,
        "spec:\n  kind: Secret\ndata:\n  motd: hello-there\n",
    ] {
        assert_eq!(redacted(text), text);
    }
}
