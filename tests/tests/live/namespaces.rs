//! Namespaces are found by what is in them.

use kestra::models::Autocomplete;

use crate::server::on_every_server;

const LOG: &str = "tasks: [{id: hello, type: io.kestra.plugin.core.log.Log, message: hello}]";

#[tokio::test]
async fn namespaces_are_found() {
    on_every_server(async |site| {
        site.deploy("hello", LOG).await;
        let (namespaces, namespace) = (site.client.namespaces(), &site.namespace);
        assert_eq!(namespaces.get_namespace(namespace).await.unwrap().id, *namespace);
        let found = namespaces.search_namespaces().q(namespace).items().collect().await;
        let ids: Vec<_> = found.unwrap().into_iter().map(|found| found.id).collect();
        assert!(ids.contains(namespace), "{ids:?}");
        let guess =
            namespaces.autocomplete_namespaces(Autocomplete::default().q(namespace.clone())).await.unwrap();
        assert!(guess.contains(namespace), "{guess:?}");
    })
    .await;
}
