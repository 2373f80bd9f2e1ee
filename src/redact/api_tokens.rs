//! API tokens of services, by the prefixes that their makers gave them so that they can be found. The lengths are those that
//! the services issue; the public rules of secret scanners list the same prefixes.

use super::shapes::Shape;

const fn token(hints: &'static [&'static str], pattern: &'static str) -> Shape {
    Shape::new("api-token", hints, pattern)
}

/// The tokens, by service.
pub(super) static API_TOKENS: [Shape; 52] = [
    // 1Password: service account, secret key
    token(&["ops_eyJ"], r"(?-u)ops_eyJ[A-Za-z0-9+/_-]{200,}={0,3}"),
    token(
        &["A3-"],
        r"(?-u)A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}\b",
    ),
    // Adobe
    token(&["p8e-"], r"(?i-u)p8e-[a-z0-9]{32}\b"),
    // Airtable
    token(&["pat"], r"(?-u)pat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b"),
    // Alibaba Cloud
    token(&["LTAI"], r"(?-u)LTAI[A-Za-z0-9]{16,20}\b"),
    // Artifactory
    token(
        &["AKCp", "cmVmd"],
        r"(?-u)(?:AKCp[A-Za-z0-9]{69}|cmVmd[A-Za-z0-9]{59})\b",
    ),
    // Atlassian
    token(&["ATATT3"], r"(?-u)ATATT3[A-Za-z0-9_=-]{100,}"),
    // Authress
    token(
        &["sc_", "ext_", "scauth_", "authress_"],
        r"(?i-u)(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[a-z0-9+/_=-]{30,120}",
    ),
    // Amazon Bedrock
    token(&["ABSK"], r"(?-u)ABSK[A-Za-z0-9+/]{100,}={0,2}"),
    token(
        &["bedrock-api-key-"],
        r"(?-u)bedrock-api-key-[A-Za-z0-9+/_.-]{20,}={0,2}",
    ),
    // ClickHouse Cloud
    token(&["4b1d"], r"(?-u)4b1d[A-Za-z0-9]{38}\b"),
    // Clojars
    token(&["CLOJARS_"], r"(?i-u)CLOJARS_[a-z0-9]{60}\b"),
    // Cloudflare: origin CA key
    token(&["v1.0-"], r"(?-u)v1\.0-[a-f0-9]{24}-[a-f0-9]{146}\b"),
    // Databricks
    token(&["dapi"], r"(?-u)dapi[a-f0-9]{32}(?:-[0-9])?\b"),
    // Doppler
    token(
        &["dp."],
        r"(?-u)dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,}",
    ),
    // Duffel
    token(&["duffel_"], r"(?i-u)duffel_(?:test|live)_[a-z0-9_=-]{43}"),
    // Dynatrace
    token(
        &["dt0"],
        r"(?i-u)dt0[a-z][0-9]{2}\.[a-z0-9]{24}\.[a-z0-9]{64}\b",
    ),
    // EasyPost
    token(&["EZAK", "EZTK"], r"(?i-u)EZ[AT]K[a-z0-9]{54}\b"),
    // Facebook, Square
    token(
        &["EAA"],
        r"(?i-u)EAA(?:[MC][a-z0-9]{100,}|A[A-Za-z0-9_-]{22,60}\b)",
    ),
    token(&["sq0"], r"(?-u)sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,60}"),
    // Flutterwave
    token(&["FLWSECK"], r"(?i-u)FLWSECK(?:_TEST)?-[a-z0-9-]{12,}"),
    // Fly.io
    token(
        &["fo1_", "fm1_", "fm1a_", "fm1r_", "fm2_"],
        r"(?-u)(?:fo1_[A-Za-z0-9_-]{43}|fm(?:1[ar]?|2)_[A-Za-z0-9+/]{100,}={0,3})",
    ),
    // Frame.io
    token(&["fio-u-"], r"(?i-u)fio-u-[a-z0-9_=-]{64}"),
    // Grafana: API key, cloud, service account
    token(&["eyJrIjoi"], r"(?-u)eyJrIjoi[A-Za-z0-9+/]{70,400}={0,3}"),
    token(
        &["glc_", "glsa_"],
        r"(?-u)(?:glc_[A-Za-z0-9+/]{32,400}={0,3}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8})",
    ),
    // GitLab: the session of a browser
    token(
        &["_gitlab_session="],
        r"(?-u)_gitlab_session=(?<secret>[0-9a-z]{32})\b",
    ),
    // 42
    token(&["s-s4t2"], r"(?-u)s-s4t2(?:ud|af)-[a-f0-9]{64}\b"),
    // Groq, xAI, Replicate
    token(
        &["gsk_", "xai-", "r8_"],
        r"(?-u)(?:gsk_[A-Za-z0-9]{52}|xai-[A-Za-z0-9_]{70,}|r8_[A-Za-z0-9]{37,})\b",
    ),
    // Harness
    token(
        &["pat.", "sat."],
        r"(?-u)[ps]at\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}\b",
    ),
    // Heroku
    token(&["HRKU-AA"], r"(?-u)HRKU-AA[A-Za-z0-9_-]{58}"),
    // HubSpot
    token(
        &["pat-"],
        r"(?i-u)pat-(?:na|eu)[0-9]-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    ),
    // Infracost
    token(&["ico-"], r"(?-u)ico-[A-Za-z0-9]{32}\b"),
    // Linear
    token(&["lin_api_"], r"(?i-u)lin_api_[a-z0-9]{40}\b"),
    // Mailgun
    token(&["key-"], r"(?-u)key-[a-f0-9]{32}\b"),
    // Microsoft Teams: the path of a webhook
    token(
        &["webhook.office.com/webhookb2/"],
        r"(?-u)webhook\.office\.com/webhookb2/(?<secret>[A-Za-z0-9@/_-]{60,})",
    ),
    // New Relic
    token(
        &["NRJS-", "NRII-", "NRAK-", "NRIQ-", "NRRA-", "NRAA-"],
        r"(?i-u)NR(?:JS|II|AK|IQ|RA|AA)-[a-z0-9-]{19,}",
    ),
    // Notion
    token(&["ntn_"], r"(?-u)ntn_[0-9]{11}[A-Za-z0-9]{35}\b"),
    // Octopus Deploy
    token(&["API-"], r"(?-u)API-[A-Z0-9]{26}\b"),
    // OpenShift
    token(&["sha256~"], r"(?-u)sha256~[A-Za-z0-9_-]{43}"),
    // Perplexity
    token(&["pplx-"], r"(?-u)pplx-[A-Za-z0-9]{48}\b"),
    // Plaid
    token(
        &["access-"],
        r"(?i-u)access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    ),
    // PlanetScale
    token(
        &["pscale_"],
        r"(?i-u)pscale_(?:tkn|oauth|pw)_[a-z0-9=._-]{32,64}",
    ),
    // Postman
    token(&["PMAK-"], r"(?i-u)PMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
    // Prefect, Pulumi
    token(
        &["pnu_", "pnb_", "pul-"],
        r"(?-u)(?:pn[ub]_[A-Za-z0-9]{36}|pul-[a-f0-9]{40})\b",
    ),
    // ReadMe, RubyGems, Scalingo, Brevo
    token(
        &["rdme_", "rubygems_", "tk-us-", "xkeysib-"],
        r"(?i-u)(?:rdme_[a-z0-9]{70}|rubygems_[a-f0-9]{48}|tk-us-[a-z0-9_-]{48}|xkeysib-[a-f0-9]{64}-[a-z0-9]{16})\b",
    ),
    // Sentry
    token(
        &["sntrys_", "sntryu_"],
        r"(?-u)sntry[su]_[A-Za-z0-9+/_=-]{40,}",
    ),
    // SettleMint
    token(&["sm_"], r"(?-u)sm_[aps]at_[A-Za-z0-9]{16}\b"),
    // Shippo, Shopify
    token(
        &["shippo_", "shp"],
        r"(?i-u)(?:shippo_(?:live|test)_[a-f0-9]{40}|shp(?:at|ca|pa|ss)_[a-f0-9]{32})\b",
    ),
    // Sourcegraph
    token(
        &["sgp_"],
        r"(?i-u)sgp_(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40}\b",
    ),
    // Terraform Cloud. Before it stand fourteen characters that tell nothing.
    Shape::within_word(
        "api-token",
        &[".atlasv1."],
        r"(?i-u)\.atlasv1\.[a-z0-9=_-]{60,70}",
    ),
    // Twilio
    token(&["SK"], r"(?-u)SK[0-9a-fA-F]{32}\b"),
    // Typeform, Yandex Cloud
    token(
        &["tfp_", "t1.", "AQVN", "YC"],
        r"(?-u)(?:tfp_[A-Za-z0-9_.=-]{59}|t1\.[A-Za-z0-9_-]{1,64}={0,2}\.[A-Za-z0-9_-]{86}={0,2}|AQVN[A-Za-z0-9_-]{35,38}|YC[A-Za-z0-9_-]{38}\b)",
    ),
];
