//! A key that makes a creation safe to repeat.

use kestra_core::internal::{CORRELATION_LABEL, IdempotencyKey};
use kestra_core::{Call, Error};

/// Gives the builder of a creation the setters of a key, which travels among the labels at this place of the query.
macro_rules! idempotency {
    ($name:ident, $labels:literal) => {
        impl<E> $name<E> {
            /// Sets an idempotency key, so that a client creates the execution once: if there is an execution with the key already,
            /// the client returns that one, as it is now.
            ///
            /// The key becomes the label `system.correlationId`. The client searches for an execution with it before it sends, and again
            /// after a failure that leaves it unclear whether the server took the request; timeouts apply to each of these
            /// requests. Two creations with one key at the same moment can still make two executions, since no server knows keys.
            /// An executor other than a client only sends the label.
            ///
            /// Can't be combined with a label of that name. If nothing is found in time, returns an error of kind
            /// [`UnclearOutcome`](::kestra_core::ErrorKind::UnclearOutcome), which has the key.
            pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
                crate::extensions::set_key(&mut self.call, $labels, key.into());
                self
            }

            /// Sets how far back to search for an execution with the key. Defaults to 8 days.
            pub fn key_look_back(mut self, range: ::std::time::Duration) -> Self {
                self.call.key_mut().set_look_back(range);
                self
            }

            /// Sets how long to search after a failure that leaves it unclear whether there is an execution. Defaults to 15 s,
            /// as servers find an execution only some time after they accepted it.
            pub fn look_up_for(mut self, time: ::std::time::Duration) -> Self {
                self.call.key_mut().set_look_up_for(time);
                self
            }
        }
    };
}

pub(crate) use idempotency;

pub(crate) fn set_key(call: &mut Call, labels: usize, key: String) {
    if let Err(problem) = IdempotencyKey::check(&key) {
        call.fail(problem);
    } else if call.has_query_value(labels, &format!("{CORRELATION_LABEL}:")) {
        call.fail(Error::invalid("idempotency_key", format_args!("there is a label `{CORRELATION_LABEL}`")));
    } else {
        call.add_query(labels, format!("{CORRELATION_LABEL}:{key}"));
        call.key_mut().set_text(key);
    }
}
