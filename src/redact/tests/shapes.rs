//! Secrets with a known shape. They are assembled here, so that secret scanners do not report this repository.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{become_these, redacted};

/// A prefix followed by random-looking letters and digits.
fn made(prefix: &str, length: usize) -> String {
    let letters = "Ab3dE5gH1jK7mN9pQ2sT4vW6xY8z".chars().cycle();
    prefix.chars().chain(letters.take(length)).collect()
}

/// An example of every shape, with its class.
pub(super) fn examples() -> Vec<(&'static str, String)> {
    let hash = |length| made("", length).replace('-', ".");
    vec![
        ("aws-key", format!("AKIA{}", "ABCDEFGH234567QR")),
        ("aws-key", format!("ASIA{}", "ABCDEFGH234567QR")),
        ("azure-secret", made("Q~", 34)),
        ("github-token", made("ghp_", 36)),
        ("github-token", made("ghs_", 36)),
        (
            "github-token",
            format!("{}_{}", made("github_pat_", 22), made("", 59)),
        ),
        ("gitlab-token", made("glpat-", 20)),
        ("gitlab-token", made("glrt-t1_", 20)),
        (
            "slack-token",
            format!("xoxb-{}-{}", "123456789012", made("1234567890123-", 24)),
        ),
        (
            "slack-token",
            format!("xapp-1-A{}-{}", "0123456789", made("1234567890123-", 40)),
        ),
        ("openai-key", made("sk-", 48)),
        ("openai-key", made("sk-proj-", 64)),
        ("anthropic-key", made("sk-ant-api03-", 80)),
        ("huggingface-token", made("hf_", 34)),
        ("google-key", made("AIza", 35)),
        ("google-token", made("GOCSPX-", 28)),
        ("stripe-key", made("sk_live_", 24)),
        ("stripe-key", made("rk_test_", 24)),
        ("stripe-key", made("whsec_", 32)),
        ("npm-token", made("npm_", 36)),
        ("pypi-token", made("pypi-AgEIcHlwaS5vcmc", 60)),
        (
            "digitalocean-token",
            format!("dop_v1_{}", "0123456789abcdef".repeat(4)),
        ),
        ("docker-token", made("dckr_pat_", 27)),
        ("vault-token", made("hvs.", 24)),
        (
            "sendgrid-key",
            format!("{}.{}", made("SG.", 22), made("", 43)),
        ),
        ("tailscale-key", made("tskey-auth-", 24)),
        (
            "private-key",
            format!("AGE-SECRET-KEY-1{}", "QPZRY9X8GF".repeat(6)),
        ),
        (
            "jwt",
            format!("{}.{}.{}", made("eyJ", 30), made("eyJ", 40), made("", 43)),
        ),
        ("jwt", format!("{}.{}.", made("eyJ", 30), made("eyJ", 40))),
        ("jwt", made("ZXlK", 120)),
        ("password-hash", format!("$y$j9T${}${}", hash(22), hash(43))),
        ("password-hash", format!("$6${}${}", hash(16), hash(86))),
        (
            "password-hash",
            format!("$6$rounds=5000${}${}", hash(8), hash(86)),
        ),
        ("password-hash", format!("$5${}${}", hash(16), hash(43))),
        ("password-hash", format!("$2b$12${}", hash(53))),
        ("password-hash", format!("$1${}${}", hash(8), hash(22))),
        (
            "password-hash",
            format!("$argon2id$v=19$m=65536,t=3,p=4${}${}", hash(22), hash(43)),
        ),
    ]
}

#[test]
fn each_shape_is_found_in_any_context() {
    for (class, secret) in examples() {
        for (before, after) in [
            ("", ""),
            ("found ", " here"),
            ("\"", "\","),
            ("a=", ";"),
            ("\\n", "\\n"),
            ("root:", ":19000:0"),
            ("(", ")"),
        ] {
            assert_eq!(
                redacted(&format!("{before}{secret}{after}")),
                format!("{before}[redacted:{class}:1]{after}"),
                "{secret}"
            );
        }
    }
}

#[test]
fn a_name_does_not_change_the_class_of_a_shape() {
    let secret = made("ghp_", 36);
    assert_eq!(
        redacted(&format!(
            "GITHUB_TOKEN={secret}\nAuthorization: Bearer {secret}"
        )),
        "GITHUB_TOKEN=[redacted:github-token:1]\nAuthorization: Bearer [redacted:github-token:1]"
    );
}

#[test]
fn only_the_secret_part_is_removed() {
    become_these(&[
        (
            "postgres://app:hunter2@db:5432/app",
            "postgres://app:[redacted:password:1]@db:5432/app",
        ),
        (
            "redis://:pw@cache/0",
            "redis://:[redacted:password:1]@cache/0",
        ),
        (
            "https://a:p@ss@host/",
            "https://a:[redacted:password:1]@host/",
        ),
        (
            r#"{"url":"https:\/\/a:pw@host\/"}"#,
            r#"{"url":"https:\/\/a:[redacted:password:1]@host\/"}"#,
        ),
        (
            "sent Bearer abcdefghijklmnop1 to host",
            "sent Bearer [redacted:authorization:1] to host",
        ),
        (
            "PVEAPIToken=root@pam!mon=123e4567-e89b-12d3-a456-426614174000",
            "PVEAPIToken=root@pam!mon=[redacted:proxmox-token:1]",
        ),
        (
            "Authorization: PVEAPIToken=root@pam!mon=123e4567-e89b-12d3-a456-426614174000",
            "Authorization: PVEAPIToken=root@pam!mon=[redacted:proxmox-token:1]",
        ),
        (
            "token root@pam!mon=123e4567-e89b-12d3-a456-426614174000",
            "token root@pam!mon=[redacted:proxmox-token:1]",
        ),
        (
            "ops@corp-ad!mon:123e4567-e89b-12d3-a456-426614174000",
            "ops@corp-ad!mon:[redacted:proxmox-token:1]",
        ),
        (
            "https://a.blob.core.windows.net/c?sv=2024-11-04&sig=AbCd%2Bef0123456789AbCdef0123456789AbCdef01%3D&se=1",
            "https://a.blob.core.windows.net/c?sv=2024-11-04&sig=[redacted:azure-signature:1]&se=1",
        ),
    ]);
    let hook = format!(
        "https://hooks.slack.com/services/{}",
        "T00000000/B00000000/abcdefgh12345678ABCDEFGH"
    );
    assert_eq!(
        redacted(&hook),
        "https://hooks.slack.com/services/[redacted:slack-webhook:1]"
    );
}

#[test]
fn client_secrets_of_azure() {
    let random = made("", 34);
    assert_eq!(
        redacted(&format!("read abc8Q~{random} from the vault")),
        "read abc8[redacted:azure-secret:1] from the vault"
    );
    assert_eq!(redacted("FAQ~old.md"), "FAQ~old.md");
}

#[test]
fn passwords_in_a_netrc() {
    become_these(&[
        (
            "machine api.example.org login app password hunter",
            "machine api.example.org login app password [redacted:password:1]",
        ),
        (
            "machine a\n  login app\n  password hunter\nmachine b password rabbit1",
            "machine a\n  login app\n  password [redacted:password:1]\nmachine b password [redacted:password:2]",
        ),
        (
            "default login anonymous password x@y",
            "default login anonymous password [redacted:password:1]",
        ),
    ]);
    for text in [
        "the machine has no password set",
        "machine db login app\nconnected",
        "Started machine a. Failed password for root from 10.0.0.1",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn passwords_for_chpasswd() {
    become_these(&[
        (
            "chpasswd <<<root:hunter",
            "chpasswd <<<root:[redacted:password:1]",
        ),
        (
            "chpasswd -c SHA512 <<< \"root:hunter\"",
            "chpasswd -c SHA512 <<< \"root:[redacted:password:1]\"",
        ),
        (
            "echo root:hunter | chpasswd",
            "echo root:[redacted:password:1] | chpasswd",
        ),
        (
            "printf '%s\\n' 'root:hunter' | /usr/sbin/chpasswd",
            "printf '%s\\n' 'root:[redacted:password:1]' | /usr/sbin/chpasswd",
        ),
        (
            "chpasswd: list: root:hunter",
            "chpasswd: list: root:[redacted:password:1]",
        ),
        (
            "chpasswd:\n  list: |\n    root:hunter\n    app:rabbit\n  expire: False\n",
            "chpasswd:\n  list: |\n    root:[redacted:password:1]\n  expire: False\n",
        ),
        (
            "chpasswd:\n  expire: false\n  list:\n    - root:hunter\n    - app:rabbit\nruncmd: [ls]\n",
            "chpasswd:\n  expire: false\n  list:\n    - root:[redacted:password:1]\nruncmd: [ls]\n",
        ),
    ]);
    for text in [
        "chpasswd: password changed for root",
        "chpasswd:\n  expire: False\nruncmd: [ls]",
        "echo \"root:$PASSWORD\" | chpasswd",
        "echo a:b | tr a b",
        "chpasswd </run/list",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn session_ids_that_look_like_one() {
    become_these(&[
        (
            "session_id=Ab3dE5gH1jK7mN9p",
            "session_id=[redacted:token:1]",
        ),
        ("PHPSESSID=q4k2z8x7m1n5b3v9", "PHPSESSID=[redacted:token:1]"),
    ]);
    for text in [
        "session_id=5",
        "SESSION_ID=c12",
        "New session 12 of user root.",
        "session-id: 42",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn passwords_of_well_known_programs() {
    become_these(&[
        (
            "CREATE USER 'app'@'%' IDENTIFIED BY 'hunter2';",
            "CREATE USER 'app'@'%' IDENTIFIED BY '[redacted:password:1]';",
        ),
        ("bindpw hunter2", "bindpw [redacted:password:1]"),
        (
            "requirepass \"hunter2\"",
            "requirepass \"[redacted:password:1]\"",
        ),
        (
            "define( 'DB_PASSWORD', 'hunter2' );",
            "define( 'DB_PASSWORD', '[redacted:password:1]' );",
        ),
        (
            "sshpass -p hunter2 ssh root@db",
            "sshpass -p [redacted:password:1] ssh root@db",
        ),
        (
            "redis-cli -h cache -a hunter2 ping",
            "redis-cli -h cache -a [redacted:password:1] ping",
        ),
        (
            "ldapsearch -x -D cn=admin -w hunter2 -b dc=a",
            "ldapsearch -x -D cn=admin -w [redacted:password:1] -b dc=a",
        ),
        (
            "mysql -u root -phunter2 app",
            "mysql -u root -p[redacted:password:1] app",
        ),
        (
            "curl -sS -u admin:hunter2 https://a",
            "curl -sS -u admin:[redacted:password:1] https://a",
        ),
    ]);
    for text in [
        "mysql -u root -p app",
        "mysql -u root -p\"$PASS\" app",
        "curl -u \"$USER:$PASS\" https://a",
        "curl -s https://a:8443/x",
        "sshpass -p \"$PASS\" ssh root@db",
        "redis-cli -h cache ping",
        "the user is identified by a number",
        "bindpw is not set",
        "define('WP_DEBUG', 'true');",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn webhooks_and_bots() {
    let secret = made("", 68);
    assert_eq!(
        redacted(&format!(
            "https://discord.com/api/webhooks/123456789/{secret}"
        )),
        "https://discord.com/api/webhooks/123456789/[redacted:discord-webhook:1]"
    );
    let bot = format!("123456789:{}", made("AA", 33));
    assert_eq!(
        redacted(&format!("https://api.telegram.org/bot{bot}/getMe")),
        "https://api.telegram.org/bot[redacted:telegram-token:1]/getMe"
    );
}

#[test]
fn private_keys_in_base64() {
    for label in ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "] {
        let pem = pem(true, true).replace("PRIVATE", &format!("{label}PRIVATE"));
        let data = STANDARD.encode(pem);
        assert_eq!(
            redacted(&format!("    client-key-data: {data}\n    b: 1")),
            "    client-key-data: [redacted:private-key:1]\n    b: 1"
        );
    }
    let certificate = STANDARD.encode(pem(true, true).replace("PRIVATE KEY", "CERTIFICATE"));
    let line = format!("client-certificate-data: {certificate}");
    assert_eq!(redacted(&line), line);
}

const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu
Ah2LD23x==";

fn pem(begin: bool, end: bool) -> String {
    let marker = |word: &str| format!("-----{word} {}-----", "PRIVATE KEY");
    let begin = if begin {
        marker("BEGIN") + "\n"
    } else {
        String::new()
    };
    let end = if end {
        "\n".to_owned() + &marker("END")
    } else {
        String::new()
    };
    format!("{begin}{BODY}{end}")
}

#[test]
fn private_keys_complete_and_truncated() {
    let key = "[redacted:private-key:1]";
    let whole = pem(true, true);
    assert_eq!(redacted(&format!("a\n{whole}\nb")), format!("a\n{key}\nb"));
    let open_ssh = whole.replace("PRIVATE", "OPENSSH PRIVATE");
    assert_eq!(
        redacted(&format!("a\n{open_ssh}\nb")),
        format!("a\n{key}\nb")
    );
    let indented = whole.replace('\n', "\n    ");
    assert_eq!(
        redacted(&format!("key:\n    {indented}\nb: 1")),
        format!("key:\n    {key}\nb: 1")
    );
    let escaped = whole.replace('\n', "\\n");
    assert_eq!(
        redacted(&format!("{{\"a\":\"{escaped}\\n\"}}")),
        format!("{{\"a\":\"{key}\\n\"}}")
    );
    assert_eq!(
        redacted(&format!("a\n{}", pem(true, false))),
        format!("a\n{key}")
    );
    assert_eq!(
        redacted(&format!("a\n{}\nsome more text\n", pem(true, false))),
        format!("a\n{key}\nsome more text\n")
    );
    assert_eq!(
        redacted(&format!("some text\n{}\nb", pem(false, true))),
        format!("some text\n{key}\nb")
    );
    let cut = pem(false, true).replace('\n', "\\n");
    assert_eq!(
        redacted(&format!("{{\"a\":\"{cut}\"}}")),
        format!("{{\"a\":\"{key}\"}}")
    );
    let cut = pem(true, false).replace('\n', "\\n");
    assert_eq!(
        redacted(&format!("{{\"a\":\"{cut}\"}}")),
        format!("{{\"a\":\"{key}\"}}")
    );
}

#[test]
fn private_keys_line_by_line_in_a_log() {
    let key = pem(true, true);
    let log: Vec<_> = key
        .lines()
        .map(|line| format!("Jan 02 03:04:05 ct app[7]: {line}"))
        .collect();
    let text = redacted(&log.join("\n"));
    for line in BODY.lines().filter(|line| line.len() > 16) {
        assert!(!text.contains(line), "{text}");
    }
    assert_eq!(
        text.matches("Jan 02 03:04:05 ct app[7]: ").count(),
        log.len(),
        "{text}"
    );
    for cut in [&log[..3], &log[1..]] {
        let text = redacted(&cut.join("\n"));
        for line in BODY.lines().filter(|line| line.len() > 16) {
            assert!(!text.contains(line), "{text}");
        }
    }
}
