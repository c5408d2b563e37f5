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
