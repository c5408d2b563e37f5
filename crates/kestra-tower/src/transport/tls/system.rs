//! The CAs that the operating system trusts.
//!
//! Where the system has a verifier of its own, that one is asked. Elsewhere its certificates are files, and rustls
//! verifies: with the same code that it has for roots of our own, so that revocation lists, which nobody could give here,
//! are not linked.

use kestra_core::Error;
use rustls::ClientConfig;
use rustls::client::WantsClientCert;
use rustls::pki_types::CertificateDer;
use rustls::{ConfigBuilder, WantsVerifier};

use super::config::no_roots;

/// Trusts the system's CAs and these.
#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
pub(super) fn trust(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    roots: Vec<CertificateDer<'static>>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
    let mut store = super::config::store(roots)?;
    let found = rustls_native_certs::load_native_certs();
    let (_, broken) = store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        return Err(match found.errors.into_iter().next() {
            Some(problem) => no_roots().with_source(problem),
            None => no_roots(),
        });
    }
    if broken > 0 || !found.errors.is_empty() {
        tracing::warn!(
            target: "kestra::tls",
            broken,
            unreadable = found.errors.len(),
            "some of the system's CA certificates can't be used"
        );
    }
    Ok(builder.with_root_certificates(store))
}

/// Trusts the system's CAs and these.
#[cfg(not(all(unix, not(any(target_vendor = "apple", target_os = "android")))))]
pub(super) fn trust(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    roots: Vec<CertificateDer<'static>>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
    let provider = builder.crypto_provider().clone();
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(roots, provider)
        .map_err(|problem| no_roots().with_source(problem))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(std::sync::Arc::new(verifier)))
}
