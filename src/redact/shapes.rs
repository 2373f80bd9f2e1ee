//! Secrets with a known shape, in one table.

use std::sync::OnceLock;

use regex::bytes::Regex;

/// An additional condition on a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// None.
    Nothing,
    /// None, and the hint can be within a word.
    WithinWord,
    /// The match has a digit or a capital, unlike ordinary words joined by hyphens. If the pattern does not match at a hint,
    /// it does not match in the rest of the word either.
    Random,
}

/// A shape.
pub(super) struct Shape {
    /// The class of the secret.
    pub(super) class: &'static str,
    /// How it starts, in any case. The pattern is compiled when the first hint occurs.
    pub(super) hints: &'static [&'static str],
    /// The pattern at a hint. If it has a group `secret` or `list`, only the group is secret.
    ///
    /// It is matched from the hint on. So that hostile text costs only some passes, a pattern with an unbounded repetition must
    /// consume all of it, be `random`, or end after a fixed number of words where the hint is a word.
    pub(super) pattern: &'static str,
    /// The additional condition.
    pub(super) check: Check,
    compiled: OnceLock<Option<Regex>>,
}

impl Shape {
    pub(super) const fn new(
        class: &'static str,
        hints: &'static [&'static str],
        pattern: &'static str,
    ) -> Self {
        Self::checked(class, hints, pattern, Check::Nothing)
    }

    /// A shape that can begin within a word.
    pub(super) const fn within_word(
        class: &'static str,
        hints: &'static [&'static str],
        pattern: &'static str,
    ) -> Self {
        Self::checked(class, hints, pattern, Check::WithinWord)
    }

    const fn random(
        class: &'static str,
        hints: &'static [&'static str],
        pattern: &'static str,
    ) -> Self {
        Self::checked(class, hints, pattern, Check::Random)
    }

    const fn checked(
        class: &'static str,
        hints: &'static [&'static str],
        pattern: &'static str,
        check: Check,
    ) -> Self {
        Self {
            class,
            hints,
            pattern,
            check,
            compiled: OnceLock::new(),
        }
    }

    /// The secret in the text at a hint, as start and end.
    pub(super) fn secret_in(&self, text: &[u8]) -> Option<(usize, usize)> {
        let compiled = self.compiled.get_or_init(|| {
            // A test compiles every pattern.
            Regex::new(&format!("^(?:{})", self.pattern)).ok()
        });
        let found = compiled.as_ref()?.captures(text)?;
        let secret = found
            .name("secret")
            .or_else(|| found.name("list"))
            .or_else(|| found.get(0))?;
        let random = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
        let fits = self.check != Check::Random || secret.as_bytes().iter().any(random);
        fits.then(|| (secret.start(), secret.end()))
    }
}

/// The shapes.
pub(super) static SHAPES: [Shape; 51] = [
    // IAM unique identifiers: AKIA are long-term keys, ASIA temporary, ABIA and ACCA bearer tokens.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    Shape::new(
        "aws-key",
        &["AKIA", "ASIA", "ABIA", "ACCA", "A3T"],
        r"(?-u)(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}\b",
    ),
    // https://github.blog/changelog/2021-03-31-authentication-token-format-updates-are-generally-available/
    Shape::new(
        "github-token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        r"(?-u)gh[pousr]_[A-Za-z0-9_]{36,}",
    ),
    // https://github.blog/security/application-security/introducing-fine-grained-personal-access-tokens-for-github/
    Shape::new(
        "github-token",
        &["github_pat_"],
        r"(?-u)github_pat_[A-Za-z0-9_]{36,}",
    ),
    // https://docs.gitlab.com/security/tokens/#token-prefixes
    Shape::new(
        "gitlab-token",
        &[
            "glpat-",
            "gldt-",
            "glrt-",
            "glrtr-",
            "glcbt-",
            "glptt-",
            "glft-",
            "glsoat-",
            "glagent-",
            "gloas-",
            "glimt-",
            "glffct-",
            "GR1348941",
        ],
        r"(?-u)(?:gl(?:pat|dt|rtr?|cbt|ptt|ft|soat|agent|oas|imt|ffct)-|GR1348941)[A-Za-z0-9_.-]{20,}",
    ),
    // https://docs.slack.dev/authentication/tokens/
    Shape::new(
        "slack-token",
        &["xox", "xapp-"],
        r"(?-u)(?:xox[abceoprs](?:\.xox[bp])?|xapp)-[A-Za-z0-9-]{10,}",
    ),
    // https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/
    Shape::new(
        "slack-webhook",
        &["hooks.slack.com", "hooks.slack-gov.com"],
        r"(?-u)hooks\.slack(?:-gov)?\.com(?:/|\\/)(?:services|workflows|triggers)(?:/|\\/)(?<secret>[A-Za-z0-9_/\\+-]{20,})",
    ),
    // https://docs.claude.com/en/api/overview: the header x-api-key, keys that begin with sk-ant-
    Shape::new(
        "anthropic-key",
        &["sk-ant-"],
        r"(?-u)sk-ant-[A-Za-z0-9_-]{20,}",
    ),
    // https://platform.openai.com/docs/api-reference/authentication: sk-, sk-proj-, sk-svcacct-
    Shape::random(
        "openai-key",
        &["sk-"],
        r"(?-u)sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20,})",
    ),
    // https://huggingface.co/docs/hub/security-tokens
    Shape::new(
        "huggingface-token",
        &["hf_", "api_org_"],
        r"(?-u)(?:hf_|api_org_)[A-Za-z0-9]{30,}",
    ),
    // https://cloud.google.com/docs/authentication/api-keys
    Shape::new("google-key", &["AIza"], r"(?-u)AIza[A-Za-z0-9_-]{35}"),
    // https://developers.google.com/identity/protocols/oauth2: access tokens and client secrets
    Shape::new(
        "google-token",
        &["ya29.", "GOCSPX-"],
        r"(?-u)(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]{20,}",
    ),
    // https://docs.stripe.com/keys: sk_ secret, rk_ restricted (pk_ is public), whsec_ for webhooks
    Shape::new(
        "stripe-key",
        &[
            "sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_",
        ],
        r"(?-u)[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,}",
    ),
    Shape::new(
        "stripe-key",
        &["whsec_"],
        r"(?-u)whsec_[A-Za-z0-9+/]{20,}={0,2}",
    ),
    // https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/
    Shape::new("npm-token", &["npm_"], r"(?-u)npm_[A-Za-z0-9]{36}\b"),
    // https://pypi.org/help/#apitoken: a macaroon in base64, whose first bytes are always the same
    Shape::new(
        "pypi-token",
        &["pypi-AgE"],
        r"(?-u)pypi-AgE[A-Za-z0-9_-]{50,}",
    ),
    // https://docs.digitalocean.com/reference/api/create-personal-access-token/
    Shape::new(
        "digitalocean-token",
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"(?-u)do[por]_v1_[a-f0-9]{64}",
    ),
    // https://docs.docker.com/security/access-tokens/
    Shape::new(
        "docker-token",
        &["dckr_pat_", "dckr_oat_"],
        r"(?-u)dckr_[po]at_[A-Za-z0-9_-]{20,}",
    ),
    // https://developer.hashicorp.com/vault/docs/concepts/tokens: service, batch, recovery; `s.` until Vault 1.10
    Shape::new(
        "vault-token",
        &["hvs.", "hvb.", "hvr.", "s."],
        r"(?-u)(?:hv[sbr]\.[A-Za-z0-9_-]{20,}|s\.[A-Za-z0-9]{24}\b)",
    ),
    // https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys
    Shape::new("sendgrid-key", &["SG."], r"(?-u)SG\.[A-Za-z0-9_=.-]{50,80}"),
    // https://tailscale.com/kb/1277/key-prefixes
    Shape::new(
        "tailscale-key",
        &["tskey-"],
        r"(?-u)tskey-[A-Za-z0-9-]{16,}",
    ),
    // https://github.com/C2SP/C2SP/blob/main/age.md: Bech32, in capitals
    Shape::new(
        "private-key",
        &["AGE-SECRET-KEY-1"],
        r"(?-u)AGE-SECRET-KEY-1[A-Z0-9]{50,}",
    ),
    // RFC 7515, 3.1 (JWS, three parts; unsigned, the last is empty) and RFC 7516, 3.1 (JWE, five)
    Shape::random(
        "jwt",
        &["eyJ"],
        r"(?-u)eyJ[A-Za-z0-9_-]{6,}\.(?:eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*|[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+){3})",
    ),
    // The same in base64: `eyJ`
    Shape::new("jwt", &["ZXlK"], r"(?-u)ZXlK[A-Za-z0-9+/]{60,}={0,2}"),
    // crypt(5) of libxcrypt, whose lengths these are, and Apache's own $apr1$
    Shape::new(
        "password-hash",
        &[
            "$y$", "$gy$", "$7$", "$6$", "$5$", "$2a$", "$2b$", "$2x$", "$2y$", "$1$", "$sha1$",
            "$md5", "$apr1$",
        ],
        r"(?x-u)\$(?:
            g?y\$[./A-Za-z0-9]{1,32}\$[./A-Za-z0-9]{0,86}\$[./A-Za-z0-9]{43} | 7\$[./A-Za-z0-9]{11,97}\$[./A-Za-z0-9]{43}
          | [56]\$(?:rounds=[0-9]{1,10}\$)?[^\s$:]{0,16}\$[./A-Za-z0-9]{43,86}
          | 2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53} | (?:1|apr1)\$[^\s$:]{0,8}\$[./A-Za-z0-9]{22}
          | sha1\$[0-9]{1,10}\$[./A-Za-z0-9]{1,64}\$[./A-Za-z0-9]{32,} | md5[,$][^\s:]{20,60} )",
    ),
    // https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
    Shape::new(
        "password-hash",
        &["$argon2", "$scrypt$", "$pbkdf2"],
        r"(?-u)\$(?:argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]{0,16})\$[A-Za-z0-9=,$+/.-]{20,}",
    ),
    // https://pve.proxmox.com/pve-docs/pveum.1.html#pveum_tokens, also for Backup Server and Mail Gateway. The user and the
    // ID of the token are not secret.
    Shape::new(
        "proxmox-token",
        &["PVEAPIToken", "PBSAPIToken", "PMGAPIToken", "!"],
        r"(?i-u)(?:P(?:VE|BS|MG)APIToken[=:\s]\s?[^\s!]{1,64})?![a-z][a-z0-9._-]{0,63}[=:](?<secret>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    ),
    // A private key in PEM as base64, as in a kubeconfig: `-----BEGIN ` and each of the six labels
    Shape::new(
        "private-key",
        &["LS0tLS1CRUdJTiB"],
        r"(?x-u)LS0tLS1CRUdJTiB(?: QUklWQVRFIEtFWS | SU0EgUFJJVkFURSBLRVkt | FQyBQUklWQVRFIEtFWS
          | EU0EgUFJJVkFURSBLRVkt | PUEVOU1NIIFBSSVZBVEUgS0VZ | FTkNSWVBURUQgUFJJVkFURSBLRVkt )[A-Za-z0-9+/]+={0,2}",
    ),
    // https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas: an HMAC-SHA256 in base64
    Shape::new(
        "azure-signature",
        &["sig="],
        r"(?-u)sig=(?<secret>[A-Za-z0-9%+/_-]{40,}=?)",
    ),
    // https://discord.com/developers/docs/resources/webhook
    Shape::new(
        "discord-webhook",
        &["/api/webhooks/"],
        r"(?-u)/api/webhooks/[0-9]{1,20}/(?<secret>[A-Za-z0-9_-]{40,})",
    ),
    // https://core.telegram.org/bots/api#authorizing-your-bot
    Shape::new(
        "telegram-token",
        &["api.telegram.org/bot"],
        r"(?-u)api\.telegram\.org/bot(?<secret>[0-9]{1,20}:[A-Za-z0-9_-]{30,})",
    ),
    // RFC 6750, 2.1, without the name of the header
    Shape::random(
        "authorization",
        &["bearer "],
        r"(?i-u)bearer +(?<secret>[A-Za-z0-9._~+/-]{16,}=*)",
    ),
    // RFC 3986, 3.2.1: the password in a URL. User and host are not secret.
    Shape::new(
        "password",
        &["://", r":\/\/"],
        r#"(?-u):(?://|\\/\\/)[^\s/?\#"'<>:@\\]*:(?<secret>[^\s/?\#"'<>\\]+)@"#,
    ),
    // SQL, https://dev.mysql.com/doc/refman/8.4/en/create-user.html
    Shape::new(
        "password",
        &["identified by"],
        r#"(?i-u)identified +by +(?:password +)?['"](?<secret>[^'"\s]+)"#,
    ),
    // slapd.conf(5), ldap.conf(5), redis.conf, haproxy.cfg, snmpd.conf(5)
    Shape::random(
        "password",
        &[
            "bindpw ",
            "rootpw ",
            "requirepass ",
            "masterauth ",
            "insecure-password ",
            "rocommunity ",
            "rwcommunity ",
        ],
        r#"(?i-u)(?:bindpw|rootpw|requirepass|masterauth|insecure-password|r[ow]community) +['"]?(?<secret>[^\s$'"<{%*][^\s'"]*)"#,
    ),
    // PHP, as in wp-config.php
    Shape::new(
        "password",
        &["define("],
        r#"(?i-u)define\( {0,4}['"][a-z_]{0,40}(?:password|secret|token|_key|_salt)['"] {0,4}, {0,4}['"](?<secret>[^'"\s]+)"#,
    ),
    // Options of clients that take a password without a name: sshpass(1), redis-cli, ldapsearch(1), mysql(1), docker login.
    // `/proc/PID/cmdline` has NUL between the words.
    Shape::new(
        "password",
        &[
            "sshpass",
            "redis-cli",
            "ldapsearch",
            "ldapadd",
            "ldapmodify",
            "mysql",
            "mariadb",
            "docker",
            "podman",
            "mongo",
            "kadmin",
            "openssl",
            "mosquitto_",
            "ipmitool",
            "useradd",
            "usermod",
            "xfreerdp",
            "htpasswd",
        ],
        r#"(?x-u)(?: sshpass[\ \x00]+-p[\ \x00]*
          | redis-cli[\ \x00](?:[^\s\x00]+[\ \x00]+){0,12}?-a[\ \x00]+
          | (?:ldap[a-z]+|kadmin)[\ \x00](?:[^\s\x00]+[\ \x00]+){0,12}?-w[\ \x00]+
          | (?:mysql|mysqldump|mysqladmin|mariadb)[\ \x00](?:[^\s\x00]+[\ \x00]+){0,12}?-p
          | (?:(?:docker|podman)[\ \x00]+login|mongo(?:sh|dump|restore)?)[\ \x00](?:[^\s\x00]+[\ \x00]+){0,12}?-p[\ \x00]+
          | openssl[\ \x00]+enc[\ \x00](?:[^\s\x00]+[\ \x00]+){0,12}?-k[\ \x00]+
          | (?:mosquitto_[ps]ub|ipmitool)[\ \x00](?:[^\s\x00]+[\ \x00]+){0,12}?-P[\ \x00]+
          | user(?:add|mod)[\ \x00](?:[^\s\x00]+[\ \x00]+){0,12}?-p[\ \x00]+
          | xfreerdp[\ \x00](?:[^\s\x00]+[\ \x00]+){0,12}?/p:
          | htpasswd[\ \x00]+-[a-zA-Z]*b[a-zA-Z]*[\ \x00]+(?:[^\s\x00]+[\ \x00]+){2}
          )['"]?(?<secret>[^\s\x00$'"<{%*-][^\s\x00'"]*)"#,
    ),
    // kubectl create secret
    Shape::random(
        "secret",
        &["--from-literal"],
        r#"(?x-u)--from-literal[=\ \x00]+['"]?[^\s\x00='"]{1,128}=(?<secret>[^\s\x00$'"<{%*][^\s\x00'"]*)"#,
    ),
    // smbclient(1), net(8), etcdctl: the password after the user
    Shape::new(
        "password",
        &["smbclient", "net ", "etcdctl"],
        r#"(?x-u)(?: (?:smbclient|net)[\ \x00](?:[^\s\x00]+[\ \x00]+){0,12}?-U[\ \x00]*['"]?[^\s\x00%'"]{1,64}%
          | etcdctl[\ \x00](?:[^\s\x00]+[\ \x00]+){0,12}?--user[=\ \x00]+['"]?[^\s\x00:'"]{1,64}:
          )(?<secret>[^\s\x00$'"<{%*][^\s\x00'"]*)"#,
    ),
    // ~/.netrc, https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html
    Shape::new(
        "password",
        &["machine ", "machine\t", "default login "],
        r"(?-u)(?:machine\s{1,16}[^\s]{1,255}|default)(?:\s{1,16}(?:login|account)\s{1,16}[^\s]{1,255}){0,2}\s{1,16}password\s{1,16}(?<secret>[^\s<$\[{*][^\s]*)",
    ),
    // chpasswd(8) and the `chpasswd` list of cloud-init. The passwords of a list are one secret, with the users between them.
    Shape::new(
        "password",
        &["chpasswd"],
        r#"(?x-u)chpasswd(?:
            [^\n<]{0,64}<<<\ {0,4}['"]?[^\s:'"$]{1,64}:(?<secret>[^\s'"$][^\s'"]*)
          | :\s{1,64}(?:expire:\s[a-zA-Z]{1,5}\s{1,64})?list:\s{0,64}(?:[|>][+-]?\s{1,64})?(?:-\s{1,16})?['"]?[^\s:'"]{1,64}:
            (?<list>[^\s'"]+(?:['"]?[\ \t]{0,16}\n[\ \t]{1,64}(?:-\s{1,16})?['"]?[a-z_][^\s:'"]{0,63}:[^\s:'"]+){0,64}))"#,
    ),
    Shape::new(
        "password",
        &["echo ", "printf "],
        r#"(?-u)(?:echo|printf) +(?:-[a-zA-Z]+ +)?(?:['"]?%s\\n['"]? +)?['"]?[a-z_][^\s:'"$]{0,31}:(?<secret>[^\s'"|$][^\s'"|]*)['"]? *\| *(?:sudo +)?(?:/usr)?(?:/sbin/)?chpasswd"#,
    ),
    // https://learn.microsoft.com/en-us/entra/identity-platform: client secrets, with `8Q~` or `7Q~` after three characters
    Shape::within_word("azure-secret", &["Q~"], r"(?-u)Q~[A-Za-z0-9_~.-]{31,34}\b"),
    // curl(1)
    Shape::new(
        "password",
        &["curl"],
        r#"(?x-u)curl[\ \x00](?:[^\s\x00]+[\ \x00]+){0,12}?(?:-[a-zA-Z]{0,8}u|--user|-U|--proxy-user)[\ =\x00]*
          ['"]?[^\s\x00:'"]{1,64}:(?<secret>[^\s\x00$'"<{%*][^\s\x00'"]*)"#,
    ),
    // A URL whose user is a token, as for git
    Shape::random(
        "token",
        &["://"],
        r"(?-u)://(?<secret>[A-Za-z0-9_.-]{20,})@",
    ),
    // https://docs.oracle.com/en/database/oracle/oracle-database/23/jjdbc/data-sources-and-URLs.html
    Shape::new(
        "password",
        &["jdbc:oracle:"],
        r"(?-u)jdbc:oracle:[a-z0-9]{1,8}:[^/\s:@]{1,64}/(?<secret>[^@\s]{1,255})@",
    ),
    // https://www.postgresql.org/docs/current/libpq-pgpass.html
    Shape::within_word(
        "password",
        &[":5432:", "*:*:"],
        r"(?m-u)(?::5432|\*:\*):[^:\s]{1,64}:[^:\s]{1,64}:(?<secret>(?:[^:\s\\]|\\.)+)\r?$",
    ),
    // https://www.chiark.greenend.org.uk/~sgtatham/putty/ : a private key of PuTTY
    Shape::new(
        "private-key",
        &["Private-Lines: "],
        r"(?-u)Private-Lines: [0-9]{1,4}\r?\n(?<secret>[A-Za-z0-9+/=]{1,80}(?:\r?\n[A-Za-z0-9+/=]{1,80})*)(?:\r?\nPrivate-|\s*\z)",
    ),
    // https://www.openldap.org/doc/admin26/security.html#Password%20Storage, also in htpasswd
    Shape::new(
        "password-hash",
        &["{SHA", "{SSHA", "{MD5}", "{SMD5}"],
        r"(?-u)\{S?(?:SHA(?:224|256|384|512)?|MD5)\}(?<secret>[A-Za-z0-9+/]{20,}={0,2})",
    ),
    // SQL, https://dev.mysql.com/doc/refman/5.7/en/set-password.html
    Shape::new(
        "password",
        &["= password(", "=password("],
        r#"(?i-u)= ?password\( {0,4}['"](?<secret>[^'"\s]+)"#,
    ),
    // What an installer of a database prints: `A temporary password is generated for root@localhost: x`
    Shape::random(
        "password",
        &["password for ", "password is generated for "],
        r"(?im-u)password (?:is generated )?for [^\s:]{1,64}: (?<secret>[^\s]{8,64})\r?$",
    ),
    // https://docs.haproxy.org/3.0/configuration.html#stats%20auth
    Shape::new(
        "password",
        &["stats auth "],
        r"(?-u)stats auth {1,8}[^\s:]{1,64}:(?<secret>[^\s]+)",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::api_tokens::API_TOKENS;

    #[test]
    fn every_pattern_is_one_and_fits_no_empty_text() {
        for shape in SHAPES.iter().chain(&API_TOKENS) {
            let regex = Regex::new(shape.pattern).unwrap_or_else(|error| panic!("{error}"));
            assert!(!regex.is_match(b""), "{}", shape.pattern);
        }
    }
}
