//! Guides by task. The same pages are in the folder `docs` of the repository.
//!
//! | page | what it covers |
//! |---|---|
//! | [`running`] | run, wait, follow, page, files, bulk actions, triggers, calls from threads without a runtime |
//! | [`sync`] | folders of flows and files, keys, backups, moving to another server |
//! | [`flows`] | flows built, read, changed and deployed from Rust |
//! | [`tasks`] | Rust programs that Kestra runs as tasks; what a task may print |
//! | [`pauses`] | wait for a pause and resume, once; what the task `Pause` does that is not expected |
//! | [`retries`] | what is retried, the table of timeouts, settings |
//! | [`clusters`] | several servers of one Kestra: what moves when one fails, which are left out, upgrades |
//! | [`login`] | credentials from code, variables, files and profiles; a read-only client |
//! | [`errors`] | the kinds of errors, and what to do about the known traps |
//! | [`safety`] | what the client refuses because a server would silently do harm, and how to override it |
//! | [`layers`] | the order of the layers, layers of others, your own stack, transport or network, requests for other HTTP clients |
//! | [`threats`] | what the client defends against and what not, each with its test |
//! | [`telemetry`] | spans, metrics in OpenTelemetry, an observer |
//! | [`production`] | what to set, what to watch, what failures look like, simulated outages |
//! | [`porting`] | from Kestra's Go and Python clients |
//! | [`loads`] | measurements under failures |
//! | [`performance`] | what a call costs, how that grows, and how to measure it |
//! | [`build_cost`] | what this client adds to a build and to a program |

/// Includes a page of the documentation.
///
/// Pages link to each other by file, for readers of the repository. The first definition of a link counts, so those here lead to the
/// modules, and rustdoc checks them.
macro_rules! page {
    ($name:ident, $file:literal, $(#[$more:meta])*) => {
        /// [build-cost.md]: crate::guide::build_cost
        /// [clusters.md]: crate::guide::clusters
        /// [errors.md]: crate::guide::errors
        /// [errors.md#what-is-transient]: crate::guide::errors#what-is-transient
        /// [flows.md]: crate::guide::flows
        /// [kestrapy.md]: crate::operations
        /// [layers.md]: crate::guide::layers
        /// [loads.md]: crate::guide::loads
        /// [login.md]: crate::guide::login
        /// [operations.md]: crate::operations
        /// [pauses.md]: crate::guide::pauses
        /// [performance.md]: crate::guide::performance
        /// [porting.md]: crate::guide::porting
        /// [production.md]: crate::guide::production
        /// [retries.md]: crate::guide::retries
        /// [running.md]: crate::guide::running
        /// [running.md#act-on-many]: crate::guide::running#act-on-many
        /// [running.md#many-at-once]: crate::guide::running#many-at-once
        /// [running.md#start-once]: crate::guide::running#start-once
        /// [safety.md]: crate::guide::safety
        /// [safety.md#actions-by-query]: crate::guide::safety#actions-by-query
        /// [safety.md#inputs]: crate::guide::safety#inputs
        /// [safety.md#names-of-files]: crate::guide::safety#names-of-files
        /// [safety.md#streams-that-look-ended]: crate::guide::safety#streams-that-look-ended
        /// [safety.md#updates-that-hang-the-server]: crate::guide::safety#updates-that-hang-the-server
        /// [sync.md]: crate::guide::sync
        /// [tasks.md]: crate::guide::tasks
        /// [telemetry.md]: crate::guide::telemetry
        /// [threats.md]: crate::guide::threats
        #[doc = include_str!($file)]
        ///
        $(#[$more])*
        pub mod $name {}
    };
}

page!(running, "../docs/running.md",
    /// Reference: [`Run`](crate::Run), [`Start`](crate::Start), [`Wait`](crate::Wait), [`Finished`](crate::Finished),
    /// [`sse`](crate::sse), [`paging`](crate::paging), [`Download`](crate::Download), [`FilePart`](crate::FilePart),
    /// [`BulkByIds`](crate::BulkByIds), [`TriggerBackfill`](crate::TriggerBackfill).
);
page!(sync, "../docs/sync.md",
    /// Reference: [`FlowSync`](crate::FlowSync), [`FileSync`](crate::FileSync), [`SyncReport`](crate::SyncReport).
);
page!(flows, "../docs/flows.md",
    /// Reference: [`flow`](crate::flow), [`Flows::deploy`](crate::Flows::deploy), [`Flows::deploy_all`](crate::Flows::deploy_all).
);
page!(tasks, "../docs/tasks.md",);
page!(pauses, "../docs/pauses.md",
    /// Reference: [`Run`](crate::Run), [`Wait`](crate::Wait).
);
page!(retries, "../docs/retries.md",
    /// Reference: [`Retry`](crate::Retry), [`RetryLayer`](crate::layers::RetryLayer), [`Timeouts`](crate::Timeouts),
    /// [`CallOptions`](crate::CallOptions).
);
page!(clusters, "../docs/clusters.md",
    /// Reference: [`Servers`](crate::Servers), [`ServerCluster`](crate::ServerCluster), [`CallOptions`](crate::CallOptions).
);
page!(login, "../docs/login.md",
    /// Reference: [`Auth`](crate::Auth), [`Client::from_env`](crate::Client::from_env).
);
page!(errors, "../docs/errors.md",
    /// Reference: [`Error`](crate::Error), [`ErrorKind`](crate::ErrorKind), [`RequestSent`](crate::RequestSent).
);
page!(safety, "../docs/safety.md",
    /// Reference: [`CallOptions`](crate::CallOptions), [`filter`](crate::filter).
);
page!(layers, "../docs/layers.md",
    /// Reference: [`ClientBuilder`](crate::ClientBuilder), [`CallContext`](crate::layers::CallContext),
    /// [`Transport`](crate::Transport), [`Target`](crate::Target).
);
page!(telemetry, "../docs/telemetry.md",
    /// Reference: [`Observer`](crate::Observer), [`ClientEvent`](crate::ClientEvent), [`TraceLayer`](crate::layers::TraceLayer).
);
page!(production, "../docs/production.md",);
page!(threats, "../docs/threats.md",);
page!(porting, "../docs/porting.md",);
page!(loads, "../docs/loads.md",);
page!(performance, "../docs/performance.md",);
page!(build_cost, "../docs/build-cost.md",);
