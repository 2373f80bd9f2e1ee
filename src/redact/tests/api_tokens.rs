//! API tokens. They are assembled here, so that secret scanners do not report this repository.

use super::redacted;

/// Characters of which some are digits and capitals, as in a random text.
fn text(length: usize) -> String {
    "Ab3dE5gH1jK7mN9pQ2sT4vW6xY8z"
        .chars()
        .cycle()
        .take(length)
        .collect()
}

fn lower(length: usize) -> String {
    text(length).to_lowercase()
}

fn upper(length: usize) -> String {
    text(length).to_uppercase()
}

fn hex(length: usize) -> String {
    "0a1b2c3d4e5f6789".chars().cycle().take(length).collect()
}

fn examples() -> Vec<String> {
    vec![
        format!("ops_eyJ{}", text(240)),
        format!(
            "A3-{}-{}-{}-{}-{}",
            upper(6),
            upper(11),
            upper(5),
            upper(5),
            upper(5)
        ),
        format!("p8e-{}", lower(32)),
        format!("pat{}.{}", text(14), hex(64)),
        format!("LTAI{}", text(20)),
        format!("AKCp{}", text(69)),
        format!("cmVmd{}", text(59)),
        format!("ATATT3{}", text(186)),
        format!(
            "sc_{}.{}.acc-{}.{}",
            lower(12),
            lower(4),
            lower(12),
            lower(40)
        ),
        format!("ABSK{}", text(120)),
        format!("bedrock-api-key-{}", text(40)),
        format!("4b1d{}", text(38)),
        format!("CLOJARS_{}", lower(60)),
        format!("v1.0-{}-{}", hex(24), hex(146)),
        format!("dapi{}", hex(32)),
        format!("dp.pt.{}", text(43)),
        format!("duffel_live_{}", text(43)),
        format!("dt0c01.{}.{}", upper(24), upper(64)),
        format!("EZAK{}", text(54)),
        format!("EAAC{}", text(120)),
        format!("gsk_{}", text(52)),
        format!("xai-{}", text(80)),
        format!("r8_{}", text(37)),
        format!("pat-na1-{}-0a1b-2c3d-4e5f-{}", hex(8), hex(12)),
        format!("EAAA{}", text(60)),
        format!("sq0atp-{}", text(22)),
        format!("FLWSECK_TEST-{}-X", hex(32)),
        format!("fo1_{}", text(43)),
        format!("fm2_{}", text(160)),
        format!("fio-u-{}", text(64)),
        format!("eyJrIjoi{}", text(90)),
        format!("glc_{}", text(80)),
        format!("glsa_{}_{}", text(32), hex(8)),
        format!("HRKU-AA{}", text(58)),
        format!("pat.{}.{}.{}", text(22), text(24), text(20)),
        format!("s-s4t2ud-{}", hex(64)),
        format!("ico-{}", text(32)),
        format!("lin_api_{}", text(40)),
        format!("key-{}", hex(32)),
        format!("NRAK-{}", upper(27)),
        format!("ntn_{}{}", "01234567890", text(35)),
        format!("API-{}", upper(26)),
        format!("sha256~{}", text(43)),
        format!("pplx-{}", text(48)),
        format!("access-sandbox-{}-0a1b-2c3d-4e5f-{}", hex(8), hex(12)),
        format!("pscale_tkn_{}", text(43)),
        format!("PMAK-{}-{}", hex(24), hex(34)),
        format!("pnu_{}", text(36)),
        format!("pul-{}", hex(40)),
        format!("rdme_{}", lower(70)),
        format!("rubygems_{}", hex(48)),
        format!("tk-us-{}", text(48)),
        format!("xkeysib-{}-{}", hex(64), text(16)),
        format!("sntrys_{}", text(100)),
        format!("sm_pat_{}", text(16)),
        format!("shippo_live_{}", hex(40)),
        format!("shpat_{}", hex(32)),
        format!("sgp_{}_{}", hex(16), hex(40)),
        format!("sgp_{}", hex(40)),
        format!("SK{}", hex(32)),
        format!("tfp_{}", text(59)),
        format!("AQVN{}", text(35)),
        format!("YC{}", text(38)),
    ]
}

#[test]
fn each_is_found_in_any_context() {
    for secret in examples() {
        for (before, after) in [
            ("", ""),
            ("found ", " here"),
            ("\"", "\","),
            ("(", ")"),
            ("\\n", "\\n"),
        ] {
            assert_eq!(
                redacted(&format!("{before}{secret}{after}")),
                format!("{before}[redacted:api-token:1]{after}"),
                "{secret}"
            );
        }
    }
}

#[test]
fn only_the_secret_part_is_removed() {
    let token = format!(".atlasv1.{}", lower(64));
    assert_eq!(
        redacted(&format!("abcdefghijklmn{token}")),
        "abcdefghijklmn[redacted:api-token:1]"
    );
    let path = format!("{}@{}/IncomingWebhook/{}", hex(36), hex(36), hex(32));
    assert_eq!(
        redacted(&format!("https://corp.webhook.office.com/webhookb2/{path}")),
        "https://corp.webhook.office.com/webhookb2/[redacted:api-token:1]"
    );
    assert_eq!(
        redacted(&format!("Set _gitlab_session={}; Path=/", hex(32))),
        "Set _gitlab_session=[redacted:api-token:1]; Path=/"
    );
}

/// Words with the same prefixes.
#[test]
fn ordinary_words_stay() {
    for text in [
        "pattern path.to.something pat.ch access-log access-production key-value key-0123456789abcdef",
        "SK SKILL API-GATEWAY API-V2 YCbCr YCM t1.micro t1.large dp.server s.service s.abcdefghijk",
        "sc_client ext_modules.c.acc dapic dt0 EAASY EZAK ico-file fio-u sq0 shp shpat_ pul-request A3-size A3-paper",
        "sha256~ glc_ fo1_ 4b1d cmVmd tfp_ AQVN npm_config_cache sm_pat_ sgp_ LTAI key-rotation-of-the-cluster",
        "v1.0-rc1 v1.0-0123456789abcdef01234567 sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ] {
        assert_eq!(redacted(text), text);
    }
}
