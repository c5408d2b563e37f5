//! A folder of flows becomes what the server has.

use kestra::SyncAction;

use crate::folder::Folder;
use crate::server::on_every_server;

const LOG: &str = "tasks: [{id: hello, type: io.kestra.plugin.core.log.Log, message: hello}]";

#[tokio::test]
async fn a_folder_is_planned_then_deployed() {
    on_every_server(async |site| {
        let (flows, namespace) = (site.client.flows(), &site.namespace);
        let folder = Folder::new("live-flows");
        folder.write("new.yml", site.source("new", LOG));
        folder.write("deep/changed.yaml", site.source("changed", &format!("description: more\n{LOG}")));
        folder.write("same.yaml", site.source("same", LOG));
        folder.write("notes.txt", "no flow");
        for id in ["changed", "same", "extra"] {
            site.deploy(id, LOG).await;
        }
        let plan = flows.sync(folder.path()).delete_in(namespace).dry_run(true).await.unwrap();
        plan.check().unwrap();
        let mut actions: Vec<_> =
            plan.entries.iter().map(|flow| (flow.id.clone().unwrap_or_default(), flow.action)).collect();
        actions.sort_by(|one, other| one.0.cmp(&other.0));
        let expected = [
            ("changed", SyncAction::Update),
            ("extra", SyncAction::Delete),
            ("new", SyncAction::Create),
            ("same", SyncAction::Unchanged),
        ];
        assert_eq!(actions, expected.map(|(id, action)| (id.to_owned(), action)));
        assert!(flows.get_flow(namespace, "new").await.unwrap_err().is_not_found(), "a plan changes nothing");

        let done = flows.sync(folder.path()).delete_in(namespace).await.unwrap();
        done.check().unwrap();
        assert!(done.applied);
        assert!(flows.get_flow(namespace, "extra").await.unwrap_err().is_not_found());
        assert_eq!(flows.get_flow(namespace, "changed").await.unwrap().revision, Some(2));
        let again = flows.sync(folder.path()).delete_in(namespace).await.unwrap();
        assert_eq!(again.changes().count(), 0);
    })
    .await;
}

#[tokio::test]
async fn one_flow_that_is_wrong_leaves_all_as_they_were() {
    on_every_server(async |site| {
        let folder = Folder::new("live-wrong");
        folder.write("good.yml", site.source("good", LOG));
        folder.write("bad.yml", site.source("bad", "tasks: [{id: x, type: no.such.Task}]"));
        let report = site.client.flows().sync(folder.path()).await.unwrap();
        assert!(!report.applied);
        let error = report.check().unwrap_err();
        assert_eq!(error.failures().len(), 1, "{error}");
        assert!(site.client.flows().get_flow(&site.namespace, "good").await.unwrap_err().is_not_found());
    })
    .await;
}

#[tokio::test]
async fn many_flows_are_planned_from_one_archive() {
    on_every_server(async |site| {
        let (flows, namespace) = (site.client.flows(), &site.namespace);
        // Comments, a marker, quotes and characters of several bytes have to come back as they were sent.
        let text = |at: usize| match at % 4 {
            0 => site.source(&format!("many{at}"), LOG),
            1 => format!("# first\n{}# last", site.source(&format!("many{at}"), LOG)),
            2 => format!("---\n{}", site.source(&format!("many{at}"), LOG)),
            _ => site.source(&format!("many{at}"), &format!("description: \"ä € 🦀\"\n{LOG}\n\n")),
        };
        let sources: Vec<String> = (0..60).map(text).collect();
        let created = flows.sync_sources(sources.clone()).await.unwrap();
        created.check().unwrap();
        assert_eq!(created.count(SyncAction::Create), 60);
        let again = flows.sync_sources(sources.clone()).delete(true).await.unwrap();
        assert_eq!(again.count(SyncAction::Unchanged), 60, "{again:#}");
        let changed = sources.iter().map(|source| source.replace("hello", "changed"));
        let updated = flows.sync_sources(changed).await.unwrap();
        updated.check().unwrap();
        assert_eq!(updated.count(SyncAction::Update), 60);
        assert!(updated.entries.iter().all(|entry| entry.revision == Some(2) && entry.diff.is_some()));
        let left = flows.sync_sources(sources.into_iter().take(1)).delete_in(namespace).await.unwrap();
        left.check().unwrap();
        assert_eq!((left.count(SyncAction::Update), left.count(SyncAction::Delete)), (1, 59));
    })
    .await;
}
