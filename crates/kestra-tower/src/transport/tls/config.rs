//! From settings to what rustls needs.

use std::fmt;
use std::sync::{Arc, OnceLock};

use kestra_core::{Error, ErrorKind};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::{Identity, Root, Tls, system};

const CERT_FILE: &str = "SSL_CERT_FILE";

/// The settings, and what was made of them.
pub(crate) struct TlsSetup {
    settings: Tls,
    http2: bool,
    made: OnceLock<Configs>,
}

/// What connections are made with.
#[derive(Clone)]
pub(crate) struct Configs {
    /// For servers.
    pub(crate) server: Arc<ClientConfig>,
    /// For proxies: they are always spoken to in HTTP/1, and never see our certificate.
    pub(crate) proxy: Arc<ClientConfig>,
}

impl TlsSetup {
    /// Settings that were made on purpose: what is wrong with them is said at once.
    pub(crate) fn explicit(settings: Tls, http2: bool) -> Result<Self, Error> {
        let setup = Self { settings, http2, made: OnceLock::new() };
        setup.configs()?;
        Ok(setup)
    }

    /// The default, made when the first TLS connection is: programs that use none need no CA certificates.
    pub(crate) fn deferred(http2: bool) -> Self {
        Self { settings: Tls::default(), http2, made: OnceLock::new() }
    }

    /// Whether servers are offered HTTP/2.
    pub(crate) fn offers_http2(&self) -> bool {
        self.http2
    }

    /// What connections are made with.
    pub(crate) fn configs(&self) -> Result<&Configs, Error> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let lookup = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let made = make(&self.settings, self.http2, lookup)?;
        Ok(self.made.get_or_init(|| made))
    }
}

fn make(settings: &Tls, http2: bool, lookup: impl Fn(&str) -> Option<String>) -> Result<Configs, Error> {
    let mut roots = Vec::new();
    for root in &settings.roots {
        match root {
            Root::File(path) => {
                let shown = path.display().to_string();
                let bytes = std::fs::read(path).map_err(|problem| {
                    fail("CA file", format!("`{shown}` can't be read")).with_source(problem)
                })?;
                add_certificates("CA file", &shown, bytes, &mut roots)?;
            }
            Root::Bytes(bytes) => add_certificates("root certificate", "given", bytes.clone(), &mut roots)?,
        }
    }
    let named = lookup(CERT_FILE).filter(|path| !settings.only_these && !path.is_empty());
    if let Some(path) = &named {
        let bytes = std::fs::read(path)
            .map_err(|problem| fail(CERT_FILE, format!("`{path}` can't be read")).with_source(problem))?;
        add_certificates(CERT_FILE, path, bytes, &mut roots)?;
    }
    let builder = ClientConfig::builder_with_provider(provider()?)
        .with_safe_default_protocol_versions()
        .map_err(|problem| fail("TLS", "the crypto provider supports no TLS version").with_source(problem))?;
    let wants_client_auth = if settings.only_these {
        if roots.is_empty() {
            return Err(fail(
                "TLS",
                "`only_these_roots` is set without a root certificate: add one with `ca_file` or `add_root_certificate`",
            ));
        }
        builder.with_root_certificates(store(roots)?)
    } else {
        system::trust(builder, roots)?
    };
    let proxy = Arc::new(wants_client_auth.clone().with_no_client_auth());
    let mut server = match &settings.identity {
        Some(identity) => {
            let (certificates, key) = read_identity(identity)?;
            wants_client_auth.with_client_auth_cert(certificates, key).map_err(|problem| {
                fail("client certificate", "the certificate and the key don't match").with_source(problem)
            })?
        }
        None => wants_client_auth.with_no_client_auth(),
    };
    if http2 {
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok(Configs { server: Arc::new(server), proxy })
}

/// The provider of the process if it chose one, else ours.
fn provider() -> Result<Arc<CryptoProvider>, Error> {
    let installed = CryptoProvider::get_default().cloned();
    installed.or_else(|| own_provider().map(Arc::new)).ok_or_else(|| {
        fail(
            "TLS",
            "no crypto provider: enable the feature `ring` or `aws-lc-rs`, or install one for the process",
        )
    })
}

#[cfg(feature = "aws-lc-rs")]
fn own_provider() -> Option<CryptoProvider> {
    Some(rustls::crypto::aws_lc_rs::default_provider())
}

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
fn own_provider() -> Option<CryptoProvider> {
    Some(rustls::crypto::ring::default_provider())
}

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
fn own_provider() -> Option<CryptoProvider> {
    None
}

/// A store of these CAs, each of which must be a certificate.
pub(super) fn store(roots: Vec<CertificateDer<'static>>) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root).map_err(|problem| {
            fail("root certificate", "not a PEM or DER certificate").with_source(problem)
        })?;
    }
    Ok(store)
}

/// Reads PEM, or DER where no PEM is in sight.
fn add_certificates(
    field: &str,
    name: &str,
    bytes: Vec<u8>,
    roots: &mut Vec<CertificateDer<'static>>,
) -> Result<(), Error> {
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let broken = |problem| fail(field, format!("`{name}` is broken PEM")).with_source(problem);
        roots.push(certificate.map_err(broken)?);
    }
    if roots.len() == before {
        // DER is a sequence.
        if bytes.first() != Some(&0x30) {
            return Err(fail(
                field,
                format!("`{name}` is not a PEM or DER certificate: export it in one of these formats"),
            ));
        }
        roots.push(bytes.into());
    }
    for root in &roots[before..] {
        let check = RootCertStore::empty().add(root.clone());
        check.map_err(|problem| {
            fail(field, format!("`{name}` has no valid certificate")).with_source(problem)
        })?;
    }
    Ok(())
}

fn read_identity(
    identity: &Identity,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&identity.certificates).collect();
    let certificates = certificates
        .map_err(|problem| fail("client certificate", "it is broken PEM").with_source(problem))?;
    if certificates.is_empty() {
        return Err(fail("client certificate", "it has no certificate as PEM"));
    }
    let key = PrivateKeyDer::from_pem_slice(&identity.key)
        .map_err(|_| fail("client certificate", "its private key is missing or broken PEM"))?;
    Ok((certificates, key))
}

/// Neither the system nor the caller has any CA.
pub(super) fn no_roots() -> Error {
    fail(
        "TLS",
        "the system has no CA certificates: install ca-certificates in the image, or set your CA with `ca_file`, \
         `add_root_certificate` or `SSL_CERT_FILE`",
    )
}

fn fail(field: &str, problem: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Tls, format!("{field}: {problem}"))
}

kestra_core::debug_fields! { TlsSetup, this => { settings: this.settings, http2: this.http2 } }

#[cfg(all(test, any(feature = "ring", feature = "aws-lc-rs")))]
mod tests {
    use super::*;

    fn made(settings: &Tls, file: &str) -> Result<(), Error> {
        make(settings, false, |name| (name == CERT_FILE).then(|| file.to_owned())).map(drop)
    }

    #[test]
    fn the_file_of_the_environment_is_read_unless_only_other_roots_count() {
        let ca = rcgen::generate_simple_self_signed(vec!["ca.test".to_owned()]).unwrap().cert.pem();
        let own = Tls::default().add_root_certificate(ca.clone());
        let error = made(&own, "no/such/file.pem").unwrap_err();
        assert_eq!(error.summary().to_string(), "TLS error: SSL_CERT_FILE: `no/such/file.pem` can't be read");
        made(&own.clone().only_these_roots(), "no/such/file.pem").unwrap();
        made(&own, "").unwrap();
        let path = std::env::temp_dir().join(format!("kestra-cert-file-{}.pem", std::process::id()));
        std::fs::write(&path, ca).unwrap();
        made(&Tls::default(), path.to_str().unwrap()).unwrap();
        std::fs::write(&path, "nothing").unwrap();
        let error = made(&own, path.to_str().unwrap()).unwrap_err();
        assert!(error.to_string().contains("is not a PEM or DER certificate"), "{error}");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn an_image_without_a_store_is_told_what_to_do() {
        let error = no_roots();
        assert!(error.to_string().contains("install ca-certificates"), "{error}");
        assert_eq!(error.kind(), ErrorKind::Tls);
    }

    #[test]
    fn proxies_are_never_offered_http2() {
        let ca = rcgen::generate_simple_self_signed(vec!["ca.test".to_owned()]).unwrap().cert.pem();
        let configs =
            make(&Tls::default().add_root_certificate(ca).only_these_roots(), true, |_| None).unwrap();
        assert_eq!(configs.server.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
        assert!(configs.proxy.alpn_protocols.is_empty());
    }
}
