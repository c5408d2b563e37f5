//! Errors of TLS handshakes, with hints.

use std::error::Error as StdError;
use std::{fmt, io};

use kestra_core::internal::causes;
use kestra_core::{Error, ErrorKind, RequestSent};
use rustls::{AlertDescription, CertificateError};

const NO_TLS: &str = "write http:// in the server URL, or name the port that speaks TLS";

const TRUST: &str = "name your CA with `add_root_certificate` or `SSL_CERT_FILE`; a slim container image may have no CA \
                     certificates at all (install ca-certificates)";

const EXPIRED: &str = "renew the server's certificate, and check the clock of this machine";

const WRONG_HOST: &str =
    "use a host in the server URL that the certificate names, or have it issued for this one";

const NOTHING_IN_COMMON: &str = "server and client share no TLS version or cipher suite, as the client speaks TLS 1.2 and 1.3 \
                                 only; or the server wants a client certificate (`Tls::client_certificate`)";

const CLIENT_WANTED: &str =
    "the server requires a client certificate: set one with `Tls::client_certificate`";

const CLIENT_REFUSED: &str = "the server rejected the client certificate: set one that is signed by a CA which the \
                              server trusts (`Tls::client_certificate`)";

const CLIENT_EXPIRED: &str = "renew the client certificate (`Tls::client_certificate`)";

/// Returns the error of a failed handshake with `host`.
pub(crate) fn handshake_failed(host: &str, problem: io::Error) -> Error {
    let Some(cause) = problem.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()) else {
        // The connection broke; this is no failure of TLS.
        let message = format!("{host} closed the connection during the TLS handshake");
        return Error::from_source(ErrorKind::Connect, problem).with_message(message);
    };
    let (message, hint) = match cause {
        rustls::Error::InvalidMessage(_) => (format!("{host} doesn't speak TLS on this port"), NO_TLS),
        rustls::Error::InvalidCertificate(problem) => match problem {
            CertificateError::UnknownIssuer => {
                (format!("the certificate of {host} is not signed by a trusted CA"), TRUST)
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                (format!("the certificate of {host} has expired"), EXPIRED)
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                (format!("the certificate of {host} isn't valid yet"), EXPIRED)
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                (format!("the certificate of {host} is for another host"), WRONG_HOST)
            }
            _ => (format!("the certificate of {host} was rejected"), TRUST),
        },
        rustls::Error::AlertReceived(alert) => return refused(host, *alert),
        rustls::Error::PeerIncompatible(_) => {
            (format!("{host} and this client have no TLS settings in common"), NOTHING_IN_COMMON)
        }
        _ => (format!("the TLS handshake with {host} failed"), TRUST),
    };
    Error::from_source(ErrorKind::Tls, problem).with_message(message).with_hint(hint)
}

/// Returns the error of a handshake that the server ended with an alert, so that it did nothing with the request.
fn refused(host: &str, alert: AlertDescription) -> Error {
    use AlertDescription as Alert;
    let message = format!("{host} refused the TLS handshake: {}", AlertName(alert));
    let error = Error::from_source(ErrorKind::Tls, rustls::Error::AlertReceived(alert)).with_message(message);
    let hint = match alert {
        Alert::CertificateRequired | Alert::NoCertificate => CLIENT_WANTED,
        Alert::CertificateExpired | Alert::CertificateRevoked => CLIENT_EXPIRED,
        Alert::UnknownCA
        | Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateUnknown
        | Alert::AccessDenied
        | Alert::DecryptError => CLIENT_REFUSED,
        Alert::UnrecognisedName => WRONG_HOST,
        _ => NOTHING_IN_COMMON,
    };
    error.with_hint(hint).with_request_sent(RequestSent::No)
}

/// An alert as the standard writes it, such as `certificate_required`.
struct AlertName(AlertDescription);

impl fmt::Display for AlertName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut was_lower = false;
        for letter in format!("{:?}", self.0).chars() {
            if letter.is_ascii_uppercase() && was_lower {
                f.write_str("_")?;
            }
            was_lower = letter.is_ascii_lowercase();
            write!(f, "{}", letter.to_ascii_lowercase())?;
        }
        Ok(())
    }
}

/// An alert that came after the handshake was done on our side.
///
/// In TLS 1.3 a server checks the client certificate after the client has sent its first request, so the first record that
/// the client reads may be the alert.
#[derive(Debug)]
pub(crate) struct LateRefusal {
    pub(crate) host: Box<str>,
    pub(crate) alert: AlertDescription,
}

impl LateRefusal {
    /// Returns the error of a late refusal, if there is one among the causes of `error`.
    pub(crate) fn find(error: &(dyn StdError + 'static)) -> Option<Error> {
        // `io::Error::source` skips the inner error.
        let mut inner = causes(error).filter_map(|error| error.downcast_ref::<io::Error>()?.get_ref());
        let found = inner.find_map(|inner| inner.downcast_ref::<Self>())?;
        Some(refused(&found.host, found.alert))
    }
}

impl fmt::Display for LateRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refused the TLS handshake: {}", self.host, AlertName(self.alert))
    }
}

impl StdError for LateRefusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_named_as_the_standard_names_them() {
        for (alert, name) in [
            (AlertDescription::CertificateRequired, "certificate_required"),
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::HandshakeFailure, "handshake_failure"),
            (AlertDescription::BadCertificateStatusResponse, "bad_certificate_status_response"),
        ] {
            assert_eq!(AlertName(alert).to_string(), name);
        }
    }

    #[test]
    fn a_late_refusal_is_found_in_an_error_of_input_and_output() {
        let refusal = LateRefusal { host: "kestra.test".into(), alert: AlertDescription::UnknownCA };
        let problem = io::Error::other(refusal);
        let found = LateRefusal::find(&problem).unwrap();
        assert_eq!((found.kind(), found.request_sent()), (ErrorKind::Tls, RequestSent::No));
        assert!(found.to_string().contains("kestra.test refused the TLS handshake: unknown_ca"), "{found}");
        assert!(LateRefusal::find(&io::Error::other("broken")).is_none());
    }
}
