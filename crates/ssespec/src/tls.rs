//! One TLS configuration for every connection, whoever makes it.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, InvalidMessage,
    RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use crate::settings::{HttpVersion, Tls};

/// What is wrong with the certificates that were given to us.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(String);

/// The configuration for `tls`, offering what `version` allows.
///
/// # Errors
///
/// A certificate or key that cannot be read.
pub fn config(tls: &Tls, version: HttpVersion) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError(error.to_string()))?;
    let builder = if tls.insecure {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(TrustAnybody(provider)))
    } else {
        builder.with_root_certificates(roots(tls)?)
    };
    let mut config = match &tls.identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = certificates(certificate, "--cert")?;
            let key = PrivateKeyDer::from_pem_slice(key)
                .map_err(|error| TlsError(format!("--key: no private key in PEM: {error}")))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| TlsError(format!("--cert and --key: {error}")))?
        }
    };
    let offered: &[&[u8]] = match version {
        HttpVersion::Auto => &[b"h2", b"http/1.1"],
        HttpVersion::Http10 | HttpVersion::Http11 => &[b"http/1.1"],
        HttpVersion::Http2 | HttpVersion::Http2PriorKnowledge => &[b"h2"],
    };
    config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

/// Whether a handshake ended because the peer speaks none of the protocols that were offered.
pub(crate) fn is_without_protocol(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(
        cause(error),
        Some(rustls::Error::AlertReceived(
            AlertDescription::NoApplicationProtocol
        ))
    )
}

/// What to do about a handshake that failed for a reason that is known.
pub(crate) fn advice(error: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    Some(match cause(error)? {
        rustls::Error::InvalidCertificate(wrong) => match wrong {
            CertificateError::UnknownIssuer => {
                "name the authority that issued it with --cacert FILE, or trust anybody with --insecure"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "use the name that it is for in the URL, and --resolve NAME:ADDRESS if that leads elsewhere"
            }
            // The webpki of rustls has no word of its own for it.
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
                "it is that of an authority (CA:TRUE), which is not taken from a server: issue one for the server, with CA:FALSE, or trust anybody with --insecure"
            }
            _ => return None,
        },
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server wants a certificate of ours: give it with --cert FILE and --key FILE"
        }
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "it does not speak TLS there: write http://"
        }
        _ => return None,
    })
}

/// What rustls says behind `error`.
fn cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    // An error of I/O does not count what it holds among its causes.
    let held = error
        .downcast_ref()
        .and_then(|error: &std::io::Error| error.get_ref());
    let held = held.and_then(|held| cause(held));
    held.or_else(|| error.source().and_then(cause))
}

fn roots(tls: &Tls) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    // A machine without certificates of its own can still use --cacert.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(ca) = &tls.ca {
        for certificate in certificates(ca, "--cacert")? {
            roots
                .add(certificate)
                .map_err(|error| TlsError(format!("--cacert: {error}")))?;
        }
    }
    Ok(roots)
}

fn certificates(pem: &[u8], option: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError(format!("{option}: not PEM: {error}")))?;
    if chain.is_empty() {
        return Err(TlsError(format!("{option}: no certificate in PEM in it")));
    }
    Ok(chain)
}

/// `--insecure`: any certificate will do, but the peer must still hold its key.
#[derive(Debug)]
struct TrustAnybody(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_that_fails_tells_what_to_do() {
        #[derive(Debug, thiserror::Error)]
        #[error("CaUsedAsEndEntity")]
        struct OfWebpki;
        let certificate = rustls::Error::InvalidCertificate;
        let authority = CertificateError::Other(rustls::OtherError(Arc::new(OfWebpki)));
        for (error, told) in [
            (certificate(CertificateError::UnknownIssuer), "--cacert"),
            (certificate(CertificateError::NotValidForName), "--resolve"),
            (certificate(authority), "CA:FALSE"),
            (
                rustls::Error::AlertReceived(AlertDescription::CertificateRequired),
                "--cert",
            ),
            (
                rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType),
                "http://",
            ),
        ] {
            let told_of = |error: &(dyn std::error::Error + 'static)| {
                advice(error).is_some_and(|advice| advice.contains(told))
            };
            assert!(told_of(&error), "{told}");
            assert!(told_of(&std::io::Error::other(error)), "{told}");
        }
        assert_eq!(advice(&std::io::Error::other("refused")), None);
    }
}
