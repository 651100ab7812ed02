//! Credentials kept out of what AWS says. An error can repeat the request that it is about, headers included, and its
//! words go into reports and logs.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// What stands where a credential was.
const REMOVED: &str = "[credential removed]";

/// Shorter ones are words that somebody made up for an emulator. The shortest access key id of AWS has 16 characters.
///
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html>.
const SHORTEST: usize = 8;

/// The variables that credentials come from.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>.
const VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];

/// Where AWS begins to repeat the request, when a signature is wrong.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>, and the answers of services
/// whose errors have no fields besides the message.
const REPETITIONS: &[&str] = &[
    "The Canonical String for this request",
    "The String-to-Sign should have been",
];

/// The header that carries the session token.
const TOKEN_HEADER: &str = "x-amz-security-token";

/// How access key ids of AWS begin, those of users and those of sessions, and how many characters follow.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>.
const KEY_ID_PREFIXES: &[&str] = &["AKIA", "ASIA"];
const KEY_ID_REST: usize = 12;

/// The credentials in use, as they become known: those of the environment from the start, those of requests when they
/// are sent.
#[derive(Clone, Default)]
pub(super) struct Secrets(Arc<RwLock<BTreeSet<String>>>);

impl Secrets {
    /// Those that the environment holds.
    pub(super) fn of_environment() -> Self {
        let secrets = Secrets::default();
        for variable in VARIABLES {
            if let Ok(value) = std::env::var(variable) {
                secrets.note(&value);
            }
        }
        secrets
    }

    /// Learns from a signed request which credentials it carries.
    pub(super) fn note_request(&self, request: &HttpRequest) {
        let headers = request.headers();
        let credential = headers
            .get("authorization")
            .and_then(|header| header.split_once("Credential="));
        if let Some((id, _)) = credential.and_then(|(_, rest)| rest.split_once('/')) {
            self.note(id);
        }
        if let Some(token) = headers.get(TOKEN_HEADER) {
            self.note(token);
        }
    }

    /// The same, to which what another account's sessions carry is added without this one growing with every account.
    pub(super) fn copied(&self) -> Self {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        Secrets(Arc::new(RwLock::new(known)))
    }

    /// Learns a secret, unless it is so short that it may be a word.
    pub(super) fn note(&self, secret: &str) {
        let secret = secret.trim();
        let is_known = || self.0.read().unwrap_or_else(PoisonError::into_inner).contains(secret);
        if secret.len() < SHORTEST || is_known() {
            return;
        }
        let mut secrets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        secrets.extend(spellings(secret));
    }

    /// A text without the credentials in it, those that are known and what looks like one, and without a request that it
    /// repeats.
    pub(super) fn removed_from<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for repetition in REPETITIONS {
            if let Some(at) = text.find(repetition) {
                text = Cow::Owned(text[..at].trim_end().to_owned());
            }
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut known: Vec<&String> = known.iter().filter(|secret| text.contains(secret.as_str())).collect();
        // A short one may be part of a long one.
        known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in known {
            text = Cow::Owned(text.replace(secret.as_str(), REMOVED));
        }
        for prefix in KEY_ID_PREFIXES {
            while let Some((start, end)) = key_id(&text, prefix) {
                text.to_mut().replace_range(start..end, REMOVED);
            }
        }
        while let Some((start, end)) = token(&text) {
            text.to_mut().replace_range(start..end, REMOVED);
        }
        text
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

/// A credential as it can stand in an answer: as it is, as in a URL, as in JSON. Secret keys and tokens are in Base64.
fn spellings(secret: &str) -> BTreeSet<String> {
    let in_url = secret.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let in_small_letters = secret.replace('+', "%2b").replace('/', "%2f").replace('=', "%3d");
    BTreeSet::from([secret.to_owned(), secret.replace('/', "\\/"), in_url, in_small_letters])
}

/// Where something in a text looks like an access key id.
fn key_id(text: &str, prefix: &str) -> Option<(usize, usize)> {
    text.match_indices(prefix).find_map(|(start, _)| {
        let rest = &text[start + prefix.len()..];
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            .count();
        (length >= KEY_ID_REST).then_some((start, start + prefix.len() + length))
    })
}

/// Where a text says what the session token was.
fn token(text: &str) -> Option<(usize, usize)> {
    text.to_ascii_lowercase()
        .match_indices(TOKEN_HEADER)
        .find_map(|(at, _)| {
            let named = at + TOKEN_HEADER.len();
            let (before, after) = (text[named..].trim_start_matches('"'), [':', '=', ' ', '"']);
            let start = text.len() - before.trim_start_matches(after).len();
            let length = text[start..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || "+/=%-_".contains(c)))
                .unwrap_or(text.len() - start);
            // A list of the headers that are signed names it, and says nothing more.
            (length >= SHORTEST && before.starts_with([':', '='])).then_some((start, start + length))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "QXXAEXAMPLEEXAMPLE99";
    const TOKEN: &str = "FwoGZXIvYXdzEBYaDK/Kb+tjk3==";

    fn signed() -> HttpRequest {
        let mut request = HttpRequest::empty();
        let headers = request.headers_mut();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={ID}/20260615/eu-west-3/kms/aws4_request, SignedHeaders=host, Signature=1"
        );
        headers.insert("authorization", authorization);
        headers.insert(TOKEN_HEADER, TOKEN);
        request
    }

    #[test]
    fn what_a_request_carried_is_removed_from_the_answer_however_it_is_spelt() {
        let secrets = Secrets::default();
        secrets.note_request(&signed());
        let said = format!(
            "{ID} with {TOKEN}, FwoGZXIvYXdzEBYaDK%2FKb%2Btjk3%3D%3D or FwoGZXIvYXdzEBYaDK\\/Kb+tjk3== is unknown"
        );
        assert_eq!(
            secrets.removed_from(&said),
            format!("{REMOVED} with {REMOVED}, {REMOVED} or {REMOVED} is unknown")
        );
    }

    #[test]
    fn credentials_that_a_provider_used_on_the_way_are_removed_as_well() {
        let secrets = Secrets::default();
        for (said, left) in [
            (
                "no role for AKIAIOSFODNN7EXAMPLE, ASIAIOSFODNN7EXAMPLE",
                "no role for [credential removed], [credential removed]",
            ),
            (
                "x-amz-date:1\nX-Amz-Security-Token:IQoJ/b3+==\n\nhost",
                "x-amz-date:1\nX-Amz-Security-Token:[credential removed]\n\nhost",
            ),
            (
                "wrong.\n\nThe Canonical String for this request should have been\n'POST\n/'",
                "wrong.",
            ),
            (
                "wrong.\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256'",
                "wrong.",
            ),
        ] {
            assert_eq!(secrets.removed_from(said), left);
        }
    }

    #[test]
    fn what_is_no_credential_stays() {
        let secrets = Secrets::default();
        secrets.note("sandbox");
        for said in [
            "the sandbox does not know AKIA",
            "SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target, Signature=1",
            "x-amz-security-token",
            "the X-Amz-Security-Token parameter is missing",
            "größe x-amz-security-token: é",
        ] {
            assert_eq!(secrets.removed_from(said), said);
        }
    }

    #[test]
    fn nothing_is_shown_of_them_where_something_is_debugged() {
        let secrets = Secrets::default();
        secrets.note_request(&signed());
        assert_eq!(format!("{secrets:?}"), "Secrets");
    }
}
