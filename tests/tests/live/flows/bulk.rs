//! Many flows at once: by their ids, by a query, or all of a namespace.

use kestra::models::NamespacedId;
use kestra::{ErrorKind, Filter};

use crate::server::{Site, on_every_server};

const LOG: &str = "tasks: [{id: hello, type: io.kestra.plugin.core.log.Log, message: hello}]";

async fn is_disabled(site: &Site, id: &str) -> bool {
    site.client.flows().get_flow(&site.namespace, id).await.unwrap().disabled == Some(true)
}

#[tokio::test]
async fn flows_are_switched_off_and_on() {
    on_every_server(async |site| {
        let (flows, namespace) = (site.client.flows(), &site.namespace);
        for id in ["a", "b", "c"] {
            site.deploy(id, &format!("labels: {{kind: {id}}}\n{LOG}")).await;
        }
        let ids = ["a", "b"].map(|id| NamespacedId::new(namespace, id));
        let done = flows.disable_flows_by_ids(ids.clone()).await.unwrap();
        assert_eq!(done.total(), Some(2));
        assert!(
            is_disabled(site, "a").await && is_disabled(site, "b").await && !is_disabled(site, "c").await
        );
        assert_eq!(flows.enable_flows_by_ids(ids).await.unwrap().total(), Some(2));
        assert!(!is_disabled(site, "a").await);

        let ours = || Filter::namespace().equals(namespace);
        flows.disable_flows_by_query().filters([ours(), Filter::label("kind").equals("c")]).await.unwrap();
        assert!(is_disabled(site, "c").await && !is_disabled(site, "b").await);
        flows.enable_flows_by_query().filter(ours()).await.unwrap();
        assert!(!is_disabled(site, "c").await);
    })
    .await;
}

#[tokio::test]
async fn flows_are_deleted_by_id_and_by_query() {
    on_every_server(async |site| {
        let (flows, namespace) = (site.client.flows(), &site.namespace);
        for id in ["a", "b", "c", "d"] {
            site.deploy(id, LOG).await;
        }
        let one = flows.delete_flows_by_ids([NamespacedId::new(namespace, "a")]).await.unwrap();
        assert_eq!(one.total(), Some(1));
        // What is missing is found only after those before it were deleted.
        let ids = ["b", "none", "c"].map(|id| NamespacedId::new(namespace, id));
        assert!(flows.delete_flows_by_ids(ids).await.unwrap_err().is_not_found());
        let left = flows.list_flows_by_namespace(namespace).await.unwrap();
        assert!(left.iter().any(|flow| flow.id == "d"), "{left:?}");

        let ours = Filter::namespace().equals(namespace);
        let found = flows.search_flows().filter(ours.clone()).ids().await.unwrap();
        let done = flows.delete_flows_by_query().filter(ours).await.unwrap();
        assert_eq!(done.total(), i64::try_from(found.len()).ok());
        assert!(flows.list_flows_by_namespace(namespace).await.unwrap().is_empty());
        assert_eq!(flows.delete_flows_by_query().await.unwrap_err().kind(), ErrorKind::Refused);
    })
    .await;
}

#[tokio::test]
async fn a_namespace_is_replaced_only_if_that_is_wanted() {
    on_every_server(async |site| {
        let (flows, namespace) = (site.client.flows(), &site.namespace);
        site.deploy("stays", LOG).await;
        let two = format!("{}---\n{}", site.source("x", LOG), site.source("y", LOG));
        let kept = flows.update_flows_in_namespace(namespace, two.clone()).await.unwrap();
        assert_eq!(kept.len(), 2, "{kept:?}");
        assert_eq!(flows.list_flows_by_namespace(namespace).await.unwrap().len(), 3);

        flows.update_flows_in_namespace(namespace, two).delete(true).await.unwrap();
        let left = flows.list_flows_by_namespace(namespace).await.unwrap();
        let mut ids: Vec<_> = left.iter().map(|flow| flow.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["x", "y"]);

        let more = format!("{}---\n{}", site.source("x", LOG), site.source("z", LOG));
        flows.bulk_update_flows(more).namespace(namespace).await.unwrap();
        assert_eq!(flows.list_flows_by_namespace(namespace).await.unwrap().len(), 3);
    })
    .await;
}
