//! Values beside telling names.

use super::{become_these, redacted};

#[test]
fn in_unit_files() {
    become_these(&[
        (
            "Environment=DB_PASSWORD=hunter2",
            "Environment=DB_PASSWORD=[redacted:password:1]",
        ),
        (
            "Environment=A_TOKEN=x1 MODE=fast",
            "Environment=A_TOKEN=[redacted:token:1] MODE=fast",
        ),
        (
            "Environment=\"A_TOKEN=x y\" 'B_SECRET=c d' MODE=fast",
            "Environment=\"A_TOKEN=[redacted:token:1]\" 'B_SECRET=[redacted:secret:1]' MODE=fast",
        ),
        (
            "Environment=A=1 \"DB_PASSWORD=a\\\"b\" B=2",
            "Environment=A=1 \"DB_PASSWORD=[redacted:password:1]\" B=2",
        ),
        (
            "Environment=DB_PASSWORD=\"a b\" MODE=fast",
            "Environment=DB_PASSWORD=\"[redacted:password:1]\" MODE=fast",
        ),
        (
            "SetCredential=db:hunter2 and more",
            "SetCredential=db:[redacted:credential:1]",
        ),
        (
            "SetCredentialEncrypted=db:k6iUCUh0RJCQyvL8k8q1",
            "SetCredentialEncrypted=db:[redacted:credential:1]",
        ),
        (
            "systemd-nspawn --set-credential=db:hunter2 -b",
            "systemd-nspawn --set-credential=db:[redacted:credential:1] -b",
        ),
        (
            "ExecStart=/usr/bin/serve --password x1 --port 80",
            "ExecStart=/usr/bin/serve --password [redacted:password:1] --port 80",
        ),
        (
            "ExecStart=/usr/bin/serve --api-key='a b' --mode fast",
            "ExecStart=/usr/bin/serve --api-key='[redacted:api-key:1]' --mode fast",
        ),
    ]);
}

#[test]
fn in_environment_files() {
    become_these(&[
        (
            "MODE=fast\nDB_PASSWORD=correct horse battery\nLEVEL=info",
            "MODE=fast\nDB_PASSWORD=[redacted:password:1]\nLEVEL=info",
        ),
        (
            "export API_KEY=\"a b\" # for tests",
            "export API_KEY=\"[redacted:api-key:1]\" # for tests",
        ),
        (
            "  SMTP_PASS=s3cr3t!\r\nMODE=fast",
            "  SMTP_PASS=[redacted:password:1]\r\nMODE=fast",
        ),
        (
            "TOKEN=\"ab\"cd1 MODE=fast",
            "TOKEN=[redacted:token:1] MODE=fast",
        ),
        (
            "PASSWORD='it'\nNEXT=1",
            "PASSWORD='[redacted:password:1]'\nNEXT=1",
        ),
        ("PASSWORD=ab #cd", "PASSWORD=[redacted:password:1]"),
        ("TOKEN=[x1", "TOKEN=[redacted:token:1]"),
        ("PASSWORD=12345678", "PASSWORD=[redacted:password:1]"),
        (
            "DB_PASSWORD=hunter2\0MODE=fast\0",
            "DB_PASSWORD=[redacted:password:1]\0MODE=fast\0",
        ),
    ]);
}

#[test]
fn on_command_lines() {
    become_these(&[
        (
            "serve --password x",
            "serve --password [redacted:password:1]",
        ),
        (
            "serve --password=x",
            "serve --password=[redacted:password:1]",
        ),
        (
            "sh -c 'serve --db-password=x'",
            "sh -c 'serve --db-password=[redacted:password:1]'",
        ),
        (
            "serve -token x --verbose",
            "serve -token [redacted:token:1] --verbose",
        ),
        (
            "[\"serve\",\"--password\",\"x y\",\"-v\"]",
            "[\"serve\",\"--password\",\"[redacted:password:1]\",\"-v\"]",
        ),
        (
            "curl -H 'X-Api-Key: abc' https://host/",
            "curl -H 'X-Api-Key: [redacted:api-key:1]' https://host/",
        ),
        (
            "curl 'https://host/?token=abc&page=2'",
            "curl 'https://host/?token=[redacted:token:1]&page=2'",
        ),
        (
            "psql \"host=db password=x1 dbname=app\"",
            "psql \"host=db password=[redacted:password:1] dbname=app\"",
        ),
        (
            "Server=db;Password=a b;Database=app",
            "Server=db;Password=[redacted:password:1] b;Database=app",
        ),
        (
            "ALTER ROLE app PASSWORD 'a b';",
            "ALTER ROLE app PASSWORD '[redacted:password:1]';",
        ),
    ]);
}

#[test]
fn in_json_and_nested_json() {
    become_these(&[
        (
            r#"{"password":"a\"b","mode":"fast"}"#,
            r#"{"password":"[redacted:password:1]","mode":"fast"}"#,
        ),
        (
            r#"{"password": 12345, "n": 1}"#,
            r#"{"password": [redacted:password:1], "n": 1}"#,
        ),
        (
            r#"{"MESSAGE":"{\"token\":\"x y\",\"n\":1}","PRIORITY":"6"}"#,
            r#"{"MESSAGE":"{\"token\":\"[redacted:token:1]\",\"n\":1}","PRIORITY":"6"}"#,
        ),
        (
            r#"{"MESSAGE":"DB_PASSWORD=hunter2\nMODE=fast","PRIORITY":"6"}"#,
            r#"{"MESSAGE":"DB_PASSWORD=[redacted:password:1]\nMODE=fast","PRIORITY":"6"}"#,
        ),
        (
            r#"{"MESSAGE":"Environment=\"A_TOKEN=x y\" B=c"}"#,
            r#"{"MESSAGE":"Environment=\"A_TOKEN=[redacted:token:1]\" B=c"}"#,
        ),
        (
            r#"{"name":"DB_PASSWORD","value":"hunter2"}"#,
            r#"{"name":"DB_PASSWORD","value":"[redacted:password:1]"}"#,
        ),
        (
            r#"{"tokens": ["abc", "def"], "n": 1}"#,
            r#"{"tokens": ["[redacted:token:1]", "[redacted:token:2]"], "n": 1}"#,
        ),
        (
            r#"{"password":{"value":"x"},"n":1}"#,
            r#"{"password":{"value":"[redacted:password:1]"},"n":1}"#,
        ),
        (
            "{\"password\": {\n  \"value\": \"x\"\n}}",
            "{\"password\": {\n  \"value\": \"[redacted:password:1]\"\n}}",
        ),
        (
            r#"{"secret":{"client_secret":"abc"}}"#,
            r#"{"secret":{"client_secret":"[redacted:secret:1]"}}"#,
        ),
        (
            r#"["DB_PASSWORD=a b","MODE=fast"]"#,
            r#"["DB_PASSWORD=[redacted:password:1]","MODE=fast"]"#,
        ),
        (
            "{'password': 'x1', 'mode': 'fast'}",
            "{'password': '[redacted:password:1]', 'mode': 'fast'}",
        ),
    ]);
}

#[test]
fn in_yaml_ini_and_xml() {
    become_these(&[
        (
            "db:\n  password: hunter2\n  mode: fast",
            "db:\n  password: [redacted:password:1]\n  mode: fast",
        ),
        (
            "password: correct horse battery # for tests",
            "password: [redacted:password:1] # for tests",
        ),
        (
            "  - name: DB_PASSWORD\n    value: hunter2\n",
            "  - name: DB_PASSWORD\n    value: [redacted:password:1]\n",
        ),
        (
            "  secret: |\n    one\n    two2\n  mode: fast",
            "  secret: |\n    [redacted:secret:1]\n    [redacted:secret:2]\n  mode: fast",
        ),
        (
            "[db]\npassword = hunter2 x\nmode = fast",
            "[db]\npassword = [redacted:password:1]\nmode = fast",
        ),
        (
            "client_secret = \"abc\"",
            "client_secret = \"[redacted:secret:1]\"",
        ),
        ("'token' => 'abc',", "'token' => '[redacted:token:1]',"),
        (
            "<password>hunter2</password>",
            "<password>[redacted:password:1]</password>",
        ),
        (
            "<secret type=\"t\">x</secret>",
            "<secret type=\"t\">[redacted:secret:1]</secret>",
        ),
        (
            "PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=",
            "PrivateKey = [redacted:private-key:1]",
        ),
        (
            "//registry.npmjs.org/:_authToken=abc",
            "//registry.npmjs.org/:_authToken=[redacted:token:1]",
        ),
    ]);
}

#[test]
fn in_headers() {
    become_these(&[
        (
            "Authorization: Bearer abc",
            "Authorization: Bearer [redacted:authorization:1]",
        ),
        (
            "> authorization: Basic dXNlcjpwYXNz",
            "> authorization: Basic [redacted:authorization:1]",
        ),
        (
            "curl -H \"Authorization: token abc\" host",
            "curl -H \"Authorization: token [redacted:authorization:1]\" host",
        ),
        (
            r#"{"Authorization":"Bearer abc","n":1}"#,
            r#"{"Authorization":"Bearer [redacted:authorization:1]","n":1}"#,
        ),
        (
            "Authorization: Digest username=\"a\", response=\"b\"",
            "Authorization: Digest [redacted:authorization:1]",
        ),
        (
            "Cookie: session=abc; theme=dark",
            "Cookie: session=[redacted:cookie:1]; theme=[redacted:cookie:2]",
        ),
        (
            "Set-Cookie: session=abc; Path=/; HttpOnly",
            "Set-Cookie: session=[redacted:cookie:1]; Path=/; HttpOnly",
        ),
        (
            "Cookie: a=[redacted:cookie:1]; b=hunter2",
            "Cookie: a=[redacted:cookie:1]; b=[redacted:cookie:2]",
        ),
        (
            "the [redacted:cookie:1] of session=abc",
            "the [redacted:cookie:1] of session=abc",
        ),
        ("X-Auth-Token: abc", "X-Auth-Token: [redacted:token:1]"),
        ("PRIVATE-TOKEN: abc", "PRIVATE-TOKEN: [redacted:token:1]"),
    ]);
}

#[test]
fn in_logs() {
    become_these(&[
        (
            "Jan 02 03:04:05 ct app[7]: connecting with password=hunter2 as root",
            "Jan 02 03:04:05 ct app[7]: connecting with password=[redacted:password:1] as root",
        ),
        (
            "Jan 02 03:04:05 ct app[7]: token: abc123def accepted",
            "Jan 02 03:04:05 ct app[7]: token: [redacted:token:1] accepted",
        ),
        (
            "Jan 02 03:04:05 ct app[7]: the password: hunter2",
            "Jan 02 03:04:05 ct app[7]: the password: [redacted:password:1]",
        ),
        (
            "level=info token=abc user=root",
            "level=info token=[redacted:token:1] user=root",
        ),
        (
            "token=abc level=info",
            "token=[redacted:token:1] level=info",
        ),
        (
            "\x1b[31mpassword=hunter2\x1b[0m",
            "\x1b[31mpassword=[redacted:password:1]\x1b[0m",
        ),
        (
            "\x1b[1;36mpassword\x1b[0m=\x1b[1mx\x1b[0m user=root",
            "\x1b[1;36mpassword\x1b[0m=\x1b[1m[redacted:password:1]\x1b[0m user=root",
        ),
        (
            "https://host/?X-Amz-Signature=0123456789abcdef&X-Amz-Date=1",
            "https://host/?X-Amz-Signature=[redacted:token:1]&X-Amz-Date=1",
        ),
    ]);
}

#[test]
fn equal_secrets_share_a_token_and_others_get_the_next_number() {
    assert_eq!(
        redacted("A_TOKEN=abc B_TOKEN=def C_TOKEN=abc PASSWORD=abc D_PASSWORD=x"),
        "A_TOKEN=[redacted:token:1] B_TOKEN=[redacted:token:2] C_TOKEN=[redacted:token:1] \
         PASSWORD=[redacted:token:1] D_PASSWORD=[redacted:password:1]"
    );
    assert_eq!(
        redacted("a [redacted:password:18446744073709551615] b, PASSWORD=x"),
        "a [redacted:password:18446744073709551615] b, PASSWORD=[redacted:password:18446744073709551615]",
        "the highest number is used again"
    );
    // Numbers that the text already contains are not used again.
    assert_eq!(
        redacted("a [redacted:password:4] b, PASSWORD=x"),
        "a [redacted:password:4] b, PASSWORD=[redacted:password:5]"
    );
}

#[test]
fn a_secret_that_is_not_an_ordinary_word_is_removed_everywhere() {
    let known = "DB_PASSWORD=hunter2/x\n";
    for (text, expected) in [
        (
            "user root, hunter2/x, failed",
            "user root, [redacted:password:1], failed",
        ),
        (
            "http%3A%2F%2Fhunter2%2Fx",
            "http%3A%2F%2F[redacted:password:1]",
        ),
        ("aHVudGVyMi94", "[redacted:password:1]"),
        ("data: aHVudGVyMi94Cg==", "data: [redacted:password:1]"),
        (
            r"it said \nhunter2/x\n",
            r"it said \n[redacted:password:1]\n",
        ),
        (
            "\x1b[31mhunter2/x\x1b[0m",
            "\x1b[31m[redacted:password:1]\x1b[0m",
        ),
        (
            "hunter2/xyz and ahunter2/x stay",
            "hunter2/xyz and ahunter2/x stay",
        ),
    ] {
        let whole = redacted(&format!("{known}{text}"));
        assert_eq!(
            whole,
            format!("DB_PASSWORD=[redacted:password:1]\n{expected}")
        );
    }
    assert_eq!(
        redacted("PASSWORD=fast\nMODE=fast"),
        "PASSWORD=[redacted:password:1]\nMODE=fast",
        "an ordinary word can mean something else"
    );
    assert_eq!(
        redacted(r#"{"password":"hun\"ter\\2"} and hun"ter\2"#),
        r#"{"password":"[redacted:password:1]"} and [redacted:password:1]"#
    );
}
