//! The areas of the API: what `client.flows()` and the like give.

use crate::Client;

macro_rules! areas {
    ($($(#[$doc:meta])* $method:ident => $name:ident,)*) => {
        impl Client {$(
            $(#[$doc])*
            #[must_use]
            pub fn $method(&self) -> $name {
                $name { client: self.clone() }
            }
        )*}

        $(
            $(#[$doc])*
            #[derive(Clone, Debug)]
            pub struct $name {
                client: Client,
            }

            impl $name {
                pub(crate) fn client(&self) -> &Client {
                    &self.client
                }
            }
        )*
    };
}

areas! {
    /// Flows: create, read, change, validate, search, import and export them.
    flows => Flows,
    /// Executions: start, read, follow, change and search them, and get what they put out.
    executions => Executions,
    /// Logs: read, search, follow, download and delete them.
    logs => Logs,
    /// Outputs: what tasks and executions put out, on servers from 2.0 on.
    outputs => Outputs,
}
