//! Asking which edition a server is: before a call that open source would take for another one, and after one that only
//! Enterprise has and that wasn't found.

use http::StatusCode;
use kestra_core::{Call, CallFuture, CallOptions, Edition, Error, ErrorKind, Executor as _, RequestSent};

use super::Client;
use super::deadline::Deadline;

/// What Enterprise servers call themselves.
const ENTERPRISE: &str = "EE";

/// Whether the call needs the question.
pub(super) fn is_needed(call: &Call, defaults: &CallOptions) -> bool {
    call.depends_on_edition() && !call.options().is_unchecked() && !defaults.is_unchecked()
}

/// Both requests share server, options and deadline; a call that only Enterprise carries out is refused by others.
pub(super) fn ask_then_send(client: Client, mut call: Call) -> CallFuture {
    Box::pin(async move {
        let info = call.info();
        let deadline = Deadline::of(call.options(), &client.options, Some(info));
        let asking = client.with_options(deadline.limit(call.options().clone()));
        let configs = asking.configs().await.map_err(|error| error.of_operation(info))?;
        call.change_options(|options| deadline.limit(options));
        if configs.edition.as_deref() != Some(ENTERPRISE) {
            return client.send(call).await;
        }
        call.set_enterprise();
        client.execute(call).await
    })
}

/// Whether only Enterprise servers have the operation.
pub(super) fn is_of_enterprise(call: &Call) -> bool {
    call.info().edition == Edition::Enterprise
}

/// Open source answers as if an id were wrong, so the server is asked what it is before that is said.
pub(super) fn send_then_explain(client: Client, call: Call) -> CallFuture {
    Box::pin(async move {
        let info = call.info();
        let deadline = Deadline::of(call.options(), &client.options, Some(info));
        let asking = client.with_options(call.options().clone());
        let error = match client.send(call).await {
            Err(error) if is_without_route(&error) => error,
            sent => return sent,
        };
        let asking = asking.with_options(deadline.limit(CallOptions::new()));
        match asking.configs().await {
            Ok(configs) if configs.edition.as_deref().is_some_and(|edition| edition != ENTERPRISE) => {
                let problem = format!(
                    "requires Kestra Enterprise Edition, the server is open source ({}); its answer was {}",
                    configs.version,
                    error.status().map_or(0, |status| status.as_u16()),
                );
                let explained = Error::new(ErrorKind::Unsupported, problem).sent(RequestSent::Yes);
                Err(explained.caused_by(error).of_operation(info))
            }
            _ => Err(error),
        }
    })
}

/// What a server answers that has no such route, or another one there.
fn is_without_route(error: &Error) -> bool {
    matches!(error.status(), Some(StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED))
}
