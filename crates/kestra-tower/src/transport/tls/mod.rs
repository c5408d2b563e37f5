//! Whom TLS connections trust.

mod config;
mod failure;
mod system;

use std::fmt;
use std::path::PathBuf;

pub(crate) use config::TlsSetup;
pub(crate) use failure::{LateRefusal, handshake_failed};

/// Which certificates a server may have, and which one we show.
///
/// By default a server's certificate must be one that the operating system trusts, or that a CA in the file named by
/// `SSL_CERT_FILE` signed. (On Linux such a file takes the place of the system's store, as OpenSSL has it; elsewhere it
/// adds to it.) Files and certificates are read when the transport is built.
///
/// ```
/// use kestra_tower::transport::Tls;
///
/// let own_ca_too = Tls::default().ca_file("company-ca.pem");
/// let own_ca_only = Tls::default().ca_file("company-ca.pem").only_these_roots();
/// # let _ = (own_ca_too, own_ca_only);
/// ```
#[derive(Clone, Default)]
#[must_use = "settings do nothing until they are given to a transport"]
pub struct Tls {
    roots: Vec<Root>,
    only_these: bool,
    identity: Option<Identity>,
}

#[derive(Clone)]
enum Root {
    File(PathBuf),
    Bytes(Vec<u8>),
}

#[derive(Clone)]
struct Identity {
    certificates: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Trusts the CAs in a file of PEM, or the one in a file of DER.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.roots.push(Root::File(path.into()));
        self
    }

    /// Trusts CAs: one or more as PEM, or one as DER.
    pub fn add_root_certificate(mut self, certificate: impl Into<Vec<u8>>) -> Self {
        self.roots.push(Root::Bytes(certificate.into()));
        self
    }

    /// Trusts only the CAs that are named here, not those of the system or of `SSL_CERT_FILE`.
    pub fn only_these_roots(mut self) -> Self {
        self.only_these = true;
        self
    }

    /// Shows a certificate to servers that ask for one: the chain, ours first, and its private key, both as PEM.
    pub fn client_certificate(mut self, certificates: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.identity = Some(Identity { certificates: certificates.into(), key: key.into() });
        self
    }
}

kestra_core::debug_fields! {
    Tls, this => {
        roots: this.roots, only_these_roots: this.only_these, client_certificate: this.identity.is_some(),
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}
