//! Certificates of a CA that each test makes for itself.

use kestra::Tls;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::folder::Folder;

/// A CA, and a certificate and its key for a server on this machine and for a client, all as PEM.
pub(crate) struct Certificates {
    ca: String,
    server: (String, String),
    client: (String, String),
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "CA of the tests");
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let issue = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            let key = KeyPair::generate().unwrap();
            let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &ca).unwrap();
            (certificate.pem(), key.serialize_pem())
        };
        Self { server: issue(&["localhost", "127.0.0.1"]), client: issue(&["client"]), ca: ca.pem() }
    }

    /// Writes the files `ca.pem`, `server.pem` and `server.key`.
    pub(crate) fn write(&self, folder: &Folder) {
        folder.write("ca.pem", &self.ca);
        folder.write("server.pem", &self.server.0);
        folder.write("server.key", &self.server.1);
    }

    /// Trusts the CA only.
    pub(crate) fn trusted(&self) -> Tls {
        Tls::default().add_root_certificate(self.ca.as_str()).only_these_roots()
    }

    /// Trusts the CA, and shows the certificate of the client.
    pub(crate) fn with_client_certificate(&self) -> Tls {
        self.trusted().client_certificate(self.client.0.as_str(), self.client.1.as_str())
    }
}
