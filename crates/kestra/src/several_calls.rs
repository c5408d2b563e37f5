//! What builders of several calls have in common: options for all of their calls, and that they are awaited.

/// Gives a builder that keeps options at this place the setters of them, and with a line of documentation a limit in time.
macro_rules! options_of_calls {
    ($name:ident, $place:ident, $limit:literal) => {
        options_of_calls!($name, $place);

        impl $name {
            #[doc = $limit]
            pub fn timeout(mut self, limit: ::std::time::Duration) -> Self {
                self.$place = self.$place.timeout(limit);
                self
            }
        }
    };
    ($name:ident, $($place:ident).+) => {
        impl $name {
            /// Sets options of all its calls; what isn't set stays as it was.
            pub fn options(mut self, options: ::kestra_core::CallOptions) -> Self {
                self.$($place).+ = options.or(&self.$($place).+);
                self
            }

            /// Sets the tenant; the client's where nothing is set.
            pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
                self.$($place).+ = self.$($place).+.tenant(tenant);
                self
            }
        }
    };
}

/// Has a builder run when it is awaited.
macro_rules! awaited {
    ($name:ident => $output:ty, $run:expr) => {
        impl ::std::future::IntoFuture for $name {
            type Output = ::std::result::Result<$output, ::kestra_core::Error>;
            type IntoFuture = ::std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            // Inlined, it is compiled where it is called: a program that doesn't pays nothing for it.
            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                Box::pin($run(self))
            }
        }
    };
}
