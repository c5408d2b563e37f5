//! How far back a search of executions or logs looks.

/// Gives a builder of a search the setters that replace the server's eight days.
macro_rules! look_back {
    ($name:ident, $filters:literal) => {
        impl<E> $name<E> {
            /// Limits the result to what began at this time or later, in place of the last 8 days.
            ///
            /// Can't be combined with [`look_back`](Self::look_back). On an action by query it doesn't count as a filter that
            /// limits what is acted on.
            pub fn since(mut self, time: ::jiff::Timestamp) -> Self {
                self.call.add_look_back($filters, &::kestra_core::Filter::start_date().at_least(time));
                self
            }

            /// Limits the result to what began within this duration before now, in place of the last 8 days. Takes a duration of the standard library or
            /// an ISO 8601 one, such as `P30D`.
            ///
            /// Can't be combined with [`since`](Self::since), nor with filters on dates. On an action by query it doesn't
            /// count as a filter that limits what is acted on.
            pub fn look_back(mut self, range: impl ::kestra_core::ParameterValue) -> Self {
                self.call.add_look_back($filters, &::kestra_core::Filter::time_range(range));
                self
            }
        }
    };
}

pub(crate) use look_back;
