//! The only code that opens sockets and looks at the clock: it does something to a target and writes down what it saw.
//!
//! Each probe is one file. Probes do not judge.

mod accept;
mod ask;
mod coding;
mod come_back;
mod connect;
mod fate;
pub(crate) mod gauge;
mod head;
mod http10;
mod http2;
mod hub;
mod in_vain;
pub(crate) mod inject;
mod last_event_id;
mod leave;
mod malformed;
mod methods;
mod order;
mod origin;
mod owned;
mod parallel;
mod patience;
mod profile;
mod redirect;
mod replay;
mod resume;
mod script;
mod sessions;
mod sockets;
mod stalled;
mod subscribers;
mod unanswered;
mod vanished;
mod watch;
mod wire;
mod with_id;

pub(crate) use coding::{AGAIN, PLAIN, REFUSED, REFUSING, whole_of};
pub(crate) use fate::FOR_EVER;
pub(crate) use http2::FLOWING;
pub use hub::Restart;
pub(crate) use hub::{RETRY, TYPE};
pub(crate) use last_event_id::{HOSTILE, INJECTED, NEGATIVE, NUMBER, TAB, UNKNOWN, ZERO};
pub(crate) use malformed::REFUSED as REFUSED_BY_LIBRARY;
pub(crate) use order::{LIVE, QUICKEST};
pub(crate) use parallel::GOES_ON;
pub(crate) use stalled::FLOWED;
pub(crate) use subscribers::SEVERAL;
pub(crate) use unanswered::ANSWERED;
pub(crate) use with_id::{WITH_ID, WITHOUT_ID};

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::check::Probe;
use crate::observation::{Failure, Observation};
use crate::settings::{HttpVersion, Manner, Settings};
use crate::tls::{self, TlsError};

/// The most streams that are open at once without `--stress`: what a browser opens to one host on HTTP/1.1.
const MOST_STREAMS: usize = 6;

/// The most requests without `--stress`: fewer than 50, one of which may be made by who comes back at last.
const MOST_REQUESTS: usize = 48;

/// Why a request was not made, where as many had been.
const ENOUGH: &str =
    "a gentle run makes fewer than 50 requests, and that was one too many: --stress makes more";

/// Why a request was not made beside the stream that is watched, where the server had turned out to have no place.
const NO_PLACE: &str = "not asked: the server has no place beside the stream that is watched";

/// The longest time that something that a lively stream does at once may take.
const LONGEST_BRIEF: Duration = Duration::from_secs(2);

/// The most that a response head in HTTP/2 may have, in bytes (256 KiB).
const MOST_HEADERS: u32 = 256 << 10;

/// Everything that was seen of a server.
pub struct Seen {
    /// What each probe saw.
    pub observations: BTreeMap<Probe, Observation>,
    /// How many requests were made.
    pub requests: usize,
    /// Whether the target was gone at the end.
    pub died: bool,
}

/// Why a target could not be judged at all.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// There was nothing to judge.
    #[error("{url} cannot be judged: {why}")]
    Unreachable {
        /// Where, secrets replaced.
        url: String,
        /// What happened.
        why: Failure,
    },
    /// The certificates that were given to us are of no use.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The number of connections cannot be read where it is said to be.
    #[error("--gauge: {url}: {why}")]
    Gauge {
        /// Where, secrets replaced.
        url: String,
        /// What is there instead.
        why: String,
    },
    /// The client could not be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}

/// Looks at one server.
pub struct Prober {
    settings: Settings,
    client: reqwest::Client,
    tls: rustls::ClientConfig,
    slots: Semaphore,
    requests: AtomicUsize,
    /// How many may be made.
    most_requests: AtomicUsize,
    /// Whether TLS did not agree on HTTP/1.
    no_http1: AtomicBool,
    /// Whether the server turned out to have no place beside the stream that is watched.
    full: tokio::sync::watch::Sender<bool>,
    /// Whether the stream is being watched, beside which there may be no place.
    watching: AtomicBool,
    /// Whether somebody was turned away who asked for nothing unusual.
    turned_away: AtomicBool,
    /// Where the stream really is, after redirects.
    moved_to: OnceLock<Url>,
    /// When a stream was left for the first time.
    first_left: OnceLock<Instant>,
}

impl Prober {
    /// A prober for the server that `settings` names.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Tls`] or [`ProbeError::Client`] if a certificate or another setting is of no use.
    pub fn new(settings: Settings) -> Result<Self, ProbeError> {
        let tls = tls::config(&settings.tls, settings.version)?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("ssespec/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            // Each stream on a connection of its own, as the clients that we stand for have it.
            .pool_max_idle_per_host(0)
            // As much as a browser takes of a response head.
            .http2_max_header_list_size(MOST_HEADERS)
            .tls_backend_preconfigured(tls.clone());
        builder = match settings.version {
            HttpVersion::Http10 | HttpVersion::Http11 => builder.http1_only(),
            HttpVersion::Http2PriorKnowledge => builder.http2_prior_knowledge(),
            HttpVersion::Auto | HttpVersion::Http2 => builder,
        };
        for (host, address) in &settings.resolve {
            builder = builder.resolve(host, *address);
        }
        let client = builder
            .build()
            .map_err(|error| ProbeError::Client(error.to_string()))?;
        Ok(Self {
            slots: Semaphore::new(streams(settings.manner)),
            settings,
            client,
            tls,
            requests: AtomicUsize::new(0),
            most_requests: AtomicUsize::new(usize::MAX),
            no_http1: AtomicBool::new(false),
            full: tokio::sync::watch::Sender::new(false),
            watching: AtomicBool::new(false),
            turned_away: AtomicBool::new(false),
            moved_to: OnceLock::new(),
            first_left: OnceLock::new(),
        })
    }

    /// Where the stream is.
    fn url(&self) -> &Url {
        self.moved_to.get().unwrap_or(&self.settings.url)
    }

    /// Whether the stream is at the origin that was named: credentials never go to another one, as in Fetch.
    fn is_at_home(&self) -> bool {
        self.url().origin() == self.settings.url.origin()
    }

    /// Remembers that a stream is left now.
    fn leaves(&self) {
        let _ = self.first_left.set(Instant::now());
    }

    fn version(&self) -> reqwest::Version {
        match self.settings.version {
            HttpVersion::Http10 => reqwest::Version::HTTP_10,
            HttpVersion::Http2PriorKnowledge => reqwest::Version::HTTP_2,
            _ => reqwest::Version::HTTP_11,
        }
    }

    /// How long something that a lively stream does at once may take: less than the stream is watched for.
    fn brief(&self) -> Duration {
        let patience = (self.settings.stop.time / 2).min(LONGEST_BRIEF);
        self.settings.scaled(patience)
    }

    /// How many times bytes may be expected on a stream that is looked at briefly, from how often they came on the one that `connect` saw.
    fn arrivals_expected(&self, connect: &Observation) -> Option<usize> {
        let stream = connect.stream("stream").ok()?;
        Some(stream.expected(stream.body.arrivals.len(), self.brief()))
    }

    /// A place among the streams that may be open at once.
    async fn slot(&self) -> SemaphorePermit<'_> {
        self.slots
            .acquire()
            .await
            .expect("the semaphore is never closed")
    }

    /// So many places at once, fewer where there are not so many.
    async fn slots(&self, count: usize) -> SemaphorePermit<'_> {
        let count = count.min(streams(self.settings.manner).saturating_sub(1).max(1));
        self.slots
            .acquire_many(u32::try_from(count).unwrap_or(1))
            .await
            .expect("the semaphore is never closed")
    }

    /// Counts a request that is about to be made.
    ///
    /// # Errors
    ///
    /// [`Failure::NotAsked`] if it is not to be made: it would only wait for a place or be turned away, or there were enough.
    fn begin_request(&self) -> Result<(), Failure> {
        if *self.full.borrow() {
            return Err(Failure::NotAsked(NO_PLACE.to_owned()));
        }
        let most = self.most_requests.load(Ordering::Relaxed);
        let one_more = |made| (made < most).then_some(made + 1);
        let made = (self.requests).fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        made.map(drop)
            .map_err(|_| Failure::NotAsked(ENOUGH.to_owned()))
    }

    /// Takes notice of somebody who was turned away and had asked for nothing unusual: beside the stream that is watched nothing else is asked for.
    fn turns_away(&self) {
        self.turned_away.store(true, Ordering::Relaxed);
        if self.watching.load(Ordering::Relaxed) {
            self.full.send_replace(true);
        }
    }

    /// Whether so many more requests may be made.
    fn may_ask(&self, requests: usize) -> bool {
        let made = self.requests.load(Ordering::Relaxed);
        made.saturating_add(requests) <= self.most_requests.load(Ordering::Relaxed)
    }

    /// What could not be sent, as TLS did not agree on the protocol, is no request.
    fn forget_request(&self) {
        self.requests.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether more than one request may be made; an observation of nothing where not.
    fn may_repeat(&self, probe: Probe) -> Option<Observation> {
        self.settings
            .may_repeat()
            .err()
            .map(|why| Observation::nothing(probe, why))
    }

    /// Whether the target still takes connections.
    async fn is_there(&self) -> bool {
        if self.settings.manner == Manner::Passive {
            return true;
        }
        matches!(
            timeout(self.brief(), self.connect_tcp()).await,
            Ok(Ok(_)) | Err(_)
        )
    }

    /// A TCP connection to the target.
    async fn connect_tcp(&self) -> std::io::Result<TcpStream> {
        let url = self.url();
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(80);
        let resolved = self.settings.resolve.iter().find(|(name, _)| name == host);
        let stream = match resolved {
            Some((_, address)) => {
                TcpStream::connect((
                    address.ip(),
                    if address.port() == 0 {
                        port
                    } else {
                        address.port()
                    },
                ))
                .await?
            }
            None => {
                TcpStream::connect((host.trim_start_matches('[').trim_end_matches(']'), port))
                    .await?
            }
        };
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// How many streams may be open at once.
fn streams(manner: Manner) -> usize {
    match manner {
        Manner::Passive => 1,
        Manner::Gentle => MOST_STREAMS,
        Manner::Stress => 50,
    }
}
