//! Where a secret stands: beyond its name's line, after other signs, on command lines and in settings of servers.

use super::become_these;

#[test]
fn values_beyond_the_line_of_their_name() {
    become_these(&[
        (
            "serve --password \\\n  hunter2X -v",
            "serve --password \\\n  [redacted:password:1] -v",
        ),
        (
            "PASSWORD=\\\nhunter2X",
            "PASSWORD=\\\n[redacted:password:1]",
        ),
        (
            "serve\0--password\0a b2X\0-v",
            "serve\0--password\0[redacted:password:1]\0-v",
        ),
        (
            "{\n \"password\":\n  \"hunter2X\"\n}",
            "{\n \"password\":\n  \"[redacted:password:1]\"\n}",
        ),
        (
            "passwords:\n  - hunter2X\n  - \"aB3dE6\"\nuser: a",
            "passwords:\n  - [redacted:password:1]\n  - \"[redacted:password:2]\"\nuser: a",
        ),
        (
            "tokens = [\n  \"aB3dE6\",\n]",
            "tokens = [\n  \"[redacted:token:1]\",\n]",
        ),
        (
            "\"Authorization\": [\n  \"Bearer aB3dE6\"\n]",
            "\"Authorization\": [\n  \"[redacted:authorization:1]\"\n]",
        ),
        (
            "{\"Authorization\":[\"Bearer aB3dE6\"]}",
            "{\"Authorization\":[\"Bearer [redacted:authorization:1]\"]}",
        ),
        (
            "db:\n  password:\n    hunter2X\n  user: a",
            "db:\n  password:\n    [redacted:password:1]\n  user: a",
        ),
        (
            "- token:\n    'aB3dE6'\n- a",
            "- token:\n    '[redacted:token:1]'\n- a",
        ),
        ("password:\n  first_name2: a", "password:\n  first_name2: a"),
        (
            "passwd:\n  files systemd mymachines2",
            "passwd:\n  files systemd mymachines2",
        ),
        ("password:\nhunter2X", "password:\nhunter2X"),
        (
            "imagePullSecrets:\n- name: regcred1X",
            "imagePullSecrets:\n- name: regcred1X",
        ),
        (
            "secrets:\n  - db_password\n  - source: db1X",
            "secrets:\n  - db_password\n  - source: db1X",
        ),
    ]);
}

#[test]
fn values_after_other_signs() {
    become_these(&[
        ("PASSWORD='a1B''c2D'", "PASSWORD=[redacted:password:1]"),
        (
            "PASSWORD='a1B'\"'\"'c2D' X=y",
            "PASSWORD=[redacted:password:1] X=y",
        ),
        (
            "Environment=\"A_PASSWORD='a1B c2D'\" X=y",
            "Environment=\"A_PASSWORD='[redacted:password:1]'\" X=y",
        ),
        (
            "userPassword:: aHVudGVyMg==",
            "userPassword:: [redacted:password:1]",
        ),
        ("password -> hunter2X", "password -> [redacted:password:1]"),
        (
            "ENV DB_PASSWORD hunter2X",
            "ENV DB_PASSWORD [redacted:password:1]",
        ),
        (
            "setenv DB_PASSWORD hunter2X",
            "setenv DB_PASSWORD [redacted:password:1]",
        ),
        (
            "proxy_set_header X-Api-Key aB3dE6;",
            "proxy_set_header X-Api-Key [redacted:api-key:1];",
        ),
        (
            "<password><![CDATA[hunter2X]]></password>",
            "<password><![CDATA[[redacted:password:1]]]></password>",
        ),
        ("Passwort: hunter2X", "Passwort: [redacted:password:1]"),
        (
            "TS_AUTHKEY=hunter2X GITHUB_PAT=gH3kQ6",
            "TS_AUTHKEY=[redacted:access-key:1] GITHUB_PAT=[redacted:token:1]",
        ),
    ]);
}

#[test]
fn names_without_a_sign_and_in_urls() {
    become_these(&[
        ("  wpa-psk hunter2X", "  wpa-psk [redacted:password:1]"),
        (
            "psk=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "psk=[redacted:password:1]",
        ),
        (
            "password hunter2X\nuser a",
            "password [redacted:password:1]\nuser a",
        ),
        ("password expired", "password expired"),
        ("token 17 of 20", "token 17 of 20"),
        ("cookie=aB3dE6gH9", "cookie=[redacted:cookie:1]"),
        ("--cookie=aB3dE6gH9 -v", "--cookie=[redacted:cookie:1] -v"),
        ("cookie=jar", "cookie=jar"),
        (
            "got Set-Cookie: sid=aB3dE6; Path=/",
            "got Set-Cookie: sid=[redacted:cookie:1]; Path=/",
        ),
        (
            "POST /x user%5Bpassword%5D=hunter2X&a=b",
            "POST /x user%5Bpassword%5D=[redacted:password:1]&a=b",
        ),
        (
            "GET /?next=%2Flogin%3Fpassword%3Dhunter2X%26a%3Db HTTP/1.1",
            "GET /?next=%2Flogin%3Fpassword%3D[redacted:password:1]%26a%3Db HTTP/1.1",
        ),
        (
            "q=%7B%22psk%22%3a%22hunter2X%22%7D",
            "q=%7B%22psk%22%3a%22[redacted:password:1]%22%7D",
        ),
        ("tag%3Atoken%3Aall", "tag%3Atoken%3Aall"),
    ]);
}

#[test]
fn passwords_of_clients_and_servers() {
    become_these(&[
        (
            "mysql\0-uroot\0-phunter2X\0db",
            "mysql\0-uroot\0-p[redacted:password:1]\0db",
        ),
        (
            "curl\0-u\0me:hunter2X\0https://x",
            "curl\0-u\0me:[redacted:password:1]\0https://x",
        ),
        (
            "curl -fsSu me:hunter2X https://x",
            "curl -fsSu me:[redacted:password:1] https://x",
        ),
        (
            "redis-cli\0-a\0hunter2X\0ping",
            "redis-cli\0-a\0[redacted:password:1]\0ping",
        ),
        (
            "docker login -u a -p hunter2X reg",
            "docker login -u a -p [redacted:password:1] reg",
        ),
        ("docker run -p 80:80 nginx", "docker run -p 80:80 nginx"),
        (
            "mongosh -u a -p hunter2X",
            "mongosh -u a -p [redacted:password:1]",
        ),
        (
            "smbclient //a/b -U u%hunter2X",
            "smbclient //a/b -U u%[redacted:password:1]",
        ),
        (
            "etcdctl --user root:hunter2X get x",
            "etcdctl --user root:[redacted:password:1] get x",
        ),
        (
            "openssl enc -aes-256-cbc -k hunter2X",
            "openssl enc -aes-256-cbc -k [redacted:password:1]",
        ),
        (
            "mosquitto_pub -u a -P hunter2X -t x",
            "mosquitto_pub -u a -P [redacted:password:1] -t x",
        ),
        (
            "ipmitool\0-U\0a\0-P\0hunter2X\0x",
            "ipmitool\0-U\0a\0-P\0[redacted:password:1]\0x",
        ),
        (
            "useradd -m -p hunter2X bob",
            "useradd -m -p [redacted:password:1] bob",
        ),
        (
            "xfreerdp /u:a /p:hunter2X /v:h",
            "xfreerdp /u:a /p:[redacted:password:1] /v:h",
        ),
        (
            "htpasswd -bc f me hunter2X",
            "htpasswd -bc f me [redacted:password:1]",
        ),
        (
            "net ads join -U admin%hunter2X",
            "net ads join -U admin%[redacted:password:1]",
        ),
        (
            "kubectl create secret generic a --from-literal=b=hunter2X",
            "kubectl create secret generic a --from-literal=b=[redacted:secret:1]",
        ),
        (
            "mkdir -p /srv; useradd -m bob",
            "mkdir -p /srv; useradd -m bob",
        ),
        ("masterauth hunter2X", "masterauth [redacted:password:1]"),
        (
            "user a insecure-password hunter2X",
            "user a insecure-password [redacted:password:1]",
        ),
        (
            "stats auth a:hunter2X",
            "stats auth a:[redacted:password:1]",
        ),
        (
            "rocommunity public 10.0.0.0/8",
            "rocommunity public 10.0.0.0/8",
        ),
        (
            "db.x:5432:app:me:hunter2X\nb",
            "db.x:5432:app:me:[redacted:password:1]\nb",
        ),
        ("*:*:*:me:hunter2X", "*:*:*:me:[redacted:password:1]"),
        (
            "jdbc:oracle:thin:scott/hunter2X@//db:1521/x",
            "jdbc:oracle:thin:scott/[redacted:password:1]@//db:1521/x",
        ),
        (
            "https://aB3dE6gH9jK2mN5pQ8rS@github.com/x",
            "https://[redacted:token:1]@github.com/x",
        ),
        (
            "SET PASSWORD FOR a = PASSWORD('hunter2X')",
            "SET PASSWORD FOR a = PASSWORD('[redacted:password:1]')",
        ),
        (
            "a:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
            "a:{SHA}[redacted:password-hash:1]",
        ),
        (
            "A temporary password is generated for root@localhost: hunter2;X",
            "A temporary password is generated for root@localhost: [redacted:password:1]",
        ),
        (
            "Failed password for root from 10.0.0.1 port 22",
            "Failed password for root from 10.0.0.1 port 22",
        ),
        (
            "Private-Lines: 2\naB3dE6gH\ncD4e=\nPrivate-MAC: x",
            "Private-Lines: 2\n[redacted:private-key:1]\nPrivate-MAC: x",
        ),
    ]);
}
