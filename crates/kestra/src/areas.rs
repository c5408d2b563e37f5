//! The areas of the API: what `client.flows()` and the like give.

use crate::Client;

macro_rules! areas {
    ($($(#[$doc:meta])* $method:ident => $name:ident,)*) => {
        impl Client {$(
            $(#[$doc])*
            #[must_use]
            pub fn $method(&self) -> $name {
                $name { client: self.clone() }
            }
        )*}

        $(
            $(#[$doc])*
            #[derive(Clone, Debug)]
            pub struct $name {
                client: Client,
            }

            impl $name {
                pub(crate) fn client(&self) -> &Client {
                    &self.client
                }
            }
        )*
    };
}

areas! {
    /// What a language model writes on the server: flows, dashboards, and on Enterprise apps and tests.
    ai => Ai,
    /// Tags of blueprints.
    blueprint_tags => BlueprintTags,
    /// Blueprints: flows and dashboards to start from.
    blueprints => Blueprints,
    /// What a cluster is made of and how it fares, and on Enterprise its maintenance mode.
    cluster => Cluster,
    /// Dashboards: create, read, change and search them, and get the data of their charts.
    dashboards => Dashboards,
    /// Executions: start, read, follow, change and search them, and get what they put out.
    executions => Executions,
    /// Files of namespaces: read, write, move, delete, search and export them.
    files => Files,
    /// Flows: create, read, change, validate, search, import and export them.
    flows => Flows,
    /// Key-value pairs of namespaces: read, write, list and delete them.
    kv => Kv,
    /// Logs: read, search, follow, download and delete them.
    logs => Logs,
    /// MCP servers: flows offered as tools to language models, on servers from 2.0 on.
    mcp => Mcp,
    /// Metrics that tasks reported: of an execution, or summed up over time.
    metrics => Metrics,
    /// What the server says of itself, and its first credentials.
    misc => Misc,
    /// Namespaces: read and search them and what depends on their flows.
    namespaces => Namespaces,
    /// Outputs: what tasks and executions put out, on servers from 2.0 on.
    outputs => Outputs,
    /// Plugins: which there are, what their tasks take, and their icons.
    plugins => Plugins,
    /// Secrets: the names of those that a tenant has. Enterprise stores and deletes them by
    /// [`namespaces`](Client::namespaces); open-source servers read them from their environment.
    secrets => Secrets,
    /// Templates of tasks, on servers before 2.0 that have them switched on.
    templates => Templates,
    /// Triggers: search, pause, unlock, restart, backfill and delete them.
    triggers => Triggers,
}

impl Client {
    /// Files of namespaces: the same as [`files`](Self::files), under the name that the server's documents have for them.
    #[must_use]
    pub fn namespace_files(&self) -> Files {
        self.files()
    }
}

#[cfg(feature = "enterprise")]
areas! {
    /// Apps: forms and pages on top of flows.
    apps => Apps,
    /// Assets: what flows read and make, and how they depend on each other.
    assets => Assets,
    /// Audit logs: who changed what.
    audit_logs => AuditLogs,
    /// Who is asking, signing in and out, and tokens of the own account.
    auths => Auths,
    /// Banners: announcements in the user interface.
    banners => Banners,
    /// Bindings: who has which role where.
    bindings => Bindings,
    /// Templates of cases, on servers from 2.0 on.
    case_templates => CaseTemplates,
    /// Cases: what went wrong, who looks after it and what is to be done, on servers from 2.0 on.
    cases => Cases,
    /// Credentials that flows use to reach other systems.
    credentials => Credentials,
    /// Expressions: render them against a context.
    expressions => Expressions,
    /// Groups of users.
    groups => Groups,
    /// Invitations to a tenant.
    invitations => Invitations,
    /// Kill switches: what may not run for now.
    kill_switches => KillSwitches,
    /// Notifications of the user interface.
    notifications => Notifications,
    /// Policies that flows have to keep to: of the instance, a tenant or a namespace.
    policies => Policies,
    /// Other servers and tenants that flows are promoted to, from servers of 2.0 on.
    promotion_targets => PromotionTargets,
    /// Limits on how much a tenant may run.
    quotas => Quotas,
    /// Inputs that flows of a namespace share.
    reusable_inputs => ReusableInputs,
    /// Roles: what those who have them may do.
    roles => Roles,
    /// What the server says of its SCIM service.
    scim_configuration => ScimConfiguration,
    /// Groups, as an identity provider provisions them by SCIM.
    scim_groups => ScimGroups,
    /// Users, as an identity provider provisions them by SCIM.
    scim_users => ScimUsers,
    /// Connections to identity providers that provision users and groups.
    security_integrations => SecurityIntegrations,
    /// Service accounts and their tokens.
    service_accounts => ServiceAccounts,
    /// The processes that a cluster is made of.
    services => Services,
    /// Which users may enter a tenant.
    tenant_access => TenantAccess,
    /// Tenants: create, read, change and delete them.
    tenants => Tenants,
    /// Unit tests of flows: keep them, run them and read their results.
    test_suites => TestSuites,
    /// Users: create, read, change and delete them.
    users => Users,
    /// Credentials that workers join with.
    worker_auth => WorkerAuth,
    /// Worker groups and their tokens.
    worker_groups => WorkerGroups,
    /// Queues that workers subscribe to.
    worker_queues => WorkerQueues,
}
