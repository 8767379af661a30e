//! TLS: whom to trust, who we are, and HTTP/2 where both agree on it.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sse_encoder::Event;
use sse_server::{Hub, Settings};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::{outcome, report, ssespec, text};

/// The reference server behind TLS, its authority, and a client that it knows.
struct Secure {
    url: String,
    ca: PathBuf,
    cert: PathBuf,
    key: PathBuf,
    _running: Runtime,
}

fn issuer() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"))
        .expect("a certificate")
}

fn issued(by: &CertifiedIssuer<'static, KeyPair>, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    (params.signed_by(&key, by).expect("a certificate"), key)
}

impl Secure {
    /// Speaks these protocols; `strangers` may come in without a certificate.
    fn start(name: &str, protocols: &[&str], strangers: bool) -> Self {
        let authority = issuer();
        let (certificate, key) = issued(&authority, "localhost");
        let (client, client_key) = issued(&authority, "client");
        let file = |what: &str, pem: String| {
            let path = std::env::temp_dir()
                .join(format!("ssespec-{name}-{what}-{}.pem", std::process::id()));
            std::fs::write(&path, pem).expect("written");
            path
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("versions");
        let builder = if strangers {
            builder.with_no_client_auth()
        } else {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(authority.der().clone()).expect("a root");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        };
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = builder
            .with_single_cert(chain, key)
            .expect("a certificate and its key");
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let running = Runtime::new().expect("a runtime");
        let port = running.block_on(serve(config));
        Self {
            url: format!("https://localhost:{port}/events"),
            ca: file("ca", authority.pem()),
            cert: file("cert", client.pem()),
            key: file("key", client_key.serialize_pem()),
            _running: running,
        }
    }

    fn check(&self, more: &[&str]) -> std::process::Output {
        let usual = [
            "check",
            &self.url,
            "--resolve",
            "localhost:127.0.0.1",
            "--for",
            "1s",
            "--format",
            "json",
        ];
        ssespec(&[&usual[..], more].concat())
    }

    fn ca(&self) -> &str {
        self.ca.to_str().expect("UTF-8")
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        for file in [&self.ca, &self.cert, &self.key] {
            let _ = std::fs::remove_file(file);
        }
    }
}

/// Takes TLS off and hands the bytes to a reference server.
async fn serve(config: ServerConfig) -> u16 {
    let hub = Hub::new(Settings::default());
    let topic = hub.topic("events");
    for number in 0..10 {
        topic
            .publish(Event::new().data(&number.to_string()))
            .expect("an event");
    }
    let server = sse_server::Server::bind("127.0.0.1:0", hub)
        .await
        .expect("a free port");
    let behind = server.address();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        let _server = server;
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let (Ok(mut tls), Ok(mut plain)) = (
                    acceptor.accept(socket).await,
                    TcpStream::connect(behind).await,
                ) else {
                    return;
                };
                let _ = tokio::io::copy_bidirectional(&mut tls, &mut plain).await;
            });
        }
    });
    port
}

#[test]
fn a_stranger_is_trusted_only_when_told_so() {
    let secure = Secure::start("trust", &["http/1.1"], true);
    let stranger = secure.check(&[]);
    assert_eq!(
        stranger.status.code(),
        Some(3),
        "{}",
        text(&stranger.stdout)
    );
    assert!(
        text(&stranger.stderr).contains("certificate"),
        "{}",
        text(&stranger.stderr)
    );
    for told in [&["--cacert", secure.ca()][..], &["--insecure"]] {
        let output = secure.check(told);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{told:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        assert_eq!(outcome(&output, "http/http10").as_deref(), Some("passed"));
        assert_eq!(
            outcome(&output, "http/h2-h3").as_deref(),
            Some("not-observed")
        );
    }
}

#[test]
fn http2_is_spoken_where_both_agree() {
    let secure = Secure::start("http2", &["h2", "http/1.1"], true);
    for version in [&[][..], &["--http2"]] {
        let output = secure.check(&[&["--cacert", secure.ca()], version].concat());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{version:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        assert_eq!(
            outcome(&output, "http/h2-h3").as_deref(),
            Some("passed"),
            "{version:?}"
        );
    }
    let output = secure.check(&["--cacert", secure.ca(), "--http1.1"]);
    assert_eq!(
        outcome(&output, "http/framing-h1").as_deref(),
        Some("passed")
    );
    let only_http1 = Secure::start("http1", &["http/1.1"], true);
    let output = only_http1.check(&["--cacert", only_http1.ca(), "--http2"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stdout));
}

/// What is only seen in HTTP/1 is not held against a server that does not speak it.
#[test]
fn a_server_of_http2_alone_is_not_accused_of_it() {
    let secure = Secure::start("only-http2", &["h2"], true);
    for version in [&[][..], &["--http2"]] {
        let output = secure.check(&[&["--cacert", secure.ca(), "--strict"], version].concat());
        let shown = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{version:?}: {shown}");
        let requests = &report(&output)["runs"][0]["effort"]["requests"];
        assert!(requests.as_u64() < Some(50), "{requests} requests");
        for (id, wanted) in [
            ("req/accept", "passed"),
            ("http/head-options", "passed"),
            ("http/http10", "not-observed"),
        ] {
            assert_eq!(outcome(&output, id).as_deref(), Some(wanted), "{id}");
        }
    }
}

#[test]
fn a_server_that_wants_to_know_us_is_shown_our_certificate() {
    let secure = Secure::start("client", &["http/1.1"], false);
    let unknown = secure.check(&["--cacert", secure.ca()]);
    assert_eq!(unknown.status.code(), Some(3), "{}", text(&unknown.stdout));
    let [cert, key] = [&secure.cert, &secure.key].map(|path| path.to_str().expect("UTF-8"));
    let known = secure.check(&["--cacert", secure.ca(), "--cert", cert, "--key", key]);
    assert_eq!(
        known.status.code(),
        Some(0),
        "{}{}",
        text(&known.stdout),
        text(&known.stderr)
    );
}

#[test]
fn certificates_that_are_of_no_use_are_a_mistake_of_the_user() {
    let secure = Secure::start("wrong", &["http/1.1"], true);
    let [cert, key] = [&secure.cert, &secure.key].map(|path| path.to_str().expect("UTF-8"));
    for (wrong, hint) in [
        (&["--cacert", "/nowhere/ca.pem"][..], "/nowhere/ca.pem"),
        (&["--cacert", key], "no certificate in PEM"),
        (&["--cert", cert], "--key"),
        (&["--cert", cert, "--key", cert], "no private key in PEM"),
    ] {
        let output = secure.check(wrong);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{wrong:?}: {}",
            text(&output.stderr)
        );
        assert!(
            text(&output.stderr).contains(hint),
            "{wrong:?}: {}",
            text(&output.stderr)
        );
    }
}
