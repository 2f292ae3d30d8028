//! TLS as every connection of ours speaks it.

use std::io;
use std::sync::{Arc, OnceLock};

use reqwest::Url;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::deliver::{ClientError, Trust};

/// How TLS is spoken with endpoints that are trusted like this.
///
/// # Errors
/// [`ClientError::Tls`] for authorities that rustls cannot work with.
pub(super) fn config(trust: &Trust) -> Result<ClientConfig, ClientError> {
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let judge = Judge {
        crypto: Arc::clone(&crypto),
        trust: trust.clone(),
    };
    if !trust.authorities.is_empty() && !trust.insecure {
        // What somebody gave is tried at once.
        judge.platform().map_err(ClientError::Tls)?;
    }
    let mut config = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .map_err(ClientError::Tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(judge))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Speaks TLS with one endpoint.
pub(super) struct Connector {
    tls: TlsConnector,
    name: ServerName<'static>,
}

impl Connector {
    pub(super) fn new(url: &Url, trust: &Trust) -> Result<Self, ClientError> {
        let host = url.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| ClientError::Target(host.to_owned()))?;
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config(trust)?)),
            name,
        })
    }

    pub(super) async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.tls.connect(self.name.clone(), stream).await
    }
}

/// Decides whose certificate is taken; the handshake is held to the certificate's own key in any case.
#[derive(Debug)]
struct Judge {
    crypto: Arc<CryptoProvider>,
    trust: Trust,
}

/// What the platform trusts, read with the first certificate: to read it takes longer than most
/// deliveries do, and most go to `http:`.
pub(crate) type Roots = Arc<OnceLock<Verifier>>;

impl Judge {
    fn platform(&self) -> Result<&Verifier, rustls::Error> {
        let roots = &self.trust.roots;
        if let Some(known) = roots.get() {
            return Ok(known);
        }
        let more = self.trust.authorities.iter().cloned();
        let read = Verifier::new_with_extra_roots(more, Arc::clone(&self.crypto))?;
        Ok(roots.get_or_init(|| read))
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.trust.insecure {
            return Ok(ServerCertVerified::assertion());
        }
        let found = self.platform()?.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        if let Err(rustls::Error::InvalidCertificate(CertificateError::Other(_))) = &found
            && self.trust.authorities.iter().any(|own| own == end_entity)
        {
            // One that signed itself and may sign others, as `openssl req -x509` makes them, is no end
            // entity to webpki; that it is expired would have been said before.
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        found
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};

    use super::*;

    /// A certificate for `localhost` that signed itself and may sign others.
    fn own(until: i32) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().expect("a key");
        params.self_signed(&key).expect("signs").der().clone()
    }

    fn verdict(judge: &Judge, shown: &CertificateDer<'_>, name: &'static str) -> bool {
        let name = ServerName::try_from(name).expect("a name");
        let found = judge.verify_server_cert(shown, &[], &name, &[], UnixTime::now());
        found.is_ok()
    }

    #[test]
    fn what_is_trusted_itself_is_taken_for_its_name_and_its_time() {
        let (good, other, old) = (own(3000), own(3000), own(2000));
        let judge = |insecure, authorities: &[&CertificateDer<'static>]| Judge {
            crypto: Arc::new(rustls::crypto::ring::default_provider()),
            trust: Trust {
                insecure,
                authorities: authorities.iter().copied().cloned().collect(),
                ..Trust::default()
            },
        };
        let strict = judge(false, &[&good, &old]);
        assert!(verdict(&strict, &good, "localhost"));
        assert!(!verdict(&strict, &good, "example.com"));
        assert!(!verdict(&strict, &other, "localhost"));
        assert!(!verdict(&strict, &old, "localhost"));
        let lax = judge(true, &[]);
        assert!(verdict(&lax, &old, "example.com") && lax.trust.roots.get().is_none());
    }
}
