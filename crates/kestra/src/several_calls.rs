//! What builders of several calls have in common.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use kestra_core::{Error, ErrorKind};
use pin_project_lite::pin_project;
use sync_wrapper::SyncWrapper;
use tracing::Span;
use tracing::field::Empty;

use crate::Client;

/// Sends the calls of a builder when it is awaited, and sets the options of all of them, which are those of its client.
///
/// An error that is about no single operation begins with the name of the method. The last line documents `timeout`.
macro_rules! several_calls {
    ($name:ident: $($client:ident).+, $method:literal => $output:ty, $run:expr, $timeout:literal) => {
        several_calls!($name: $($client).+, $method => $output, $run);

        impl $name {
            #[doc = $timeout]
            pub fn timeout(self, limit: ::std::time::Duration) -> Self {
                self.options(::kestra_core::CallOptions::new().timeout(limit))
            }
        }
    };
    ($([$($generic:tt)*])? $name:ident $(<$argument:ident>)?: $($client:ident).+, $method:literal => $output:ty, $run:expr) => {
        several_calls!(@options $([$($generic)*])? $name $(<$argument>)?: $($client).+);

        impl $(<$($generic)*>)? ::std::future::IntoFuture for $name $(<$argument>)? {
            type Output = ::std::result::Result<$output, ::kestra_core::Error>;
            type IntoFuture = ::std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            // If inlined, it is compiled only in programs that call it.
            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                Box::pin($crate::several_calls::Named::new($method, $run(self)))
            }
        }

        #[cfg(feature = "blocking")]
        impl $(<$($generic)*>)? $name $(<$argument>)? {
            /// Sends the calls by a blocking client, and waits for the output.
            ///
            /// # Errors
            ///
            /// As when it is awaited, and an error of kind `Build` on a thread of a runtime.
            #[inline]
            pub fn call(self) -> ::std::result::Result<$output, ::kestra_core::Error> {
                let client = self.$($client).+.clone();
                let calls = ::std::future::IntoFuture::into_future(self);
                let result = ::kestra_core::internal::blocking::wait(::kestra_core::Executor::runtime(&client), calls);
                result.map_err(|error| error.with_method($method))
            }
        }

        #[cfg(test)]
        const _: () = {
            const fn is_shared<T: Send + Sync + 'static>() {}
            #[allow(dead_code, reason = "a builder with a parameter is shared whatever the parameter is")]
            const fn builder_is_shared $(<$($generic)*>)? () {
                is_shared::<$name $(<$argument>)?>();
            }
        };
    };
    (@options $([$($generic:tt)*])? $name:ident $(<$argument:ident>)?: $($client:ident).+) => {
        impl $(<$($generic)*>)? $name $(<$argument>)? {
            /// Sets the options of all its calls. What `options` leaves unset stays as it was.
            pub fn options(mut self, options: ::kestra_core::CallOptions) -> Self {
                self.$($client).+ = self.$($client).+.with_options(options);
                self
            }

            /// Sets the tenant. Defaults to that of the client.
            pub fn tenant(self, tenant: impl Into<String>) -> Self {
                self.options(::kestra_core::CallOptions::new().tenant(tenant))
            }
        }
    };
}

pin_project! {
    /// Several calls that a method makes, within a span of the method. Errors name it. An `async` block would hold the calls
    /// twice.
    pub(crate) struct Named<F> {
        method: &'static str,
        // Begins with the first poll, so that it is below the span in which the calls are made.
        span: Option<Span>,
        is_running: bool,
        #[pin]
        calls: F,
    }

    impl<F> PinnedDrop for Named<F> {
        fn drop(this: Pin<&mut Self>) {
            if let (true, Some(span)) = (this.is_running, &this.span) {
                span.record("kestra.cancelled", true);
            }
        }
    }
}

impl<F> Named<F> {
    pub(crate) fn new(method: &'static str, calls: F) -> Self {
        Self { method, span: None, is_running: true, calls }
    }
}

fn span(method: &'static str) -> Span {
    tracing::debug_span!(
        target: "kestra::method",
        "method",
        otel.name = method,
        otel.kind = "internal",
        otel.status_code = Empty,
        kestra.namespace = Empty,
        kestra.flow.id = Empty,
        kestra.execution.id = Empty,
        kestra.cancelled = Empty,
        error.type = Empty,
    )
}

/// Records a namespace, and a flow of it, in the span of the method that is running, unless the client leaves ids out.
pub(crate) fn record_flow(client: &Client, namespace: &str, flow: Option<&str>) {
    if client.has_span_ids() {
        let span = Span::current();
        span.record("kestra.namespace", namespace);
        if let Some(flow) = flow {
            span.record("kestra.flow.id", flow);
        }
    }
}

/// Records an execution in the span of the method that is running, unless the client leaves ids out.
pub(crate) fn record_execution(client: &Client, id: &str) {
    if client.has_span_ids() {
        Span::current().record("kestra.execution.id", id);
    }
}

impl<T, F: Future<Output = Result<T, Error>>> Future for Named<F> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let span = this.span.get_or_insert_with(|| span(this.method));
        let result = {
            let _entered = span.enter();
            ready!(this.calls.poll(cx))
        };
        *this.is_running = false;
        Poll::Ready(result.map_err(|error| {
            match (error.kind(), error.status()) {
                (ErrorKind::Status, Some(status)) => span.record("error.type", status.as_str()),
                (kind, _) => span.record("error.type", kind.error_type()),
            };
            span.record("otel.status_code", "ERROR");
            error.with_method(this.method)
        }))
    }
}

/// A callback of a builder. Only the future of the builder calls it, so that the builder can be shared.
pub(crate) struct Callback<T>(Option<SyncWrapper<Boxed<T>>>);

type Boxed<T> = Box<dyn FnMut(&T) + Send>;

impl<T> Callback<T> {
    pub(crate) fn new(callback: impl FnMut(&T) + Send + 'static) -> Self {
        Self(Some(SyncWrapper::new(Box::new(callback))))
    }

    pub(crate) fn call(&mut self, value: &T) {
        if let Some(callback) = &mut self.0 {
            callback.get_mut()(value);
        }
    }

    /// Returns a copy, or `None` if a callback is set.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        self.0.is_none().then(Self::default)
    }
}

impl<T> Default for Callback<T> {
    fn default() -> Self {
        Self(None)
    }
}

kestra_core::debug_fields! { [T] Callback<T>, this, f => f.write_str(if this.0.is_some() { "set" } else { "unset" }) }
