//! Runs of flows whose inputs and outputs are Rust types.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use kestra_core::Error;

use super::creation::creating;
use super::watch::waiting;
use super::{Finished, Run, Start, Started, Wait};
use crate::Client;
use crate::typed::{FlowInputs, FlowOutputs};

impl Client {
    /// Runs a flow, once, to its end, with inputs and outputs that are Rust types; see [`typed`](crate::typed). Otherwise as
    /// [`Executions::run`](crate::Executions::run).
    ///
    /// # Errors
    ///
    /// Returns the errors of `Executions::run`, and one of kind [`Decode`](crate::ErrorKind::Decode) that names the output that
    /// is missing or has another type; [`Finished::of`] returns the execution.
    pub fn run<F: FlowInputs>(&self, flow: F) -> TypedRun<F::Outputs> {
        let mut run = self.executions().run(F::NAMESPACE, F::FLOW);
        run.creation.values = flow.into_values();
        TypedRun { run, outputs: PhantomData }
    }

    /// Starts a flow, once, with inputs that are a Rust type; see [`typed`](crate::typed). Otherwise as
    /// [`Executions::start`](crate::Executions::start).
    ///
    /// # Errors
    ///
    /// Returns the errors of `Executions::start`.
    pub fn start<F: FlowInputs>(&self, flow: F) -> TypedStart<F::Outputs> {
        let mut start = self.executions().start(F::NAMESPACE, F::FLOW);
        start.creation.values = flow.into_values();
        TypedStart { start, outputs: PhantomData }
    }
}

/// A run of a flow to its end, with typed outputs; see [`Client::run`].
///
/// An [`input`](Self::input) that is set here is sent in place of the type's. An execution that is returned before its end, by
/// [`until`](Self::until) or [`stop_on_pause`](Self::stop_on_pause), or that failed, by [`any_end_state`](Self::any_end_state), has
/// no outputs, which is an error unless all of them are optional: use [`untyped`](Self::untyped) with these.
#[must_use = "nothing is run until it is awaited"]
pub struct TypedRun<O> {
    run: Run,
    outputs: PhantomData<fn() -> O>,
}

creating!([O] TypedRun<O>: run.creation);
waiting!([O] TypedRun<O>: run.settings);

impl<O> TypedRun<O> {
    /// Sets the namespace that the flow is deployed to. Defaults to that of the type.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.run.creation.namespace = Some(namespace.into());
        self
    }

    /// Returns the same run, whose outputs aren't read as a type.
    pub fn untyped(self) -> Run {
        self.run
    }

    /// Returns a copy, or `None` if an input is a stream, which can be read only once, or if a callback is set.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        Some(Self { run: self.run.try_clone()?, outputs: PhantomData })
    }

    async fn run(self) -> Result<TypedFinished<O>, Error>
    where
        O: FlowOutputs,
    {
        TypedFinished::read(self.run.run().await?)
    }
}

several_calls!([O: FlowOutputs] TypedRun<O>: run.client, "run" => TypedFinished<O>, TypedRun::run);

/// A start of an execution of a flow with typed outputs; see [`Client::start`].
///
/// An [`input`](Self::input) that is set here is sent in place of the type's.
#[must_use = "nothing is started until it is awaited"]
pub struct TypedStart<O> {
    start: Start,
    outputs: PhantomData<fn() -> O>,
}

creating!([O] TypedStart<O>: start.creation);

impl<O> TypedStart<O> {
    /// Sets the namespace that the flow is deployed to. Defaults to that of the type.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.start.creation.namespace = Some(namespace.into());
        self
    }

    /// Returns a copy, or `None` if an input is a stream, which can be read only once.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        Some(Self { start: self.start.try_clone()?, outputs: PhantomData })
    }

    async fn run(self) -> Result<TypedStarted<O>, Error> {
        Ok(TypedStarted { started: self.start.run().await?, outputs: PhantomData })
    }
}

several_calls!([O: FlowOutputs] TypedStart<O>: start.client, "start" => TypedStarted<O>, TypedStart::run);

/// An execution with typed outputs that was started. It derefs to [`Started`].
pub struct TypedStarted<O> {
    started: Started,
    outputs: PhantomData<fn() -> O>,
}

impl<O> TypedStarted<O> {
    /// Waits until the execution has ended; see [`Executions::wait`](crate::Executions::wait).
    pub fn wait(&self) -> TypedWait<O> {
        TypedWait { wait: self.started.wait(), outputs: PhantomData }
    }
}

impl<O> Deref for TypedStarted<O> {
    type Target = Started;

    fn deref(&self) -> &Started {
        &self.started
    }
}

/// A wait for the end of an execution with typed outputs; see [`TypedStarted::wait`].
///
/// As for a [`TypedRun`], use [`untyped`](Self::untyped) with settings that return an execution which has not succeeded.
#[must_use = "a wait does nothing until it is awaited"]
pub struct TypedWait<O> {
    wait: Wait,
    outputs: PhantomData<fn() -> O>,
}

waiting!([O] TypedWait<O>: wait.settings);

impl<O> TypedWait<O> {
    /// Returns the same wait, whose outputs aren't read as a type.
    pub fn untyped(self) -> Wait {
        self.wait
    }

    /// Returns a copy, or `None` if a callback is set.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        Some(Self { wait: self.wait.try_clone()?, outputs: PhantomData })
    }

    async fn run(self) -> Result<TypedFinished<O>, Error>
    where
        O: FlowOutputs,
    {
        TypedFinished::read(self.wait.run().await?)
    }
}

several_calls!([O: FlowOutputs] TypedWait<O>: wait.client, "wait" => TypedFinished<O>, TypedWait::run);

/// An execution that has ended, with its outputs as a type. It derefs to [`Finished`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TypedFinished<O> {
    /// The outputs of the flow.
    pub outputs: O,
    finished: Finished,
}

impl<O: FlowOutputs> TypedFinished<O> {
    fn read(finished: Finished) -> Result<Self, Error> {
        Ok(Self { outputs: finished.typed()?, finished })
    }
}

impl<O> Deref for TypedFinished<O> {
    type Target = Finished;

    fn deref(&self) -> &Finished {
        &self.finished
    }
}

/// Shows a builder as the one that it is made of.
macro_rules! shown_as {
    ($($name:ident: $field:ident;)*) => {$(
        impl<O> fmt::Debug for $name<O> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.$field.fmt(f)
            }
        }
    )*};
}

shown_as! {
    TypedRun: run;
    TypedStart: start;
    TypedStarted: started;
    TypedWait: wait;
}
