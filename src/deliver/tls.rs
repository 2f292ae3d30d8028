//! TLS as every connection of ours speaks it.

use std::io;
use std::sync::{Arc, OnceLock};

use reqwest::Url;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
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
        platform: OnceLock::new(),
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
    /// What the platform trusts, read with the first certificate: to read it takes longer than most
    /// deliveries do, and most go to `http:`.
    platform: OnceLock<Verifier>,
}

impl Judge {
    fn platform(&self) -> Result<&Verifier, rustls::Error> {
        if let Some(known) = self.platform.get() {
            return Ok(known);
        }
        let more = self.trust.authorities.iter().cloned();
        let read = Verifier::new_with_extra_roots(more, Arc::clone(&self.crypto))?;
        Ok(self.platform.get_or_init(|| read))
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
        (self.platform()?).verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )
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
