//! What the reports of syncs have in common.

/// Gives a report the methods that look through its entries, each with an action and perhaps an error.
macro_rules! sync_report {
    ($report:ident, $entries:ident: $entry:ident, $action:ident) => {
        impl $report {
            #[doc = concat!("The ", stringify!($entries), " that were changed, or would be, or are in error.")]
            pub fn changes(&self) -> impl Iterator<Item = &$entry> {
                self.$entries
                    .iter()
                    .filter(|entry| entry.action != $action::Unchanged || entry.error.is_some())
            }

            #[doc = concat!("The ", stringify!($entries), " that are in error.")]
            pub fn failed(&self) -> impl Iterator<Item = &$entry> {
                self.$entries.iter().filter(|entry| entry.error.is_some())
            }

            #[doc = concat!("How many ", stringify!($entries), " this was done with, or would be.")]
            #[must_use]
            pub fn count(&self, action: $action) -> usize {
                self.$entries.iter().filter(|entry| entry.error.is_none() && entry.action == action).count()
            }

            /// The report as JSON, for people and pipelines.
            #[must_use]
            pub fn to_json(&self) -> String {
                serde_json::to_string_pretty(self).unwrap_or_default()
            }
        }
    };
}
