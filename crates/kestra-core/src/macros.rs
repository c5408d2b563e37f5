//! What every builder can do, written once.

/// Gives a builder its options, its request and, with an executor, its answer.
///
/// `operation!(CreateFlow, CREATE_FLOW, json Flow)` expects `struct CreateFlow<E> { call: Call, executor: E }`. The kind of
/// answer is `json T`, `paged T`, `optional T`, `text`, `empty`, `download` or `events T`.
#[macro_export]
macro_rules! operation {
    ($name:ident, $info:ident, json $output:ty) => {
        $crate::operation!(@all $name, $info, $output, $crate::decode::json::<$output>);
    };
    ($name:ident, $info:ident, paged $output:ty) => {
        $crate::operation!(@all $name, $info, $output, $crate::decode::json::<$output>);

        impl<E: $crate::Executor> $name<E> {
            /// All pages from this one on, as a stream that asks for each when it is needed.
            ///
            /// A page has 100 rows unless `size` says otherwise. See [`paging`]($crate::paging) for what a list that is read in
            /// pieces can promise.
            pub fn pages(self) -> $crate::paging::Pages<$output> {
                $crate::paging::Pages::new(&self.executor, self.call, $crate::decode::json::<$output>)
            }

            /// The rows of all pages from this one on, as a stream that asks for each page when it is needed.
            ///
            /// A page has 100 rows unless `size` says otherwise. See [`paging`]($crate::paging) for what a list that is read in
            /// pieces can promise.
            pub fn items(self) -> $crate::paging::Items<$output> {
                self.pages().items()
            }
        }
    };
    ($name:ident, $info:ident, optional $output:ty) => {
        $crate::operation!(@all $name, $info, ::std::option::Option<$output>, $crate::decode::optional::<$output>);
    };
    ($name:ident, $info:ident, text) => {
        $crate::operation!(@all $name, $info, ::std::string::String, $crate::decode::text);
    };
    ($name:ident, $info:ident, empty) => {
        $crate::operation!(@all $name, $info, (), $crate::decode::empty);
    };
    ($name:ident, $info:ident, download) => {
        $crate::operation!(@all $name, $info, $crate::Download, $crate::decode::download);
    };
    ($name:ident, $info:ident, events $item:ty) => {
        $crate::operation!(@all $name, $info, $crate::Body, $crate::decode::stream);

        impl<E: $crate::Executor> $name<E> {
            /// The events of one connection, which is opened when the stream is first polled; a cut is an error.
            pub fn events(self) -> $crate::sse::EventStream<$item> {
                $crate::sse::EventStream::new(self.send(), &$info)
            }
        }

        impl<E> $name<E> {
            /// The call, and who sends it.
            #[doc(hidden)]
            pub fn into_parts(self) -> ($crate::Call, E) {
                (self.call, self.executor)
            }
        }
    };
    (@all $name:ident, $info:ident, $output:ty, $decode:expr) => {
        impl $name {
            /// What the catalogue says of the operation.
            pub const INFO: &'static $crate::OperationInfo = &$info;
        }

        impl<E> $name<E> {
            /// Has the call sent by `executor`, such as a client.
            pub fn on<X: $crate::Executor>(self, executor: X) -> $name<X> {
                $name { call: self.call, executor }
            }

            /// Sets options; what was set before stays where these set nothing.
            pub fn options(mut self, options: $crate::CallOptions) -> Self {
                self.call.change_options(|known| options.or(&known));
                self
            }

            /// Sets the tenant; the client's where nothing is set.
            pub fn tenant(mut self, tenant: impl ::std::convert::Into<::std::string::String>) -> Self {
                self.call.change_options(|options| options.tenant(tenant));
                self
            }

            /// Sets a header, in place of any of that name.
            pub fn header<N, V>(mut self, name: N, value: V) -> Self
            where
                N: ::std::convert::TryInto<::http::HeaderName>,
                V: ::std::convert::TryInto<::http::HeaderValue>,
            {
                self.call.change_options(|options| options.header(name, value));
                self
            }

            /// Sets the limit for the whole call.
            pub fn timeout(mut self, limit: ::std::time::Duration) -> Self {
                self.call.change_options(|options| options.timeout(limit));
                self
            }

            /// Sets limits in time.
            pub fn timeouts(mut self, timeouts: $crate::Timeouts) -> Self {
                self.call.change_options(|options| options.timeouts(timeouts));
                self
            }

            /// Sets how the call is tried again.
            pub fn retry(mut self, retry: $crate::Retry) -> Self {
                self.call.change_options(|options| options.retry(retry));
                self
            }

            /// Says whether repeating the call can't start anything twice.
            pub fn idempotent(mut self, idempotent: bool) -> Self {
                self.call.change_options(|options| options.idempotent(idempotent));
                self
            }

            /// Selects a server of the list, from 0.
            pub fn server_index(mut self, index: usize) -> Self {
                self.call.change_options(|options| options.server_index(index));
                self
            }

            /// Sets a variable of the server's template.
            pub fn server_variable(
                mut self,
                name: impl ::std::convert::Into<::std::string::String>,
                value: impl ::std::convert::Into<::std::string::String>,
            ) -> Self {
                self.call.change_options(|options| options.server_variable(name, value));
                self
            }

            /// Skips our checks: the request that asks first whether the server would carry this out, where its error would
            /// hang the server, and the refusal of what a server would silently take for something else.
            pub fn unchecked(mut self) -> Self {
                self.call.change_options($crate::CallOptions::unchecked);
                self
            }

            /// Sends what the server's version doesn't know as well.
            pub fn any_version(mut self) -> Self {
                self.call.change_options($crate::CallOptions::any_version);
                self
            }

            /// Adds a query parameter that the catalogue doesn't know.
            pub fn query_pair(mut self, name: &str, value: &str) -> Self {
                self.call.add_extra_query(name, value);
                self
            }

            /// The call, for an executor of one's own.
            pub fn into_call(self) -> $crate::Call {
                self.call
            }

            /// The request for the newest version, in origin form: the path without a server.
            ///
            /// # Errors
            ///
            /// The first thing that was set to what no request can have.
            pub fn into_request(self) -> ::std::result::Result<::http::Request<$crate::Body>, $crate::Error> {
                self.call.into_request()
            }

            /// The request for a given server, absolute.
            ///
            /// # Errors
            ///
            /// As `into_request`; and a version that lacks the operation or a parameter.
            pub fn into_request_for(
                self,
                target: &$crate::Target,
            ) -> ::std::result::Result<::http::Request<$crate::Body>, $crate::Error> {
                self.call.into_request_for(target)
            }
        }

        impl<E: $crate::Executor> $name<E> {
            /// Sends the call and gives the whole HTTP response.
            pub fn send(self) -> $crate::ResponseFuture<$output> {
                $crate::ResponseFuture::new(&self.executor, self.call, $decode)
            }
        }

        impl<E: $crate::Executor> ::std::future::IntoFuture for $name<E> {
            type Output = ::std::result::Result<$output, $crate::Error>;
            type IntoFuture = $crate::OutputFuture<$output>;

            fn into_future(self) -> Self::IntoFuture {
                self.send().into()
            }
        }

        impl<E> ::std::fmt::Debug for $name<E> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&self.call, f)
            }
        }
    };
}
