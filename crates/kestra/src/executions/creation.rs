//! The creation of an execution as a builder has it, and the key that it is sent with.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use kestra_core::internal::{CORRELATION_LABEL, IdempotencyKey};
use kestra_core::{Call, Error};
use kestra_operations::CreateExecution;

#[cfg(doc)]
use super::{Start, Started};
use crate::typed::InputValues;

/// A creation that is being built.
#[derive(Debug)]
pub(super) struct Creation {
    pub(super) call: CreateExecution,
    /// Inputs that are sent unless the call has others of their names.
    pub(super) values: InputValues,
    /// The namespace, if it is not that of the call.
    pub(super) namespace: Option<String>,
    pub(super) key: Key,
    pub(super) found_failed: FoundFailed,
}

/// What a start with an [`idempotency_key`](Start::idempotency_key) does if the execution that it finds has ended as FAILED,
/// KILLED or CANCELLED.
///
/// An execution in state RETRIED, which the `retry` of the flow replaced by a new one, counts as found, whatever became of the new
/// one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FoundFailed {
    /// Returns it: `start` returns the failed execution, and `run` the error of the failed execution. The default, as nothing is
    /// executed twice.
    #[default]
    Return,
    /// Restarts it: the same execution continues with the tasks that failed, on the revision of the flow that it has. `run` and
    /// [`Started::wait`] wait for its next end. Kestra 1.3 responds with status 409 to the restart of a KILLED execution.
    Restart,
    /// Starts a new execution with the same key. All tasks are executed again. The failed execution keeps the key, so
    /// [`resolve`](crate::Executions::resolve) returns both, and a start without this setting refuses the key.
    StartAgain,
}

/// The key that an execution is started with.
#[derive(Clone, Debug)]
pub(super) enum Key {
    /// A key that is made for this start.
    Fresh,
    /// The caller's own key.
    Own(String),
    None,
}

impl Creation {
    pub(super) fn new(namespace: &str, flow: &str) -> Self {
        let call = CreateExecution::new(namespace, flow);
        Self {
            call,
            values: InputValues::new(),
            namespace: None,
            key: Key::Fresh,
            found_failed: FoundFailed::default(),
        }
    }

    pub(super) fn try_clone(&self) -> Option<Self> {
        let (call, values) = (self.call.try_clone()?, self.values.try_clone()?);
        let (namespace, key) = (self.namespace.clone(), self.key.clone());
        Some(Self { call, values, namespace, key, ..*self })
    }
}

impl Key {
    /// Returns the key to send with a call. No key is generated if the caller set the correlation label to group
    /// executions.
    pub(super) fn text(&self, call: &Call) -> Result<Option<String>, Error> {
        let labels = parameter(call, "labels");
        let has_label =
            labels.is_some_and(|index| call.has_query_value(index, &format!("{CORRELATION_LABEL}:")));
        match self {
            Self::Own(_) if has_label => {
                let problem =
                    format_args!("there is a label `{CORRELATION_LABEL}` already: remove one of the two");
                Err(Error::invalid("idempotency_key", problem))
            }
            Self::Own(key) => IdempotencyKey::check(key).map(|()| Some(key.clone())),
            Self::Fresh if !has_label => Ok(Some(fresh())),
            Self::Fresh | Self::None => Ok(None),
        }
    }
}

/// Returns a random key of 128 bits.
fn fresh() -> String {
    // RandomState is seeded by the operating system, and differs each time.
    let half = || RandomState::new().hash_one(std::process::id());
    format!("rs-{:016x}{:016x}", half(), half())
}

/// Returns the place of a query parameter.
pub(super) fn parameter(call: &Call, name: &str) -> Option<usize> {
    call.info().query_parameters.iter().position(|parameter| parameter.name == name)
}

/// Adds the setters of a creation to a builder, which has it in this field.
macro_rules! creating {
    ($([$($generic:tt)*])? $name:ident $(<$argument:ident>)?: $($creation:ident).+) => {
        impl $(<$($generic)*>)? $name $(<$argument>)? {
            /// Sets an input. The type of the value decides how it is written; `None` is not sent.
            pub fn input(
                self,
                name: impl Into<String>,
                value: impl Into<::kestra_models::InputValue>,
            ) -> Self {
                self.create(|call| call.input(name, value))
            }

            /// Sets an input for each field of a struct or map. Fields that are null get their defaults.
            pub fn inputs(self, inputs: &(impl ::serde::Serialize + ?Sized)) -> Self {
                self.create(|call| call.inputs(inputs))
            }

            /// Uploads a file as an input. If the file is a stream, the creation isn't retried, even if it was not sent.
            pub fn input_file(self, name: impl Into<String>, file: ::kestra_core::FilePart) -> Self {
                self.create(|call| call.input_file(name, file))
            }

            /// Adds a label.
            pub fn label(self, key: impl Into<String>, value: impl Into<String>) -> Self {
                self.create(|call| call.label(key, value))
            }

            /// Adds labels.
            pub fn labels(
                self,
                labels: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
            ) -> Self {
                self.create(|call| call.labels(labels))
            }

            /// Sets the revision of the flow, counted from 1. Defaults to the newest.
            pub fn revision(self, revision: impl ::kestra_core::Integer) -> Self {
                self.create(|call| call.revision(revision))
            }

            /// Sets when the execution begins.
            pub fn schedule_date(self, date: ::jiff::Timestamp) -> Self {
                self.create(|call| call.schedule_date(date))
            }

            /// Sets the tasks before which the execution stops: the id of each, or `id.value` for one of its iterations. A
            /// task that the flow doesn't have is refused, as servers ignore it and don't stop.
            pub fn breakpoints(self, tasks: impl IntoIterator<Item = impl Into<String>>) -> Self {
                self.create(|call| call.breakpoints(tasks))
            }

            /// Sets the kind of the execution. An unknown kind is refused, as servers ignore it and run a normal execution.
            /// A 1.0 server finds only normal executions by a key, so it can't be combined with an `idempotency_key` on 1.0.
            pub fn kind(self, kind: impl Into<::kestra_models::ExecutionKind>) -> Self {
                self.create(|call| call.kind(kind))
            }

            /// Sets an idempotency key. If an execution with this key was started before, returns that execution, whatever its
            /// state; [`if_found_failed`](Self::if_found_failed) has other choices for one that failed. Every error has the key
            /// as its [`idempotency_key`](crate::Error::idempotency_key).
            ///
            /// The key becomes the label `system.correlationId`. Two starts with one key at the same moment can still make
            /// two executions, since no server knows keys: use a key to repeat a start, not to let several starts race.
            pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
                self.$($creation).+.key = super::creation::Key::Own(key.into());
                self
            }

            /// Sets what to do if the execution that is found by the `idempotency_key` has failed. Defaults to
            /// [`FoundFailed::Return`](crate::FoundFailed::Return).
            ///
            /// ```no_run
            /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
            /// use kestra::FoundFailed;
            ///
            /// let run = client.executions().run("company.team", "invoice").idempotency_key("order-17");
            /// run.if_found_failed(FoundFailed::Restart).await?; // again, after yesterday's failure
            /// # Ok(())
            /// # }
            /// ```
            pub fn if_found_failed(mut self, action: crate::FoundFailed) -> Self {
                self.$($creation).+.found_failed = action;
                self
            }

            /// Starts without a key. Returns an error if it stays unclear whether the server accepted the request.
            pub fn no_key(mut self) -> Self {
                self.$($creation).+.key = super::creation::Key::None;
                self
            }

            /// Sets how far back to search for an execution with a key of your own. Defaults to 8 days.
            pub fn key_look_back(self, range: ::std::time::Duration) -> Self {
                self.create(|call| call.key_look_back(range))
            }

            /// Sets how long to search for the execution after a failure that leaves it unclear whether there is one.
            /// Defaults to 15 s, as servers find an execution only some time after they accepted it. The time counts from
            /// when the server is reachable; an outage before that may last a minute.
            pub fn look_up_for(self, time: ::std::time::Duration) -> Self {
                self.create(|call| call.look_up_for(time))
            }

            /// Skips the checks that servers don't make: of the names and types of inputs and of breakpoints against the
            /// flow, of the kind and of the revision.
            pub fn unchecked(self) -> Self {
                self.create(|call| call.unchecked())
            }

            fn create(
                mut self,
                set: impl FnOnce(::kestra_operations::CreateExecution) -> ::kestra_operations::CreateExecution,
            ) -> Self {
                self.$($creation).+.call = set(self.$($creation).+.call);
                self
            }
        }
    };
}

pub(super) use creating;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_keys_differ() {
        let keys: std::collections::HashSet<_> = (0..1000).map(|_| fresh()).collect();
        assert_eq!(keys.len(), 1000);
        assert!(keys.iter().all(|key| IdempotencyKey::check(key).is_ok()));
    }
}
