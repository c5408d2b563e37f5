//! A key that makes a creation safe to repeat.

use kestra_core::{CORRELATION_LABEL, Call, Error, IdempotencyKey};

/// Gives the builder of a creation the setters of a key, which travels among the labels at this place of the query.
macro_rules! idempotency {
    ($name:ident, $labels:literal) => {
        impl<E> $name<E> {
            /// Sets a key of one's own, with which a client starts the execution once: if one with the key was started before, that
            /// one is the answer, as it is now.
            ///
            /// It becomes the label `system.correlationId`. The client looks for an execution with it before it sends, and again
            /// after a failure that leaves it unclear whether the server took the request; limits in time hold for each of these
            /// requests. Two creations with one key at the same moment can still make two executions, since no server knows keys.
            /// An executor of one's own, or none, only sends the label.
            ///
            /// It can't be together with a label of that name. If nothing is found in time the error is of the kind
            /// [`UnclearOutcome`](::kestra_core::ErrorKind::UnclearOutcome) and carries the key.
            pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
                crate::extensions::set_key(&mut self.call, $labels, key.into());
                self
            }

            /// Sets how far back an execution with the key is looked for; 8 days by default.
            pub fn key_look_back(mut self, range: ::std::time::Duration) -> Self {
                self.call.key_mut().look_back = Some(range);
                self
            }

            /// Sets for how long the execution is looked for after a failure that leaves it unclear whether there is one; 15 s by
            /// default, as servers find an execution only some time after they took it.
            pub fn look_up_for(mut self, time: ::std::time::Duration) -> Self {
                self.call.key_mut().look_up_for = Some(time);
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
        call.key_mut().text = Some(key);
    }
}
