//! Telling names: `DB_PASSWORD`, `apiKey`, `X-Auth-Token`.

/// What a name says about the value beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    /// The class of the secret.
    pub(super) class: &'static str,
    /// The name can also mean something harmless: the value itself must look like a secret.
    pub(super) ambiguous: bool,
    /// The name can be a count, such as `MAX_TOKENS`: a number is then a setting.
    pub(super) may_be_count: bool,
    /// The name ends with the secret word. `token-refresher: …` is a program's message.
    pub(super) is_last: bool,
}

/// Words that make a name telling, with the class. A single word of five letters or more may also be the end of a longer
/// one: `PGPASSWORD`.
const SECRET: &[(&[&str], &str)] = &[
    (&["password"], "password"),
    (&["passwd"], "password"),
    (&["passwort"], "password"),
    (&["kennwort"], "password"),
    (&["passphrase"], "password"),
    (&["passcode"], "password"),
    (&["pass", "phrase"], "password"),
    (&["pwd"], "password"),
    (&["psk"], "password"),
    (&["rootpw"], "password"),
    (&["bindpw"], "password"),
    (&["secret"], "secret"),
    (&["token"], "token"),
    (&["amz", "signature"], "token"),
    (&["apikey"], "api-key"),
    (&["api", "key"], "api-key"),
    (&["privatekey"], "private-key"),
    (&["private", "key"], "private-key"),
    (&["accesskey"], "access-key"),
    (&["authkey"], "access-key"),
    (&["access", "key"], "access-key"),
    (&["account", "key"], "access-key"),
    (&["auth", "key"], "access-key"),
    (&["encryption", "key"], "secret"),
    (&["master", "key"], "secret"),
    (&["preshared", "key"], "secret"),
    (&["session", "key"], "secret"),
    (&["shared", "key"], "secret"),
    (&["signing", "key"], "secret"),
    (&["credential"], "credential"),
    (&["authorization"], "authorization"),
];

/// The same, but only if the value looks like a secret.
const AMBIGUOUS: &[(&[&str], &str)] = &[
    (&["pass"], "password"),
    (&["pw"], "password"),
    (&["pat"], "token"),
    (&["salt"], "secret"),
    (&["cookie"], "cookie"),
    (&["session", "id"], "token"),
    (&["sessionid"], "token"),
    (&["sessid"], "token"),
    (&["auth"], "credential"),
    (&["key"], "secret"),
];

/// Words that make a name a count if they precede a telling word.
const COUNTING: &[&str] = &["count", "max", "min", "n", "num", "number", "total"];

/// Words that make a name harmless if they precede a telling word: systemd's `LoadCredential=` names a file,
/// `systemd-ask-password` is a program.
const BEFORE: &[&str] = &[
    "ask", "foreign", "has", "import", "is", "load", "no", "primary", "public", "without",
];

/// Words that make a name harmless if they follow a telling word: `PASSWORD_FILE`, `TOKEN_TTL`,
/// `systemd-ask-password-wall.service`.
const BEHIND: &str = "\
    addr address age agent alg algorithm allowed attempts auth authentication automount backend \
    budget c cache change changed cipher class cmd command conf config console cost count \
    created date days db device dir directory disabled enable enabled encoding endpoint exp \
    expiration expire expires expiry fd field file files fingerprint format go group header \
    helper hint host hours id ids index interval issuer js json kind label len length lifetime \
    limit location lock log manager max md method min minutes mode ms name names num number \
    offset owner param path pl pm policies policy port pos position prefix prompt provider py \
    quality rate rb ref required retries rs rules scheme scope script sec seconds secs service \
    sh size slice so sock socket source state status stdin store strength suffix swap target \
    time timeout timer ttl txt type types uri url usage user username validator validity version \
    xml yaml yml";

/// Classifies a name; `None` if it is not telling.
pub(super) fn classify(name: &[u8]) -> Option<Name> {
    const LONGEST: usize = 128;
    if name.len() > LONGEST {
        return None;
    }
    let words = words(name);
    find(&words, SECRET, false).or_else(|| find(&words, AMBIGUOUS, true))
}

/// Looks for the last telling word, and whether the words around it make it harmless.
fn find(words: &[String], table: &[(&[&str], &'static str)], ambiguous: bool) -> Option<Name> {
    let (behind, class) = (0..words.len()).rev().find_map(|at| {
        let from = words.get(at..)?;
        let (parts, class) = table.iter().find(|(parts, _)| begins(from, parts))?;
        Some((at + parts.len(), *class))
    })?;
    let after = words.get(behind..).unwrap_or_default();
    let before = words.get(..behind).unwrap_or_default();
    // An ambiguous word counts only at the end: not in `KEY_EVENTS`, `pass_through`.
    if after
        .iter()
        .any(|word| BEHIND.split(' ').any(|behind| behind == word))
        || before.iter().any(|word| BEFORE.contains(&word.as_str()))
        || (ambiguous && (!after.is_empty() || (class == "secret" && before.len() < 2)))
    {
        return None;
    }
    let plural = before
        .last()
        .is_some_and(|word| word.ends_with('s') && word != "pass");
    Some(Name {
        class,
        ambiguous,
        may_be_count: plural || before.iter().any(|word| COUNTING.contains(&word.as_str())),
        is_last: after.is_empty(),
    })
}

fn begins(words: &[String], parts: &[&str]) -> bool {
    let single = parts.len() == 1;
    parts.len() <= words.len()
        && parts.iter().zip(words).all(|(part, word)| {
            let one = word.strip_suffix('s').filter(|_| part.len() > 2);
            let fits =
                |word: &str| word == *part || (single && part.len() > 4 && word.ends_with(part));
            fits(word) || one.is_some_and(fits)
        })
}

/// The words of a name in lower case, without digits: `dbPassword2`, `PVEAPIToken`, `x-api-key`.
fn words(name: &[u8]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = b'_';
    for (index, &byte) in name.iter().enumerate() {
        let next = name.get(index + 1).copied().unwrap_or(b'_');
        let camel = byte.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_uppercase() && next.is_ascii_lowercase());
        if (camel || !byte.is_ascii_alphabetic()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if byte.is_ascii_alphabetic() {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
        before = byte;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str) -> Option<&'static str> {
        classify(name.as_bytes()).map(|name| name.class)
    }

    #[test]
    fn what_a_name_says() {
        let cases = [
            ("password", "password"),
            ("DB_PASSWORD", "password"),
            ("PGPASSWORD", "password"),
            ("dbPassword2", "password"),
            ("spring.datasource.password", "password"),
            ("MYSQL_PWD", "password"),
            ("SECRET_KEY_BASE", "secret"),
            ("clientSecret", "secret"),
            ("AWS_SECRET_ACCESS_KEY", "access-key"),
            ("X-Api-Key", "api-key"),
            ("apikey", "api-key"),
            ("API_KEYS", "api-key"),
            ("PrivateKey", "private-key"),
            ("JWT_SIGNING_KEY", "secret"),
            ("_authToken", "token"),
            ("CSRFPreventionToken", "token"),
            ("TOKEN_PROD", "token"),
            ("Authorization", "authorization"),
            ("SMTP_PASS", "password"),
        ];
        for (name, expected) in cases {
            assert_eq!(class(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn names_that_only_look_like_it() {
        for name in [
            "PASSWORD_FILE",
            "password-min-length",
            "TOKEN_TTL",
            "token_type",
            "tokenizer",
            "secretary.service",
            "systemd-ask-password-wall.service",
            "systemd-ask-password",
            "LoadCredential",
            "ImportCredential",
            "CREDENTIALS_DIRECTORY",
            "PasswordAuthentication",
            "SSH_AUTH_SOCK",
            "OLDPWD",
            "public_key",
            "monkey",
            "key",
            "bypass",
            "passed",
            "token_id",
            "max_password_age",
            "",
        ] {
            assert_eq!(class(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_of_many_may_be_a_count() {
        let counts = |name: &str| classify(name.as_bytes()).unwrap().may_be_count;
        assert!(counts("MAX_TOKENS") && counts("num_tokens") && counts("min-password"));
        assert!(!counts("TOKEN") && !counts("pass") && !counts("ADMIN_PASSWORD"));
    }
}
