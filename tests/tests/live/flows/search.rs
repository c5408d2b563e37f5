//! Flows are found by filters and in pages.

use futures_util::TryStreamExt as _;
use kestra::Filter;
use kestra::paging::Continuation;

use crate::server::on_every_server;

const LOG: &str = "tasks: [{id: hello, type: io.kestra.plugin.core.log.Log, message: hello}]";

#[tokio::test]
async fn filters_narrow_it_down() {
    on_every_server(async |site| {
        let (flows, namespace) = (site.client.flows(), &site.namespace);
        site.deploy("alpha", &format!("labels: {{team: data}}\n{LOG}")).await;
        site.deploy("beta", &format!("labels: {{team: web, tier.of.it: 'a b'}}\n{LOG}")).await;
        let below = format!("id: gamma\nnamespace: {namespace}.below\n{LOG}");
        flows.deploy(below).await.unwrap();

        let ours = || Filter::namespace().prefix(namespace);
        for (filters, expected) in [
            (vec![ours()], vec!["alpha", "beta", "gamma"]),
            (vec![Filter::namespace().equals(namespace)], vec!["alpha", "beta"]),
            (vec![Filter::namespace().starts_with(namespace)], vec!["alpha", "beta", "gamma"]),
            (vec![Filter::namespace().is_in([namespace])], vec!["alpha", "beta"]),
            (vec![ours(), Filter::namespace().not_equals(namespace)], vec!["gamma"]),
            (vec![ours(), Filter::label("team").equals("data")], vec!["alpha"]),
            (vec![ours(), Filter::label("tier.of.it").equals("a b")], vec!["beta"]),
            (vec![ours(), Filter::query("beta")], vec!["beta"]),
            (vec![ours(), Filter::label("team").equals("none")], vec![]),
            (vec![ours(), Filter::scope().equals("USER")], vec!["alpha", "beta", "gamma"]),
        ] {
            let page = flows.search_flows().filters(filters.clone()).sort(["id:asc"]).await.unwrap();
            let found: Vec<_> = page.results.iter().map(|flow| flow.id.as_str()).collect();
            assert_eq!(found, expected, "{filters:?}");
            assert_eq!(page.total, i64::try_from(expected.len()).ok(), "{filters:?}");
        }
        if site.is_since(1, 2) {
            let found =
                flows.search_flows().filters([ours(), Filter::flow_id().is_in(["alpha", "gamma"])]).await;
            assert_eq!(found.unwrap().total, Some(2));
        }
        if site.is_since(2, 0) {
            let either =
                Filter::any([Filter::flow_id().equals("alpha"), Filter::label("team").equals("web")]);
            let found = flows.search_flows().filters([ours(), either]).await.unwrap();
            assert_eq!(found.total, Some(2));
        }
        let listed = flows.list_flows_by_namespace(namespace).await.unwrap();
        assert_eq!(listed.len(), 2);
        let namespaces = flows.list_distinct_namespaces().await.unwrap();
        assert!(namespaces.contains(namespace) && namespaces.contains(&format!("{namespace}.below")));
    })
    .await;
}

#[tokio::test]
async fn sources_are_searched() {
    on_every_server(async |site| {
        site.deploy("secretive", &LOG.replace("message: hello", "message: findme4711")).await;
        site.deploy("other", LOG).await;
        let found = site
            .client
            .flows()
            .search_flows_by_source_code()
            .q("findme4711")
            .namespace(&site.namespace)
            .await;
        let found = found.unwrap();
        assert_eq!(found.results.len(), 1, "{found:?}");
        let found = &found.results[0];
        let marked = "findme4711";
        let places = found.matches.iter().filter_map(|place| place.snippet.as_deref());
        let mut lines = places.chain(found.fragments.iter().map(String::as_str));
        assert!(lines.any(|line| line.contains(marked)), "{found:?}");
        assert_eq!(found.flow_id(), Some("secretive"), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn pages_have_all_rows_once_and_can_be_gone_on_from() {
    on_every_server(async |site| {
        let expected: Vec<String> = (0..13).map(|number| format!("flow-{number:02}")).collect();
        for id in &expected {
            site.deploy(id, LOG).await;
        }
        let search = || {
            let ours = Filter::namespace().equals(&site.namespace);
            site.client.flows().search_flows().filter(ours).sort(["id:asc"]).size(5)
        };
        let sizes: Vec<_> = search().pages().map_ok(|page| page.results.len()).try_collect().await.unwrap();
        assert_eq!(sizes, [5, 5, 3]);

        let mut items = search().items();
        let mut ids = Vec::new();
        for _ in 0..7 {
            ids.push(items.next().await.unwrap().unwrap().id);
        }
        assert_eq!(items.total(), Some(13));
        let stored = items.continuation().to_string();
        let place: Continuation = stored.parse().unwrap();
        let rest = search().items().resume(&place).collect().await.unwrap();
        ids.extend(rest.into_iter().map(|flow| flow.id));
        assert_eq!(ids, expected);

        // Without a word about the order there is one all the same.
        let ours = Filter::namespace().equals(&site.namespace);
        let all = site.client.flows().search_flows().filter(ours).size(4).items().collect().await.unwrap();
        let mut ids: Vec<_> = all.into_iter().map(|flow| flow.id).collect();
        ids.sort();
        assert_eq!(ids, expected);
        assert_eq!(search().items().limit(3).collect().await.unwrap().len(), 3);
        assert!(search().page(9).await.unwrap().results.is_empty());
    })
    .await;
}
