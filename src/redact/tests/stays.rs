//! Texts that only look like secrets.

use super::redacted;

/// Checks that no text changes.
fn stay(texts: &[&str]) {
    let wrong: Vec<_> = texts
        .iter()
        .map(|text| (text, redacted(text)))
        .filter(|(text, redacted)| *text != redacted)
        .map(|(text, redacted)| format!("{text}\n  became {redacted}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn hashes_and_ids() {
    stay(&[
        "d41d8cd98f00b204e9800998ecf8427e  /etc/systemd/system/a.service",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "commit da6d8e9af0c4ff5e3d1f2f5b6a7c8d9e0f1a2b3c",
        "\"integrity\": \"sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==\"",
        "ED25519 key fingerprint is SHA256:uNiVztksCsDhcc0u9e8BxrQXVUpKZIDTMczCvj3tD2s.",
        "cache_key=3b5d5c3712955042212316173ccf37be",
        "_MACHINE_ID=0123456789abcdef0123456789abcdef",
        "INVOCATION_ID=7c9d1f6e5b4a4c3d8e2f1a0b9c8d7e6f",
        "uuid: 123e4567-e89b-12d3-a456-426614174000",
        "UPID:pve1:0000C0DE:00ABCDEF:65F0A1B2:vzcreate:958:root@pam:",
    ]);
}

#[test]
fn names_of_units_and_programs() {
    stay(&[
        "systemd-ask-password-wall.service loaded active running Forward Password Requests to Wall",
        "systemd-ask-password-console.path: Deactivated successfully.",
        "Started secretary.service - The secretary: takes notes.",
        "token-refresher: started, next run in 5min",
        "secret-server@a.service: Main process exited, code=exited, status=1/FAILURE",
        "tokenizer: loaded 32000 words",
        "tokenizer.json: 1 file",
        "/etc/pam.d/passwd: No such file or directory",
        "/run/secrets/token: Permission denied",
        "passwd:         files systemd",
        "passwd: files",
        "token:x:1000:1000::/home/token:/bin/sh",
        "gnome-keyring-daemon[7]: couldn't access control socket",
    ]);
}

#[test]
fn paths_and_references() {
    stay(&[
        "PASSWORD_FILE=/run/secrets/x",
        "DB_PASSWORD=/run/secrets/db-password",
        "SSH_AUTH_SOCK=/run/user/0/keyring/ssh",
        "LoadCredential=x:/etc/credstore/x",
        "LoadCredentialEncrypted=token:/etc/credstore.encrypted/token",
        "ImportCredential=token.*",
        "Environment=TOKEN_PATH=%d/token DB_PASSWORD=%d/secret",
        "Environment=CREDENTIALS_DIRECTORY=/run/credentials/a.service",
        "PWD=/root",
        "DB_PASSWORD=${DB_PASSWORD}",
        "TOKEN=$TOKEN",
        "TOKEN=$(cat /run/token)",
        "serve --password \"$PASSWORD\" --token ${TOKEN}",
        "password: {{ db_password }}",
        "password: \"{{ vault.password }}\"",
        "mysql --password=<password>",
        "https://user:${PASSWORD}@host/ https://user:***@host/",
        "PASSWORD=*** token=xxxxxxxx",
    ]);
}

#[test]
fn settings() {
    stay(&[
        "MAX_TOKENS=4096",
        "serve --max-tokens 512 --token-file /x",
        "TOKEN_TTL=3600",
        "PASSWORD_MIN_LENGTH=8",
        "num_tokens: 17",
        "{\"max_tokens\": 4096, \"total_tokens\": 12, \"n\": 1}",
        "PASSWORD_AUTH=yes",
        "PasswordAuthentication yes",
        "password: true",
        "token: true",
        "\"token\": null, \"secret\": false, \"password\": \"\"",
        "PASSWORD=",
        "PASSWORD=\"\"",
        "token_type: bearer",
        "token_url: https://host/token",
        "public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIX",
        "max_password_age: 90",
        "password_policy = strict",
        "KeyringMode=private",
        r#"{"password": {"min": 8}, "n": {"value": 1}}"#,
        "<password-policy min=\"8\"/> <secretary name=\"a\">b</secretary>",
    ]);
}

#[test]
fn ordinary_prose() {
    stay(&[
        "Failed password for root from 192.0.2.7 port 22 ssh2",
        "Failed password for invalid user admin from 192.0.2.7 port 50000 ssh2",
        "pam_unix(passwd:chauthtok): password changed for root",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7",
        "Accepted publickey for root from 192.0.2.7 port 22 ssh2: ED25519 SHA256:uNiVztksCsDhcc0u9e8BxrQX",
        "passwd: password expiry information changed.",
        "sudo: a password is required",
        "Enter passphrase for key '/root/.ssh/id_ed25519':",
        "syntax error near unexpected token 'newline'",
        "parse error: unexpected token: EOF",
        "use --password to set one; --token is gone",
        "if password == expected:",
        "the authorization: denied",
        "Basic authentication is off, Bearer authentication-is-required",
        "sk-learn-extension-of-long-name",
        "http://host:8080/a@b mailto:a@b.c",
        "Job a.service/start finished, result=done, key=value",
        "The secret is out. Token ring, cookie jar: nothing here.",
    ]);
}

#[test]
fn times_and_journal_fields() {
    stay(&[
        "2026-01-02T03:04:05.678901Z",
        r#"{"__REALTIME_TIMESTAMP":"1767323045123456","_BOOT_ID":"0123456789abcdef0123456789abcdef","__CURSOR":"s=0123;i=1;b=4567;m=89;t=ab;x=cd"}"#,
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl root@ct",
        "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ0FB\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----",
    ]);
}
