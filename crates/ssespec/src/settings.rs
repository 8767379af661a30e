//! How a server is to be approached: what the command line and a target's description say.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::Url;

use crate::body::MOST_BYTES;
use crate::gauge::Gauge;
use crate::hub::Hub;
use crate::profile::{DefaultRequest, Profile};
use crate::secret::{self, Secrets};

/// How a server is to be approached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the stream is.
    pub url: Url,
    /// Where scripts can be sent, if the server has a replay endpoint.
    pub replay: Option<Url>,
    /// Whether there is a stream at [`url`](Self::url), or only the replay endpoint.
    pub only_replay: bool,
    /// How to publish to it, if it is a hub.
    pub hub: Option<Hub>,
    /// Where hostile values are put, if they may be sent.
    pub inject: Option<Inject>,
    /// The method, `GET` unless told otherwise.
    pub method: reqwest::Method,
    /// The content of the request.
    pub body: Option<Vec<u8>>,
    /// Headers for every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Headers of another session, with its credentials.
    pub other_session: Vec<(HeaderName, HeaderValue)>,
    /// Where the server shows how many connections it has.
    pub gauge: Option<Gauge>,
    /// What must never be shown.
    pub secrets: Secrets,
    /// The version of HTTP.
    pub version: HttpVersion,
    /// Trust.
    pub tls: Tls,
    /// Addresses to use for a host instead of asking the resolver.
    pub resolve: Vec<(String, SocketAddr)>,
    /// When the stream has been watched for long enough.
    pub stop: StopRules,
    /// How much may be asked of the target.
    pub manner: Manner,
    /// Whether a request that is not safe to repeat may be repeated.
    pub repeat_unsafe: bool,
    /// What all deadlines are multiplied with.
    pub timeout_scale: f64,
    /// The protocols on top that the stream is held to.
    pub profiles: Vec<Profile>,
}

/// A parameter of a request that the server writes into its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inject {
    /// The parameter of this name in the query.
    Query(String),
    /// The last segment of the path.
    Path,
    /// The header of this name, in percent-encoding.
    Header(HeaderName),
}

impl std::str::FromStr for Inject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "path" => Ok(Self::Path),
            Some(("query", name)) if !name.is_empty() => Ok(Self::Query(name.to_owned())),
            Some(("header", name)) => {
                let header = HeaderName::try_from(name);
                header
                    .map(Self::Header)
                    .map_err(|_| format!("{name:?} is not the name of a header"))
            }
            _ => Err("write query:NAME, path or header:NAME".to_owned()),
        }
    }
}

/// When a stream has been watched for long enough. The first that holds ends it.
#[derive(Clone, Debug)]
pub struct StopRules {
    /// This many events.
    pub events: usize,
    /// This much time after the response head.
    pub time: Duration,
    /// This much silence.
    pub idle: Option<Duration>,
    /// An event of this type.
    pub until_event: Option<String>,
    /// An event with this data.
    pub until_data: Option<String>,
    /// This many bytes.
    pub bytes: usize,
}

/// The version of HTTP to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1, or what TLS negotiates.
    #[default]
    Auto,
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2 over TLS.
    Http2,
    /// HTTP/2 without TLS, known to be spoken.
    Http2PriorKnowledge,
}

/// How much may be asked of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// One request.
    Passive,
    /// Fewer than 50 requests, at most 6 streams at once.
    #[default]
    Gentle,
    /// Storms too.
    Stress,
}

/// Whom to trust, and who we are.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// Certificates to trust besides the system's, PEM.
    pub ca: Option<Vec<u8>>,
    /// Trust anybody.
    pub insecure: bool,
    /// Our certificate and key, PEM.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Settings {
    /// The defaults for `url`.
    pub fn new(url: Url) -> Self {
        let mut settings = Self {
            url: url.clone(),
            replay: None,
            only_replay: false,
            hub: None,
            inject: None,
            method: reqwest::Method::GET,
            body: None,
            headers: Vec::new(),
            other_session: Vec::new(),
            gauge: None,
            secrets: Secrets::default(),
            version: HttpVersion::default(),
            tls: Tls::default(),
            resolve: Vec::new(),
            stop: StopRules::default(),
            manner: Manner::default(),
            repeat_unsafe: false,
            timeout_scale: 1.0,
            profiles: Vec::new(),
        };
        settings.take_url(url);
        settings
    }

    /// The stream is at `url`. A user and a password in it become a header, which is kept from whom it is not for as others are; one that was given stays.
    pub fn take_url(&mut self, mut url: Url) {
        self.secrets.learn_from_url(&url);
        let basic = secret::basic(&url).and_then(|basic| HeaderValue::try_from(basic).ok());
        if let Some(basic) = basic {
            // Neither can fail for a URL that has a host, and only such a URL has a user.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            self.headers.insert(0, (AUTHORIZATION, basic));
        }
        self.url = url;
    }

    /// Asks for the stream as the first profile says that has a request of its own.
    ///
    /// # Errors
    ///
    /// What in the request is not HTTP.
    pub fn take_request_of_profiles(&mut self) -> Result<(), String> {
        let mut requests = self.profiles.iter().map(|profile| &profile.request);
        match requests.find_map(Clone::clone) {
            Some(request) => self.take_request(&request),
            None => Ok(()),
        }
    }

    /// Asks for the stream with `request`. Headers that are set stay.
    ///
    /// # Errors
    ///
    /// What in it is not HTTP.
    pub fn take_request(&mut self, request: &DefaultRequest) -> Result<(), String> {
        let method = request.method.parse();
        self.method = method.map_err(|_| format!("{:?} is not a method", request.method))?;
        self.body = request.body.clone().map(String::into_bytes);
        for (name, value) in &request.headers {
            let header = HeaderName::try_from(name)
                .ok()
                .zip(HeaderValue::try_from(value).ok());
            let (header, value) =
                header.ok_or_else(|| format!("{name}: {value} is not a header"))?;
            if !self.headers.iter().any(|(known, _)| *known == header) {
                self.headers.push((header, value));
            }
        }
        Ok(())
    }

    /// Scripts can be sent to `replay`.
    pub fn take_replay(&mut self, replay: Option<Url>) {
        replay
            .iter()
            .for_each(|url| self.secrets.learn_from_url(url));
        self.replay = replay;
    }

    /// The server shows at `url` how many connections it has; the fragment says which number it is.
    pub fn take_gauge(&mut self, url: Option<Url>) {
        url.iter().for_each(|url| self.secrets.learn_from_url(url));
        self.gauge = url.map(Gauge::at);
    }

    /// Events can be published to `hub`.
    pub fn take_hub(&mut self, hub: Option<Hub>) {
        for (name, value) in hub.iter().flat_map(|hub| &hub.publish.headers) {
            if self.secrets.is_secret_header(name) {
                self.secrets.learn_header(name, value.as_bytes());
            }
        }
        self.hub = hub;
    }

    /// `limit` multiplied with the time-out scale.
    pub fn scaled(&self, limit: Duration) -> Duration {
        limit.mul_f64(self.timeout_scale)
    }

    /// Whether requests may be made besides the one that opens the stream.
    pub fn may_repeat(&self) -> Result<(), String> {
        if self.manner == Manner::Passive {
            return Err("--passive: one request only".to_owned());
        }
        if !self.method.is_safe() && !self.repeat_unsafe {
            return Err(format!(
                "a {} is not repeated without --repeat-post",
                self.method
            ));
        }
        Ok(())
    }
}

impl Default for StopRules {
    fn default() -> Self {
        Self {
            events: 10_000,
            time: Duration::from_secs(10),
            idle: None,
            until_event: None,
            until_data: None,
            bytes: MOST_BYTES,
        }
    }
}
