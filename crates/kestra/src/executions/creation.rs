//! What an execution is started with.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use kestra_core::internal::CORRELATION_LABEL;
use kestra_core::{Call, Error, ErrorKind, FilePart};
use kestra_models::{ExecutionKind, InputValue};

use super::check::INSIST;
use super::create::{LOOK_BACK, LOOK_UP_FOR};
use super::key::Key;
use crate::Client;

/// All that a start is told.
pub(super) struct Creation {
    pub(super) namespace: String,
    pub(super) flow: String,
    pub(super) inputs: Vec<(String, InputValue)>,
    pub(super) files: Vec<(String, FilePart)>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) revision: Option<i64>,
    pub(super) schedule_date: Option<Timestamp>,
    pub(super) breakpoints: Vec<String>,
    pub(super) kind: Option<ExecutionKind>,
    pub(super) key: Key,
    pub(super) look_back: Duration,
    pub(super) look_up_for: Duration,
    pub(super) unchecked: bool,
    pub(super) problem: Option<Error>,
}

impl Creation {
    pub(super) fn new(namespace: String, flow: String) -> Self {
        Self {
            namespace,
            flow,
            inputs: Vec::new(),
            files: Vec::new(),
            labels: Vec::new(),
            revision: None,
            schedule_date: None,
            breakpoints: Vec::new(),
            kind: None,
            key: Key::Fresh,
            look_back: LOOK_BACK,
            look_up_for: LOOK_UP_FOR,
            unchecked: false,
            problem: None,
        }
    }

    /// Refuses settings that servers would ignore, as far as that can be checked without the flow.
    pub(super) fn check(&self) -> Result<(), Error> {
        if let Some(kind @ ExecutionKind::Unknown(_)) = &self.kind {
            let problem = format!(
                "servers ignore the kind `{kind}` and run a normal execution: remove the kind, or {INSIST}"
            );
            return Err(Error::new(ErrorKind::Refused, problem));
        }
        match self.revision {
            Some(revision) if revision < 1 => Err(Error::invalid(
                "revision",
                format_args!("{revision} is not a revision: set one from 1 on, or {INSIST}"),
            )),
            _ => Ok(()),
        }
    }

    /// The key that the execution is marked with, made now if it is a fresh one.
    pub(super) fn key(&self) -> Result<Option<String>, Error> {
        // Whoever sets the label says by it what belongs together, not what is the same.
        if self.labels.iter().any(|(name, _)| name == CORRELATION_LABEL) {
            return match self.key {
                Key::Own(_) => Err(Error::invalid(
                    "idempotency_key",
                    format_args!("there is a label `{CORRELATION_LABEL}`"),
                )),
                _ => Ok(None),
            };
        }
        self.key.text()
    }

    /// The call.
    pub(super) fn into_call(self, client: &Client, key: Option<&str>) -> Call {
        let mut call = client.executions().create_execution(&self.namespace, &self.flow);
        if self.unchecked {
            call = call.unchecked();
        }
        for (name, value) in &self.labels {
            call = call.label(name, value);
        }
        if let Some(key) = key {
            call = call.label(CORRELATION_LABEL, key);
        }
        if let Some(revision) = self.revision {
            call = call.revision(revision);
        }
        if let Some(date) = self.schedule_date {
            call = call.schedule_date(date);
        }
        if !self.breakpoints.is_empty() {
            call = call.breakpoints(&self.breakpoints);
        }
        if let Some(kind) = self.kind {
            call = call.kind(kind);
        }
        for (name, value) in self.inputs {
            call = call.input(name, value);
        }
        for (name, file) in self.files {
            call = call.input_file(name, file);
        }
        call.into_call()
    }
}

impl fmt::Debug for Creation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Inputs may be secrets.
        let names: Vec<_> = self.inputs.iter().map(|(name, _)| name).collect();
        f.debug_struct("Creation")
            .field("namespace", &self.namespace)
            .field("flow", &self.flow)
            .field("inputs", &names)
            .field("labels", &self.labels)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Gives a builder the setters of a creation; it has them in the field `creation`.
macro_rules! creating {
    ($name:ident) => {
        impl $name {
            /// Sets an input; the value's type decides how it is written.
            pub fn input(
                mut self,
                name: impl Into<String>,
                value: impl Into<::kestra_models::InputValue>,
            ) -> Self {
                self.creation.inputs.push((name.into(), value.into()));
                self
            }

            /// Sets an input for each field of a struct or map; fields that are null are left to their defaults.
            pub fn inputs(mut self, inputs: &(impl ::serde::Serialize + ?Sized)) -> Self {
                match ::kestra_operations::inputs_of(inputs) {
                    Ok(inputs) => self.creation.inputs.extend(inputs),
                    Err(problem) => {
                        self.creation.problem.get_or_insert(problem);
                    }
                }
                self
            }

            /// Uploads a file as an input. With that of a reader the creation isn't repeated where it couldn't be sent.
            pub fn input_file(mut self, name: impl Into<String>, file: ::kestra_core::FilePart) -> Self {
                self.creation.files.push((name.into(), file));
                self
            }

            /// Adds a label.
            pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
                self.creation.labels.push((key.into(), value.into()));
                self
            }

            /// Adds labels.
            pub fn labels<K: Into<String>, V: Into<String>>(
                mut self,
                labels: impl IntoIterator<Item = (K, V)>,
            ) -> Self {
                let labels = labels.into_iter().map(|(key, value)| (key.into(), value.into()));
                self.creation.labels.extend(labels);
                self
            }

            /// Sets the revision of the flow, counted from 1. Defaults to the newest.
            pub fn revision(mut self, revision: impl Into<i64>) -> Self {
                self.creation.revision = Some(revision.into());
                self
            }

            /// Sets when it is to begin.
            pub fn schedule_date(mut self, date: ::jiff::Timestamp) -> Self {
                self.creation.schedule_date = Some(date);
                self
            }

            /// Sets the tasks before which the execution stops: the id of each, or `id.value` for one of its iterations. A
            /// task that the flow doesn't have is refused, as servers ignore it and don't stop.
            pub fn breakpoints(mut self, tasks: impl IntoIterator<Item = impl Into<String>>) -> Self {
                self.creation.breakpoints = tasks.into_iter().map(Into::into).collect();
                self
            }

            /// Sets the kind of the execution. An unknown kind is refused, as servers ignore it and run a normal execution.
            /// A 1.0 server finds only normal executions by a key, so it can't be combined with an `idempotency_key` on 1.0.
            pub fn kind(mut self, kind: impl Into<::kestra_models::ExecutionKind>) -> Self {
                self.creation.kind = Some(kind.into());
                self
            }

            /// Sets a key of one's own: if an execution with it was started before, that one is the result.
            ///
            /// It becomes the label `system.correlationId`. Two starts with one key at the same moment can still make two
            /// executions, since no server knows keys: a key belongs to one who repeats, not to several who race.
            pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
                self.creation.key = super::key::Key::Own(key.into());
                self
            }

            /// Starts without a key: if it stays unclear whether the server took the request, that is the error.
            pub fn no_key(mut self) -> Self {
                self.creation.key = super::key::Key::None;
                self
            }

            /// Sets how far back an execution with a key of one's own is looked for; 8 days by default.
            pub fn key_look_back(mut self, range: ::std::time::Duration) -> Self {
                self.creation.look_back = range;
                self
            }

            /// Sets for how long the execution is looked for after a failure that leaves it unclear whether there is one; 15 s by
            /// default, as servers find an execution only some time after they took it. The time counts from when the server
            /// is reachable; an outage before that may last a minute.
            pub fn look_up_for(mut self, time: ::std::time::Duration) -> Self {
                self.creation.look_up_for = time;
                self
            }

            /// Skips the checks that servers don't make: of the names and types of inputs and of breakpoints against the
            /// flow, of the kind and of the revision.
            pub fn unchecked(mut self) -> Self {
                self.creation.unchecked = true;
                self
            }
        }
    };
}

pub(super) use creating;
