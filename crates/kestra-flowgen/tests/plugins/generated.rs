// Written by `kestra-flowgen plugins`; changes are lost.

/// Plugins of `com`.
#[allow(
    dead_code,
    deprecated,
    unreachable_pub,
    clippy::doc_markdown,
    clippy::module_inception,
    clippy::new_without_default,
    clippy::should_implement_trait,
    clippy::too_many_arguments,
    clippy::upper_case_acronyms,
    clippy::wrong_self_convention
)]
pub mod com {
    /// Plugins of `com.company`.
    pub mod company {
        /// Plugins of `com.company.match_`.
        pub mod match_ {
            /// The task `com.company.match.HTTPCall`.
            #[derive(Clone, Debug)]
            #[must_use]
            pub struct HTTPCall(::kestra_flow::Task);

            impl HTTPCall {
                /// The name of the type.
                pub const TYPE: &'static str = "com.company.match.HTTPCall";

                /// Creates the task.
                pub fn new(
                    id: impl Into<String>,
                    body: impl Into<::kestra_flow::Node>,
                    self_: impl Into<::kestra_flow::Node>,
                    uri: impl Into<::kestra_flow::Node>,
                ) -> Self {
                    let plugin = ::kestra_flow::Task::new(id, Self::TYPE);
                    let plugin = plugin.set("body", body);
                    let plugin = plugin.set("self", self_);
                    let plugin = plugin.set("uri", uri);
                    Self(plugin)
                }

                /// Sets `aPropertyWhoseNameIsLongerThanWhatFitsIntoOneLine`.
                pub fn a_property_whose_name_is_longer_than_what_fits_into_one_line(
                    self,
                    value: impl Into<::kestra_flow::Node>,
                ) -> Self {
                    Self(
                        self.0
                            .set("aPropertyWhoseNameIsLongerThanWhatFitsIntoOneLine", value),
                    )
                }

                /// Sets `body`.
                pub fn body(self, value: impl Into<::kestra_flow::Node>) -> Self {
                    Self(self.0.set("body", value))
                }

                /// Sets `retryCount`.
                #[deprecated]
                pub fn retry_count(self, value: impl Into<::kestra_flow::Node>) -> Self {
                    Self(self.0.set("retryCount", value))
                }

                /// Sets `retry_count`.
                pub fn retry_count_(self, value: impl Into<::kestra_flow::Node>) -> Self {
                    Self(self.0.set("retry_count", value))
                }

                /// Sets `self`.
                pub fn self_(self, value: impl Into<::kestra_flow::Node>) -> Self {
                    Self(self.0.set("self", value))
                }

                /// Sets `set`.
                pub fn set_(self, value: impl Into<::kestra_flow::Node>) -> Self {
                    Self(self.0.set("set", value))
                }

                /// Sets `toText`.
                pub fn to_text(self, value: impl Into<::kestra_flow::Node>) -> Self {
                    Self(self.0.set("toText", value))
                }

                /// Sets `uri`.
                ///
                /// Where the call goes
                pub fn uri(self, value: impl Into<::kestra_flow::Node>) -> Self {
                    Self(self.0.set("uri", value))
                }
            }

            impl ::kestra_flow::Plugin for HTTPCall {
                fn set(self, name: &str, value: impl Into<::kestra_flow::Node>) -> Self {
                    Self(self.0.set(name, value))
                }

                fn into_map(self) -> ::kestra_flow::Map {
                    self.0.into()
                }
            }

            impl From<HTTPCall> for ::kestra_flow::Task {
                fn from(plugin: HTTPCall) -> Self {
                    plugin.0
                }
            }
        }
    }
}

/// Plugins of `core`.
#[allow(
    dead_code,
    deprecated,
    unreachable_pub,
    clippy::doc_markdown,
    clippy::module_inception,
    clippy::new_without_default,
    clippy::should_implement_trait,
    clippy::too_many_arguments,
    clippy::upper_case_acronyms,
    clippy::wrong_self_convention
)]
pub mod core {
    /// Plugins of `core.condition`.
    pub mod condition {
        /// The plugin `io.kestra.plugin.core.condition.Into`.
        #[derive(Clone)]
        #[must_use]
        pub struct Into_(::kestra_flow::Map);

        impl Into_ {
            /// The name of the type.
            pub const TYPE: &'static str = "io.kestra.plugin.core.condition.Into";

            /// Creates the plugin.
            pub fn new(not: impl Into<::kestra_flow::Node>) -> Self {
                let plugin = ::kestra_flow::Map::new();
                let plugin = plugin.with("type", Self::TYPE);
                let plugin = plugin.with("not", not);
                Self(plugin)
            }

            /// Sets a property by its name; `None` removes it.
            pub fn set(self, name: &str, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.with(name, value))
            }

            /// Sets `not`.
            pub fn not(self, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.with("not", value))
            }
        }

        impl ::std::fmt::Debug for Into_ {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str("Into_")
            }
        }

        impl From<Into_> for ::kestra_flow::Node {
            fn from(plugin: Into_) -> Self {
                Self::Map(plugin.0)
            }
        }

        /// The plugin `io.kestra.plugin.core.condition.Weekend`.
        #[derive(Clone)]
        #[must_use]
        pub struct Weekend(::kestra_flow::Map);

        impl Weekend {
            /// The name of the type.
            pub const TYPE: &'static str = "io.kestra.plugin.core.condition.Weekend";

            /// Creates the plugin.
            pub fn new() -> Self {
                let plugin = ::kestra_flow::Map::new();
                let plugin = plugin.with("type", Self::TYPE);
                Self(plugin)
            }

            /// Sets a property by its name; `None` removes it.
            pub fn set(self, name: &str, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.with(name, value))
            }

            /// Sets `date`.
            ///
            /// The date that is tested
            pub fn date(self, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.with("date", value))
            }
        }

        impl ::std::fmt::Debug for Weekend {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str("Weekend")
            }
        }

        impl From<Weekend> for ::kestra_flow::Node {
            fn from(plugin: Weekend) -> Self {
                Self::Map(plugin.0)
            }
        }
    }

    /// Plugins of `core.flow`.
    pub mod flow {
        /// The task `io.kestra.plugin.core.flow.If`.
        #[derive(Clone, Debug)]
        #[must_use]
        #[deprecated]
        pub struct If(::kestra_flow::Task);

        impl If {
            /// The name of the type.
            pub const TYPE: &'static str = "io.kestra.plugin.core.flow.If";

            /// Creates the task.
            pub fn new(
                id: impl Into<String>,
                condition: impl Into<::kestra_flow::Node>,
                then: impl Into<::kestra_flow::Node>,
            ) -> Self {
                let plugin = ::kestra_flow::Task::new(id, Self::TYPE);
                let plugin = plugin.set("condition", condition);
                let plugin = plugin.set("then", then);
                Self(plugin)
            }

            /// Sets `condition`.
            pub fn condition(self, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.set("condition", value))
            }

            /// Sets `else`.
            pub fn else_(self, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.set("else", value))
            }

            /// Sets `then`.
            pub fn then(self, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.set("then", value))
            }
        }

        impl ::kestra_flow::Plugin for If {
            fn set(self, name: &str, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.set(name, value))
            }

            fn into_map(self) -> ::kestra_flow::Map {
                self.0.into()
            }
        }

        impl From<If> for ::kestra_flow::Task {
            fn from(plugin: If) -> Self {
                plugin.0
            }
        }
    }

    /// Plugins of `core.log`.
    pub mod log {
        /// The task `io.kestra.plugin.core.log.Log`.
        ///
        /// Writes to the log
        ///
        /// With levels, and:
        ///
        /// - more than one `message`
        /// - a \<b\> of camelCase
        ///
        /// It ends here.
        #[derive(Clone, Debug)]
        #[must_use]
        pub struct Log(::kestra_flow::Task);

        impl Log {
            /// The name of the type.
            pub const TYPE: &'static str = "io.kestra.plugin.core.log.Log";

            /// Creates the task.
            pub fn new(id: impl Into<String>, message: impl Into<::kestra_flow::Node>) -> Self {
                let plugin = ::kestra_flow::Task::new(id, Self::TYPE);
                let plugin = plugin.set("message", message);
                Self(plugin)
            }

            /// Sets `level`.
            ///
            /// The level
            ///
            /// Default value is : `INFO`
            pub fn level(self, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.set("level", value))
            }

            /// Sets `message`.
            ///
            /// What is written
            pub fn message(self, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.set("message", value))
            }
        }

        impl ::kestra_flow::Plugin for Log {
            fn set(self, name: &str, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.set(name, value))
            }

            fn into_map(self) -> ::kestra_flow::Map {
                self.0.into()
            }
        }

        impl From<Log> for ::kestra_flow::Task {
            fn from(plugin: Log) -> Self {
                plugin.0
            }
        }
    }

    /// Plugins of `core.trigger`.
    pub mod trigger {
        /// The trigger `io.kestra.plugin.core.trigger.Schedule`.
        #[derive(Clone, Debug)]
        #[must_use]
        pub struct Schedule(::kestra_flow::Trigger);

        impl Schedule {
            /// The name of the type.
            pub const TYPE: &'static str = "io.kestra.plugin.core.trigger.Schedule";

            /// Creates the trigger.
            pub fn new(id: impl Into<String>, cron: impl Into<::kestra_flow::Node>) -> Self {
                let plugin = ::kestra_flow::Trigger::new(id, Self::TYPE);
                let plugin = plugin.set("cron", cron);
                Self(plugin)
            }

            /// Sets `conditions`.
            pub fn conditions(self, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.set("conditions", value))
            }

            /// Sets `cron`.
            pub fn cron(self, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.set("cron", value))
            }
        }

        impl ::kestra_flow::Plugin for Schedule {
            fn set(self, name: &str, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.set(name, value))
            }

            fn into_map(self) -> ::kestra_flow::Map {
                self.0.into()
            }
        }

        impl From<Schedule> for ::kestra_flow::Trigger {
            fn from(plugin: Schedule) -> Self {
                plugin.0
            }
        }

        /// The trigger `io.kestra.plugin.core.trigger.Trigger`.
        #[derive(Clone, Debug)]
        #[must_use]
        pub struct Trigger(::kestra_flow::Trigger);

        impl Trigger {
            /// The name of the type.
            pub const TYPE: &'static str = "io.kestra.plugin.core.trigger.Trigger";

            /// Creates the trigger.
            pub fn new(id: impl Into<String>) -> Self {
                Self(::kestra_flow::Trigger::new(id, Self::TYPE))
            }
        }

        impl ::kestra_flow::Plugin for Trigger {
            fn set(self, name: &str, value: impl Into<::kestra_flow::Node>) -> Self {
                Self(self.0.set(name, value))
            }

            fn into_map(self) -> ::kestra_flow::Map {
                self.0.into()
            }
        }

        impl From<Trigger> for ::kestra_flow::Trigger {
            fn from(plugin: Trigger) -> Self {
                plugin.0
            }
        }
    }
}
