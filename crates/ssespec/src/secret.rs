//! What must never be shown: credentials in headers and URLs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::header::Header;

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Headers whose value is a secret whoever sets them.
const SECRET_HEADERS: [&str; 8] = [
    "api-key",
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
    "x-goog-api-key",
];

/// Words in the name of a query parameter or header that make its value a secret.
const SECRET_WORDS: [&str; 9] = [
    "token",
    "secret",
    "password",
    "passwd",
    "api_key",
    "apikey",
    "api-key",
    "signature",
    "auth",
];

/// The shortest text that is looked for in what a target sends, in bytes: shorter ones occur by chance.
const SHORTEST: usize = 6;

/// Credentials that were given to us. They are replaced wherever they would be shown.
#[derive(Clone, Default)]
pub struct Secrets {
    values: Vec<String>,
    headers: Vec<String>,
}

impl Secrets {
    /// The value of the header `name` is a secret.
    pub fn learn_header(&mut self, name: &str, value: &[u8]) {
        self.headers.push(name.to_ascii_lowercase());
        let value = String::from_utf8_lossy(value).into_owned();
        // "Bearer abc": what is secret is what follows the scheme.
        if let Some((_, credentials)) = value.split_once(' ') {
            self.learn(credentials);
        }
        // "sid=abc; theme=dark": a target that echoes one does so without its name.
        if name.eq_ignore_ascii_case("cookie") {
            let pairs = value.split(';').filter_map(|pair| pair.split_once('='));
            pairs.for_each(|(_, cookie)| self.learn(cookie.trim()));
        }
        self.learn(&value);
    }

    /// What in `url` is a secret: the user's name and password, and parameters named like one.
    pub fn learn_from_url(&mut self, url: &Url) {
        if let Some(password) = url.password() {
            self.learn(password);
            self.learn(&decoded(password));
        }
        if let Some(basic) = basic(url) {
            self.learn_header("authorization", basic.as_bytes());
        }
        let secrets: Vec<String> = url
            .query_pairs()
            .filter(|(name, _)| is_secret_name(name))
            .map(|(_, value)| value.into_owned())
            .collect();
        for secret in &secrets {
            self.learn(secret);
        }
    }

    /// What is a secret for `other` is one here too.
    pub fn take_over(&mut self, other: &Self) {
        self.headers.extend_from_slice(&other.headers);
        for secret in &other.values {
            self.learn(secret);
        }
    }

    /// Whether the header `name` holds a secret.
    pub fn is_secret_header(&self, name: &str) -> bool {
        SECRET_HEADERS.contains(&name)
            || self.headers.iter().any(|header| header == name)
            || is_secret_name(name)
    }

    /// `header` with a secret value replaced.
    pub fn redact_header(&self, header: Header) -> Header {
        if self.is_secret_header(&header.name) {
            Header::new(&header.name, REDACTED)
        } else {
            header
        }
    }

    /// `url` with secret parts replaced.
    pub fn redact_url(&self, url: &Url) -> String {
        let mut safe = url.clone();
        if !safe.username().is_empty() || safe.password().is_some() {
            // Neither can fail for a URL that has a host, and only such a URL has a user.
            let _ = safe.set_username("redacted");
            let _ = safe.set_password(None);
        }
        if safe.query_pairs().any(|(name, _)| is_secret_name(&name)) {
            let pairs: Vec<(String, String)> = safe
                .query_pairs()
                .map(|(name, value)| {
                    let value = if is_secret_name(&name) {
                        REDACTED.into()
                    } else {
                        value
                    };
                    (name.into_owned(), value.into_owned())
                })
                .collect();
            safe.query_pairs_mut().clear().extend_pairs(pairs);
        }
        self.redact(safe.as_str())
    }

    /// `text` with every known secret replaced.
    pub fn redact(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.as_str(), REDACTED)
        })
    }

    fn learn(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let escaped = crate::escape::escape(secret.as_bytes());
        for form in [secret.to_owned(), escaped] {
            if !self.values.contains(&form) {
                self.values.push(form);
            }
        }
        // The longest first, so that no part of one stays behind when another is a piece of it.
        self.values
            .sort_by_key(|value| std::cmp::Reverse(value.len()));
    }
}

/// What a client sends as `Authorization` that was given `url`, if there is a user in it: <https://www.rfc-editor.org/rfc/rfc7617#section-2>.
pub(crate) fn basic(url: &Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let password = decoded(url.password().unwrap_or_default());
    let pair = format!("{}:{password}", decoded(url.username()));
    Some(format!("Basic {}", STANDARD.encode(pair)))
}

/// A text out of its percent-encoding, in which a plus sign is one.
fn decoded(text: &str) -> String {
    let value = format!("={}", text.replace('+', "%2B").replace('&', "%26"));
    let mut pairs = url::form_urlencoded::parse(value.as_bytes());
    pairs
        .next()
        .map_or_else(String::new, |(_, text)| text.into_owned())
}

/// Shows how many there are, never what they are.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if name == ":authority" {
        return false; // the host and port of a request in HTTP/2
    }
    name == "key" || name == "sig" || SECRET_WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        let url = Url::parse("http://me:hunter2x@h/x?a=1&access_token=abcdef").expect("a URL");
        let mut secrets = Secrets::default();
        secrets.learn_from_url(&url);
        secrets.learn_header("X-Own", b"Bearer s3cr3t-value");
        assert_eq!(
            secrets.redact_url(&url),
            "http://redacted@h/x?a=1&access_token=%5Bredacted%5D"
        );
        assert_eq!(
            secrets.redact("data: s3cr3t-value abcdef"),
            "data: [redacted] [redacted]"
        );
        assert_eq!(
            secrets
                .redact_header(Header::new("x-own", "s3cr3t-value"))
                .text(),
            REDACTED
        );
        assert_eq!(
            secrets.redact_header(Header::new("Cookie", "a=b")).text(),
            REDACTED
        );
        assert_eq!(format!("{secrets:?}"), "Secrets(6)");
    }

    #[test]
    fn a_user_and_a_password_are_sent_as_they_are_meant() {
        let basic = |url: &str| basic(&Url::parse(url).expect("a URL"));
        assert_eq!(
            basic("http://Aladdin:open%20sesame@h/").as_deref(),
            Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        );
        assert_eq!(
            basic("http://a:b+c&d=e%2B@h/"),
            basic("http://a:b%2Bc%26d%3De+@h/")
        );
        assert_eq!(basic("http://token@h/").as_deref(), Some("Basic dG9rZW46"));
        assert_eq!(basic("http://h/"), None);
        let mut secrets = Secrets::default();
        secrets.learn_from_url(&Url::parse("http://a:hunter%232@h/").expect("a URL"));
        let echoed = "hunter#2 hunter%232 YTpodW50ZXIjMg==";
        assert_eq!(secrets.redact(echoed), [REDACTED; 3].join(" "));
    }
}
