//! The same streams behind TLS, over both versions of HTTP.
#![cfg(feature = "tls")]

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sse_encoder::Event;
use sse_server::{Hub, Server, Settings, Tls};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

async fn serve() -> (Hub, Server, CertificateDer<'static>) {
    let made =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("it can be made");
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let tls = Tls::from_pem(certificate.as_bytes(), key.as_bytes()).expect("they belong together");
    let mut settings = Settings::default();
    settings.retry = None;
    let hub = Hub::new(settings);
    let server = Server::builder(hub.clone())
        .tls(tls)
        .bind("127.0.0.1:0")
        .await;
    (
        hub,
        server.expect("a port is free"),
        made.cert.der().clone(),
    )
}

async fn connect(
    server: &Server,
    trusted: CertificateDer<'static>,
    alpn: &[&str],
) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).expect("it is a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("they are known")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let socket = TcpStream::connect(server.address())
        .await
        .expect("it listens");
    let name = ServerName::try_from("localhost").expect("it is a name");
    let connector = TlsConnector::from(Arc::new(config));
    connector
        .connect(name, socket)
        .await
        .expect("it is trusted")
}

async fn check(hub: &Hub, mut response: Response<Incoming>, version: Version) {
    assert_eq!(
        (response.status().as_u16(), response.version()),
        (200, version)
    );
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let id = hub.topic("news").publish(Event::new().data("a"));
    let frame = response
        .frame()
        .await
        .expect("it goes on")
        .expect("it is not reset");
    let expected = format!("id: {}\ndata: a\n\n", id.expect("it can be sent"));
    assert_eq!(frame.into_data().expect("it is data"), expected);
}

#[tokio::test]
async fn the_client_chooses_the_version_of_http() {
    let (hub, server, certificate) = serve().await;
    let _topic = hub.topic("news");
    let request =
        || Request::get(format!("https://{}/news", server.address())).body(Empty::<Bytes>::new());

    let socket = connect(&server, certificate.clone(), &["h2", "http/1.1"]).await;
    assert_eq!(socket.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let handshake =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket));
    let (mut send, connection) = handshake.await.expect("it speaks HTTP/2");
    tokio::spawn(connection);
    let response = send.send_request(request().expect("it is a request")).await;
    check(&hub, response.expect("it answers"), Version::HTTP_2).await;

    for alpn in [&["http/1.1"][..], &[]] {
        let socket = connect(&server, certificate.clone(), alpn).await;
        let (mut send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
            .await
            .expect("it speaks HTTP/1.1");
        tokio::spawn(connection);
        let response = send.send_request(request().expect("it is a request")).await;
        check(&hub, response.expect("it answers"), Version::HTTP_11).await;
    }
    assert!(server.stop(std::time::Duration::from_secs(5)).await);
}

#[test]
fn what_is_wrong_with_a_certificate_is_said() {
    let made =
        || rcgen::generate_simple_self_signed(["a.example".to_owned()]).expect("it can be made");
    let (one, other) = (made(), made());
    let (certificate, key) = (one.cert.pem(), one.signing_key.serialize_pem());
    for (certificate, key, expected) in [
        ("", &*key, "the certificate cannot be used: "),
        (&*certificate, "", "the private key cannot be read: "),
        (
            &certificate,
            &other.signing_key.serialize_pem(),
            "the certificate cannot be used: ",
        ),
    ] {
        let error = Tls::from_pem(certificate.as_bytes(), key.as_bytes()).expect_err("it is wrong");
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
