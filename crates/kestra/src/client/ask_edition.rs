//! Asking which edition a server is, before a call that open source would take for another one.

use kestra_core::{Call, CallFuture, CallOptions, Executor as _};

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
