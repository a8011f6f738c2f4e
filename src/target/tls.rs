//! TLS as redis-cli's options ask for it.

use std::io;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    StreamOwned,
};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What is asked of TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsWish {
    /// The name that the server is to show, if it is not the host's.
    pub name: Option<String>,
    /// A file of certificates to trust instead of this machine's.
    pub trusted: Option<PathBuf>,
    /// A folder of such files.
    pub trusted_folder: Option<PathBuf>,
    /// Our own certificate and its key.
    pub own: Option<(PathBuf, PathBuf)>,
    /// Whether any certificate will do.
    pub insecure: bool,
}

/// Speaks TLS over a stream; the handshake is done.
///
/// # Errors
/// Why not, in words.
pub fn secured(
    mut stream: TcpStream,
    host: &str,
    wish: &TlsWish,
) -> Result<Box<StreamOwned<ClientConnection, TcpStream>>, String> {
    let (name, config) = (server_name(host, wish)?, config(wish)?);
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).map_err(|error| error.to_string())?;
    }
    Ok(Box::new(StreamOwned::new(connection, stream)))
}

/// The same for a stream that does not wait.
///
/// # Errors
/// Why not. What is wrong with what was asked for counts as invalid data, as a certificate does.
pub async fn secured_async(
    stream: tokio::net::TcpStream,
    host: &str,
    wish: &TlsWish,
) -> io::Result<TlsStream<tokio::net::TcpStream>> {
    let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let (name, config) = (server_name(host, wish).map_err(wrong)?, config(wish).map_err(wrong)?);
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

fn server_name(host: &str, wish: &TlsWish) -> Result<ServerName<'static>, String> {
    let name = wish.name.as_deref().unwrap_or(host).to_string();
    ServerName::try_from(name).map_err(|_| "the host's name is none that TLS knows".to_string())
}

fn config(wish: &TlsWish) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Judge::new(wish, provider)?));
    match &wish.own {
        None => Ok(config.with_no_client_auth()),
        Some((certificate, key)) => {
            let chain = certificates(certificate)?;
            let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unread("private key", key, &error))?;
            config.with_client_auth_cert(chain, key).map_err(|error| error.to_string())
        }
    }
}

fn unread(what: &str, path: &Path, why: &impl std::fmt::Display) -> String {
    format!("cannot read the {what} in {}: {why}", path.display())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Err(error) => Err(unread("certificate", path, &error)),
        Ok(found) if found.is_empty() => Err(unread("certificate", path, &"there is none")),
        Ok(found) => Ok(found),
    }
}

/// Decides whether a server's certificate will do.
#[derive(Debug)]
struct Judge {
    /// What checks it; without it any certificate will do.
    strict: Option<Arc<WebPkiServerVerifier>>,
    /// Whether it may be for another name. redis-cli never looks at the name; here it is checked unless the
    /// certificates to trust were given by hand, for those of one's own servers mostly name nothing.
    any_name: bool,
    provider: Arc<CryptoProvider>,
}

impl Judge {
    fn new(wish: &TlsWish, provider: Arc<CryptoProvider>) -> Result<Judge, String> {
        let any_name = (wish.trusted.is_some() || wish.trusted_folder.is_some()) && wish.name.is_none();
        if wish.insecure {
            return Ok(Judge { strict: None, any_name, provider });
        }
        let found = match (&wish.trusted, &wish.trusted_folder) {
            (None, None) => rustls_native_certs::load_native_certs().certs,
            (file, folder) => {
                let mut found = file.as_deref().map_or(Ok(Vec::new()), certificates)?;
                let inside =
                    folder.as_deref().map(|folder| rustls_native_certs::load_certs_from_paths(None, Some(folder)));
                found.extend(inside.into_iter().flat_map(|inside| inside.certs));
                found
            }
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found);
        let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
        let strict = built.map_err(|_| "there is no certificate to trust: give one with --cacert".to_string())?;
        Ok(Judge { strict: Some(strict), any_name, provider })
    }
}

fn is_about_the_name(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
    )
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(strict) = &self.strict else { return Ok(ServerCertVerified::assertion()) };
        match strict.verify_server_cert(end_entity, intermediates, name, ocsp_response, now) {
            Err(error) if self.any_name && is_about_the_name(&error) => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
