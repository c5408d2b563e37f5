//! The server itself, and what only Enterprise has.

use kestra::models::{
    BindingType, BulkOperationRequest, CreateBindingRequest, CreateGroupRequest, CreateOrUpdateUserRequest,
    RoleCreateOrUpdateRequest, RoleCreateOrUpdateRequestPermissions, SecretValue, Tenant,
};

use crate::Failure;
use crate::steps::{NAMESPACE, Steps, source};

pub(super) async fn server(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let call = steps.client.plugins().list_plugins().page(1).size(10);
    steps.call("plugins.list_plugins", call).await?;
    let call = steps.client.misc().get_expression_functions();
    steps.call("misc.pebble_functions", call).await?;
    let dashboards = steps.client.dashboards();
    let call = dashboards.create_dashboard(source("dashboard")?);
    steps.call("dashboards.create_dashboard", call).await?;
    let call = dashboards.search_dashboards().page(1).size(10).q("over");
    steps.call("dashboards.search_dashboards", call).await?;
    Ok(())
}

pub(super) async fn access(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let roles = steps.client.roles();
    steps.call("roles.search_roles", roles.search_roles().page(1).size(10)).await?;
    let permissions = RoleCreateOrUpdateRequestPermissions::new().flow(["VIEW"]).kvstore(["VIEW", "EDIT"]);
    let reader = RoleCreateOrUpdateRequest::new("reader", permissions);
    steps.call("roles.create_role", roles.create_role(reader)).await?;

    let groups = steps.client.groups();
    steps.call("groups.search_groups", groups.search_groups().page(1).size(10)).await?;
    let group = CreateGroupRequest::new("data").description("The team").members_id(["u1"]);
    steps.call("groups.create_group", groups.create_group(group)).await?;
    steps.call("groups.add_user_to_group", groups.add_user_to_group("g1", "u1")).await?;

    let users = steps.client.users();
    steps.call("users.list_users", users.list_users().page(1).size(10)).await?;
    let ada = CreateOrUpdateUserRequest::new("ada@example.com");
    let ada = ada.first_name("Ada").last_name("L").tenants(["main"]);
    steps.call("users.create_user", users.create_user(ada)).await?;

    let tenants = steps.client.tenants();
    steps.call("tenants.search_tenants", tenants.search_tenants().page(1).size(10)).await?;
    let second = Tenant::new().id("second").name("Second").deleted(false);
    steps.call("tenants.create_tenant", tenants.create_tenant(second)).await?;

    let bindings = steps.client.bindings();
    let call = bindings.search_bindings().page(1).size(10).type_(BindingType::Group);
    steps.call("bindings.search_bindings", call).await?;
    let binding = CreateBindingRequest::new("g1", "r1", BindingType::Group).namespace_id(NAMESPACE);
    steps.call("bindings.create_binding", bindings.create_binding(binding)).await?;
    Ok(())
}

pub(super) async fn others(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let call = steps.client.namespaces().put_secrets(NAMESPACE, SecretValue::new("TOKEN", "hidden"));
    steps.call("namespaces.put_secrets", call).await?;
    let apps = steps.client.apps();
    let call = apps.create_app("id: form\ntype: io.kestra.plugin.ee.apps.Execution\n");
    steps.call("apps.create_app", call).await?;
    let call = apps.bulk_delete_apps(BulkOperationRequest::new().uids(["a1"]));
    steps.call("apps.bulk_delete_apps", call).await?;
    let call = steps.client.audit_logs().search_audit_logs().page(1).size(10);
    steps.call("auditlogs.search_audit_logs", call).await?;
    Ok(())
}
