//! What only Enterprise serves: the fields from the list that the open-source core keeps for all editions, the versions from
//! the routes that read filters at all.
//!
//! Not here, because nothing public tells all of their fields: policies, cases, service accounts, members of groups, templates
//! of cases, targets of promotions and who has access to a tenant. The catalogue has what is known of them (`filters.yaml`), for
//! the documentation of their builders.

use super::{
    ALWAYS_CHOICE, ALWAYS_DATE, ALWAYS_EXACT, ALWAYS_ID, ALWAYS_PATTERN_ID, ALWAYS_SAME, ALWAYS_TEXT, PAIRS,
    V2_0,
};
use crate::filter::operation::Operation::{Contains, EndsWith, Equals, In, NotIn, Prefix, StartsWith};
use crate::filter::operation::Operations;
use crate::filter::rules::{Allowed, Resource, Rule};

const TAGS: &[Allowed] =
    &[Allowed::always(Operations::of(&[In, NotIn, Prefix, Contains, StartsWith, EndsWith]))];
const INSTEAD_OF_TAGS: &str = "before 2.0 use the parameter `tags`";

pub(super) static ASSETS: Resource = Resource {
    name: "assets",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("id", ALWAYS_PATTERN_ID),
        Rule::new("type", ALWAYS_PATTERN_ID),
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("metadata", &[Allowed::always(PAIRS)]),
        Rule::new("updated", ALWAYS_DATE),
    ]),
};

pub(super) static ASSET_USAGES: Resource = Resource {
    name: "usages of assets",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("assetId", ALWAYS_PATTERN_ID),
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("flowId", ALWAYS_TEXT),
        Rule::new("flowRevision", ALWAYS_CHOICE),
        Rule::new("executionId", ALWAYS_ID),
        Rule::new("taskId", ALWAYS_ID),
        Rule::new("taskRunId", ALWAYS_ID),
        Rule::new("created", ALWAYS_DATE),
    ]),
};

pub(super) static ASSET_LINEAGE: Resource = Resource {
    name: "lineage events of assets",
    fields: Some(&[
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("flowId", ALWAYS_TEXT),
        Rule::new("flowRevision", ALWAYS_CHOICE),
        Rule::new("executionId", ALWAYS_ID),
        Rule::new("taskId", ALWAYS_ID),
        Rule::new("taskRunId", ALWAYS_ID),
        Rule::new("created", ALWAYS_DATE),
    ]),
};

pub(super) static CREDENTIALS: Resource = Resource {
    name: "credentials",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("id", ALWAYS_PATTERN_ID),
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("type", ALWAYS_PATTERN_ID),
    ]),
};

pub(super) static USERS: Resource = Resource {
    name: "users",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new(
            "username",
            &[
                Allowed::always(Operations::of(&[Equals])),
                Allowed::since(V2_0, Operations::of(&[In, NotIn, Contains])),
            ],
        ),
        Rule::new("groupList", &[Allowed::since(V2_0, Operations::of(&[Equals, In]))]),
        Rule::new("name", &[Allowed::since(V2_0, Operations::of(&[Equals]))]),
        Rule::new("type", &[Allowed::since(V2_0, super::PATTERN_ID)]),
        Rule::new("instance_owner", &[Allowed::since(V2_0, Operations::of(&[Equals]))]),
    ]),
};

/// Roles and groups.
pub(super) static NAMED: Resource = Resource {
    name: "roles and groups",
    fields: Some(&[Rule::new("q", ALWAYS_SAME), Rule::new("name", ALWAYS_EXACT)]),
};

pub(super) static INVITATIONS: Resource = Resource {
    name: "invitations",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("email", ALWAYS_EXACT),
        Rule::new("status", ALWAYS_SAME),
        Rule::new("instance_owner", ALWAYS_EXACT),
    ]),
};

pub(super) static BINDINGS: Resource = Resource {
    name: "bindings",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("type", ALWAYS_PATTERN_ID),
        Rule::new("external_id", &[Allowed::always(Operations::of(&[Equals, In, NotIn]))]),
    ]),
};

pub(super) static SECURITY_INTEGRATIONS: Resource = Resource {
    name: "security integrations",
    fields: Some(&[Rule::new("q", ALWAYS_SAME), Rule::new("enabled", ALWAYS_EXACT)]),
};

pub(super) static AUDIT_LOGS: Resource = Resource {
    name: "audit logs",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("flowId", ALWAYS_TEXT),
        Rule::new("executionId", ALWAYS_ID),
        Rule::new("id", ALWAYS_PATTERN_ID),
        Rule::new("userId", ALWAYS_EXACT),
        Rule::new("action", ALWAYS_PATTERN_ID),
        Rule::new("resources", &[Allowed::always(Operations::of(&[In]))])
            .instead("before 2.0 use the parameter `resources`"),
        Rule::new("details", ALWAYS_EXACT).instead("before 2.0 use the parameter `details`"),
        Rule::new("startDate", ALWAYS_DATE),
        Rule::new("endDate", ALWAYS_DATE),
    ]),
};

pub(super) static SERVICES: Resource = Resource {
    name: "services",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("state", ALWAYS_CHOICE),
        Rule::new("type", ALWAYS_PATTERN_ID),
        Rule::new("created", ALWAYS_DATE),
    ]),
};

pub(super) static TENANTS: Resource =
    Resource { name: "tenants", fields: Some(&[Rule::new("q", ALWAYS_SAME)]) };

pub(super) static APPS: Resource = Resource {
    name: "apps",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("tags", TAGS).instead(INSTEAD_OF_TAGS),
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("flowId", ALWAYS_TEXT),
        Rule::new("enabled", ALWAYS_EXACT),
    ]),
};

pub(super) static WORKER_GROUPS: Resource = Resource {
    name: "worker groups",
    fields: Some(&[Rule::new("q", ALWAYS_SAME), Rule::new("id", ALWAYS_PATTERN_ID)]),
};

pub(super) static BANNERS: Resource = Resource {
    name: "banners",
    fields: Some(&[Rule::new("q", ALWAYS_SAME), Rule::new("type", ALWAYS_PATTERN_ID)]),
};

pub(super) static BLUEPRINTS: Resource = Resource {
    name: "blueprints",
    fields: Some(&[Rule::new("q", ALWAYS_SAME), Rule::new("tags", TAGS).instead(INSTEAD_OF_TAGS)]),
};

pub(super) static PLUGINS: Resource = Resource {
    name: "plugins",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("artifactId", &[Allowed::always(Operations::of(&[In, NotIn]))]),
    ]),
};
