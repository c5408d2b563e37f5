//! What every builder can do, written once.

/// Adds the options, the request and, with an executor, the response to a builder.
///
/// `operation!(CreateFlow, CREATE_FLOW, json Flow)` expects `struct CreateFlow<E> { call: Call, executor: E }`. The kind of
/// response is `json T`, `created T`, `paged T`, `optional T`, `any T`, `text`, `empty`, `download` or `events T`. `@clone CreateFlow`
/// is for a builder whose body is always in memory.
#[doc(hidden)]
#[macro_export]
macro_rules! operation {
    ($name:ident, $info:ident, json $output:ty) => {
        $crate::operation!(@all $name, $info, $output, $crate::internal::decode::json::<$output>);
    };
    ($name:ident, $info:ident, created $output:ty) => {
        $crate::operation!(@all $name, $info, $output, $crate::internal::decode::created::<$output>);
    };
    ($name:ident, $info:ident, paged $output:ty) => {
        impl<E: $crate::Executor> $name<E> {
            /// Returns this page and all after it as a stream, which requests each page when it is needed.
            ///
            /// Requests 100 rows a page unless `size` is set. See [`paging`]($crate::paging) for what a list that is read in
            /// pages can promise.
            pub fn pages(self) -> $crate::paging::Pages<$output> {
                $crate::paging::Pages::new(&self.executor, self.call, $crate::internal::decode::json::<$output>)
            }

            /// Returns the rows of this page and all after it as a stream, which requests each page when it is needed.
            ///
            /// Requests 100 rows a page unless `size` is set. See [`paging`]($crate::paging) for what a list that is read in
            /// pages can promise.
            pub fn items(self) -> $crate::paging::Items<$output> {
                self.pages().items()
            }
        }

        $crate::operation!(@all $name, $info, $output, $crate::internal::decode::json::<$output>);
    };
    ($name:ident, $info:ident, optional $output:ty) => {
        $crate::operation!(@all $name, $info, ::std::option::Option<$output>, $crate::internal::decode::optional::<$output>);
    };
    ($name:ident, $info:ident, any $output:ty) => {
        $crate::operation!(@all $name, $info, $output, $crate::internal::decode::any::<$output>);
    };
    ($name:ident, $info:ident, text) => {
        $crate::operation!(@all $name, $info, ::std::string::String, $crate::internal::decode::text);
    };
    ($name:ident, $info:ident, empty) => {
        $crate::operation!(@all $name, $info, (), $crate::internal::decode::empty);
    };
    ($name:ident, $info:ident, download) => {
        $crate::operation!(@all $name, $info, $crate::Download, $crate::internal::decode::download);
    };
    ($name:ident, $info:ident, events $item:ty) => {
        impl<E: $crate::Executor> $name<E> {
            /// Returns the events of one connection as a stream. Connects when first polled; a closed connection is an error.
            pub fn events(self) -> $crate::sse::EventStream<$item> {
                $crate::sse::EventStream::new(self.send(), &$info)
            }
        }

        $crate::operation!(@all $name, $info, $crate::Body, $crate::internal::decode::stream);

        impl<E> $name<E> {
            /// Returns the call and its executor.
            #[doc(hidden)]
            pub fn into_parts(self) -> ($crate::Call, E) {
                (self.call, self.executor)
            }
        }
    };
    (@all $name:ident, $info:ident, $output:ty, $decode:expr) => {
        impl<E: $crate::Executor> $name<E> {
            /// Sends the call. Returns the whole HTTP response, status and headers included.
            pub fn send(self) -> $crate::ResponseFuture<$output> {
                $crate::ResponseFuture::new(&self.executor, self.call, $decode)
            }

            /// Sends the call by a blocking client, and waits for the output.
            ///
            /// # Errors
            ///
            /// As when it is awaited, and an error of kind `Build` on a thread of a runtime.
            #[cfg(feature = "blocking")]
            pub fn call(self) -> ::std::result::Result<$output, $crate::Error> {
                $crate::internal::blocking::call(self.executor, self.call, $decode)
            }
        }

        impl<E: $crate::Executor> ::std::future::IntoFuture for $name<E> {
            type Output = ::std::result::Result<$output, $crate::Error>;
            type IntoFuture = $crate::OutputFuture<$output>;

            fn into_future(self) -> Self::IntoFuture {
                self.send().into()
            }
        }

        impl<E> $name<E> {
            /// Sets the tenant. Defaults to that of the client.
            pub fn tenant(mut self, tenant: impl ::std::convert::Into<::std::string::String>) -> Self {
                self.call.change_options(|options| options.tenant(tenant));
                self
            }

            /// Sets the timeout of the whole call, retries included.
            pub fn timeout(mut self, limit: ::std::time::Duration) -> Self {
                self.call.change_options(|options| options.timeout(limit));
                self
            }

            /// Sets the timeouts.
            pub fn timeouts(mut self, timeouts: $crate::Timeouts) -> Self {
                self.call.change_options(|options| options.timeouts(timeouts));
                self
            }

            /// Sets the retry policy.
            pub fn retry(mut self, retry: $crate::Retry) -> Self {
                self.call.change_options(|options| options.retry(retry));
                self
            }

            /// Overrides whether the call is idempotent, and so retried after it may have reached the server.
            pub fn idempotent(mut self, idempotent: bool) -> Self {
                self.call.change_options(|options| options.idempotent(idempotent));
                self
            }

            /// Sets a header, in place of an earlier one of the same name.
            pub fn header<N, V>(mut self, name: N, value: V) -> Self
            where
                N: ::std::convert::TryInto<::http::HeaderName>,
                V: ::std::convert::TryInto<::http::HeaderValue>,
            {
                self.call.change_options(|options| options.header(name, value));
                self
            }

            /// Adds a query parameter that the catalogue doesn't know.
            pub fn query_pair(mut self, name: &str, value: &str) -> Self {
                self.call.add_extra_query(name, value);
                self
            }

            /// Sets the server to use, by its place in the client's list, counted from 0.
            pub fn server_index(mut self, index: usize) -> Self {
                self.call.change_options(|options| options.server_index(index));
                self
            }

            /// Sets a variable of the server's URL template.
            pub fn server_variable(
                mut self,
                name: impl ::std::convert::Into<::std::string::String>,
                value: impl ::std::convert::Into<::std::string::String>,
            ) -> Self {
                self.call.change_options(|options| options.server_variable(name, value));
                self
            }

            /// Sets options. What `options` leaves unset stays as it was.
            pub fn options(mut self, options: $crate::CallOptions) -> Self {
                self.call.change_options(|known| options.or(&known));
                self
            }

            /// Skips the client's checks: the request that finds out first whether the server would refuse the call, where a
            /// refusal would make the server hang, and the refusal of calls that a server would silently misread.
            pub fn unchecked(mut self) -> Self {
                self.call.change_options($crate::CallOptions::unchecked);
                self
            }

            /// Sends the call even if the server's version lacks the operation or a parameter.
            pub fn any_version(mut self) -> Self {
                self.call.change_options($crate::CallOptions::any_version);
                self
            }

            /// Returns a copy, or `None` if a part of the body is a reader, which can be read only once.
            #[must_use]
            pub fn try_clone(&self) -> ::std::option::Option<Self>
            where
                E: ::std::clone::Clone,
            {
                ::std::option::Option::Some(Self { call: self.call.try_clone()?, executor: self.executor.clone() })
            }

            /// Sets the executor that sends the call, such as a client.
            pub fn on<X: $crate::Executor>(self, executor: X) -> $name<X> {
                $name { call: self.call, executor }
            }

            /// Returns the request for the newest version, with the path only and no server.
            ///
            /// # Errors
            ///
            /// Returns an error of kind `Build` if a value can't be sent.
            pub fn into_request(self) -> ::std::result::Result<::http::Request<$crate::Body>, $crate::Error> {
                self.call.into_request()
            }

            /// Returns the request for a server, with an absolute URL.
            ///
            /// # Errors
            ///
            /// As `into_request`, and an error of kind `Unsupported` if the version lacks the operation or a parameter.
            pub fn into_request_for(
                self,
                target: &$crate::Target,
            ) -> ::std::result::Result<::http::Request<$crate::Body>, $crate::Error> {
                self.call.into_request_for(target)
            }

            /// Returns the call, for another executor.
            pub fn into_call(self) -> $crate::Call {
                self.call
            }
        }

        impl $name {
            /// The definition of the operation.
            pub const INFO: &'static $crate::OperationInfo = &$info;
        }

        impl<E> ::std::fmt::Debug for $name<E> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&self.call, f)
            }
        }

        #[cfg(test)]
        const _: () = {
            const fn is_shared<T: ::std::marker::Send + ::std::marker::Sync + 'static>() {}
            is_shared::<$name>();
        };
    };
    (@clone $name:ident) => {
        impl<E: ::std::clone::Clone> ::std::clone::Clone for $name<E> {
            fn clone(&self) -> Self {
                Self { call: self.call.copy(), executor: self.executor.clone() }
            }
        }
    };
}

/// Implements `Debug` for a type that shows only some values, as others may be secrets or have no `Debug`.
#[doc(hidden)]
#[macro_export]
macro_rules! debug_fields {
    ($([$($generic:tt)*])? $name:ident $(<$($argument:tt),*>)?, $this:tt => { $($field:ident: $value:expr),* $(,)? }) => {
        impl $(<$($generic)*>)? ::std::fmt::Debug for $name $(<$($argument),*>)? {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let $this = self;
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &$value))*.finish_non_exhaustive()
            }
        }
    };
    ($([$($generic:tt)*])? $name:ident $(<$($argument:tt),*>)?, $this:tt, $f:ident => $shown:expr) => {
        impl $(<$($generic)*>)? ::std::fmt::Debug for $name $(<$($argument),*>)? {
            fn fmt(&self, $f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let $this = self;
                $shown
            }
        }
    };
}

/// Writes the `const` setters of a type of the catalogue: `set` of a field, `some` of an optional one, `mark` of a boolean.
macro_rules! const_setters {
    ($($kind:ident $name:ident $(: $type:ty)?;)*) => {
        $($crate::macros::const_setters!(@$kind $name $(: $type)?);)*
    };
    (@set $name:ident: $type:ty) => {
        #[doc = concat!("Sets `", stringify!($name), "`.")]
        #[must_use]
        pub const fn $name(mut self, value: $type) -> Self {
            self.$name = value;
            self
        }
    };
    (@some $name:ident: $type:ty) => {
        #[doc = concat!("Sets `", stringify!($name), "`.")]
        #[must_use]
        pub const fn $name(mut self, value: $type) -> Self {
            self.$name = Some(value);
            self
        }
    };
    (@mark $name:ident) => {
        #[doc = concat!("Sets `", stringify!($name), "`.")]
        #[must_use]
        pub const fn $name(mut self) -> Self {
            self.$name = true;
            self
        }
    };
}

pub(crate) use const_setters;

/// Writes methods that change what `inner_mut` returns, and return the value itself.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) $inner:ident => $set:expr;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $($argument: $type),*) -> Self {
            let $inner = self.inner_mut();
            $set;
            self
        }
    )*};
}

pub(crate) use setters;
