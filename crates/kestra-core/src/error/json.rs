//! An error as JSON, for pipelines. The names and values here are part of the public API.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::{Error, ErrorKind, RequestSent, TimeoutPhase};

/// Writes the error as an object of the shape that [`Error::to_json`] describes.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = &*self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", kind(inner.kind))?;
        if let ErrorKind::Timeout(phase) = inner.kind {
            map.serialize_entry("phase", self::phase(phase))?;
        }
        map.serialize_entry("message", &format!("{self:#}"))?;
        let mut optional = |name: &'static str, value: Option<&str>| match value {
            Some(value) => map.serialize_entry(name, value),
            None => Ok(()),
        };
        optional("hint", self.hint())?;
        optional("operation", inner.operation.map(|operation| operation.name).or(inner.method))?;
        optional("executionId", self.execution_id())?;
        optional("idempotencyKey", self.idempotency_key())?;
        if let Some(status) = self.status() {
            map.serialize_entry("status", &status.as_u16())?;
        }
        map.serialize_entry("requestSent", sent(inner.sent))?;
        map.serialize_entry("transient", &self.is_transient())?;
        if inner.attempts > 0 {
            map.serialize_entry("attempts", &inner.attempts)?;
        }
        for (name, values) in [("failures", self.failures()), ("invalidInputs", &self.invalid_inputs())] {
            if !values.is_empty() {
                map.serialize_entry(name, values)?;
            }
        }
        map.end()
    }
}

impl Error {
    /// Returns the error as JSON, for pipelines. `serde_json::to_string(&error)` writes the same in one line.
    ///
    /// | member | value |
    /// |---|---|
    /// | `kind` | the [`kind`](Self::kind): `build`, `server`, `unsupported`, `refused`, `auth`, `connect`, `proxy`, `tls`, `timeout`, `transport`, `status`, `decode`, `incomplete`, `file`, `service`, `executionFailed` or `unclearOutcome` |
    /// | `phase` | of a timeout: `connect`, `attempt`, `total`, `idle` or `versionProbe` |
    /// | `message` | what `{:#}` prints, at most 4 KiB in one line |
    /// | `hint` | what to do, if it is known |
    /// | `operation` | the operation, such as `create_flow`, or the method that made several calls, such as `run` |
    /// | `executionId`, `idempotencyKey` | as [`execution_id`](Self::execution_id) and [`idempotency_key`](Self::idempotency_key) |
    /// | `status` | the status of the response |
    /// | `requestSent` | whether the server may have seen the request: `no`, `maybe` or `yes` |
    /// | `transient` | whether the same call may succeed later |
    /// | `attempts` | how many attempts were made |
    /// | `failures`, `invalidInputs` | the names that [`failures`](Self::failures) and [`invalid_inputs`](Self::invalid_inputs) return |
    ///
    /// `kind`, `message`, `requestSent` and `transient` are always there, the others if they have a value. Names and values stay as
    /// they are; later versions may add some. Credentials, headers, inputs and bodies are not included.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Build => "build",
        ErrorKind::Server => "server",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Refused => "refused",
        ErrorKind::Auth => "auth",
        ErrorKind::Dns => "dns",
        ErrorKind::Connect => "connect",
        ErrorKind::Proxy => "proxy",
        ErrorKind::Tls => "tls",
        ErrorKind::Timeout(_) => "timeout",
        ErrorKind::Transport => "transport",
        ErrorKind::Status => "status",
        ErrorKind::Decode => "decode",
        ErrorKind::Incomplete => "incomplete",
        ErrorKind::File => "file",
        ErrorKind::Service => "service",
        ErrorKind::ExecutionFailed => "executionFailed",
        ErrorKind::UnclearOutcome => "unclearOutcome",
    }
}

fn phase(phase: TimeoutPhase) -> &'static str {
    match phase {
        TimeoutPhase::Dns => "dns",
        TimeoutPhase::Connect => "connect",
        TimeoutPhase::Proxy => "proxy",
        TimeoutPhase::Tls => "tls",
        TimeoutPhase::RequestBody => "requestBody",
        TimeoutPhase::FirstByte => "firstByte",
        TimeoutPhase::Attempt => "attempt",
        TimeoutPhase::Total => "total",
        TimeoutPhase::Idle => "idle",
        TimeoutPhase::VersionProbe => "versionProbe",
    }
}

fn sent(sent: RequestSent) -> &'static str {
    match sent {
        RequestSent::No => "no",
        RequestSent::Maybe => "maybe",
        RequestSent::Yes => "yes",
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;
    use serde_json::{Value, json};

    use super::*;
    use crate::error::ErrorResponse;
    use crate::operation::OperationInfo;

    static INFO: OperationInfo = OperationInfo::new("get_flow", "flows", &[]);

    fn read(error: &Error) -> Value {
        serde_json::from_str(&error.to_json()).unwrap()
    }

    #[test]
    fn what_is_always_there_and_what_only_with_a_value() {
        let error = Error::new(ErrorKind::Timeout(TimeoutPhase::VersionProbe), "after 5 s");
        let expected = json!({
            "kind": "timeout", "phase": "versionProbe", "message": format!("{error:#}"), "requestSent": "no", "transient": true,
        });
        let mut written = read(&error);
        written.as_object_mut().unwrap().remove("hint");
        assert_eq!(written, expected);

        let error = Error::new(ErrorKind::UnclearOutcome, "lost")
            .with_request_sent(RequestSent::Maybe)
            .with_method("run")
            .with_execution_id("4kJ")
            .with_failures(vec!["a".to_owned()]);
        let written = read(&error);
        for (name, value) in [
            ("kind", json!("unclearOutcome")),
            ("operation", json!("run")),
            ("executionId", json!("4kJ")),
            ("requestSent", json!("maybe")),
            ("transient", json!(false)),
            ("failures", json!(["a"])),
        ] {
            assert_eq!(written[name], value, "{name}");
        }
    }

    #[test]
    fn a_response_shows_its_status_and_message_and_nothing_else() {
        let (parts, ()) =
            Response::builder().status(404).header("Set-Cookie", "JWT=hidden").body(()).unwrap().into_parts();
        let body =
            br#"{"message":"Not Found","_links":{"self":{"href":"/api?token=hidden","templated":false}}}"#;
        let error =
            Error::from_response(ErrorResponse::new(parts, Bytes::from_static(body))).with_operation(&INFO);
        let written = read(&error);
        assert_eq!((&written["status"], &written["operation"]), (&json!(404), &json!("get_flow")));
        assert!(!error.to_json().contains("hidden"), "{written}");
    }
}
