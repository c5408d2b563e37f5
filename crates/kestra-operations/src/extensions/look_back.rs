//! How far back a search of executions or logs looks.

/// Gives a builder of a search the setters that replace the server's eight days.
macro_rules! look_back {
    ($name:ident, $filters:literal) => {
        impl<E> $name<E> {
            /// Finds what began at this time or later, in place of the last 8 days.
            ///
            /// It can't be together with [`look_back`](Self::look_back). On an action by query it doesn't count as a filter that
            /// narrows what is acted on.
            pub fn since(mut self, time: ::jiff::Timestamp) -> Self {
                self.call.add_look_back($filters, &::kestra_core::Filter::start_date().at_least(time));
                self
            }

            /// Finds what began within this time before now, in place of the last 8 days: a duration of the standard library or
            /// an ISO 8601 one, such as `P30D`.
            ///
            /// It can't be together with [`since`](Self::since), nor with filters of dates. On an action by query it doesn't
            /// count as a filter that narrows what is acted on.
            pub fn look_back(mut self, range: impl ::kestra_core::ParameterValue) -> Self {
                self.call.add_look_back($filters, &::kestra_core::Filter::time_range(range));
                self
            }
        }
    };
}

pub(crate) use look_back;
