//! Triggers are found, switched off and on, and filled up for the past.

use std::time::Duration;

use kestra::jiff::{SignedDuration, Timestamp};
use kestra::models::{SetDisabledRequest, TriggerAndState};
use kestra::{ErrorKind, Filter};

use crate::server::{Site, eventually, on_every_server};

const DAILY: &str = "
inputs: [{id: region, type: STRING, defaults: none}]
tasks: [{id: hi, type: io.kestra.plugin.core.log.Log, message: '{{ inputs.region }}'}]
triggers: [{id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: '0 0 * * *'}]
";

/// The trigger, once the server has taken notice of it.
async fn known(site: &Site) -> TriggerAndState {
    eventually("the trigger is known", async || {
        let ours = Filter::namespace().equals(&site.namespace);
        let found = site.client.triggers().search_triggers().filter(ours).await.unwrap();
        found.results.into_iter().find(|row| row.current().is_some_and(|state| state.next_date().is_some()))
    })
    .await
}

#[tokio::test]
async fn a_trigger_is_found_and_switched_off_and_on() {
    on_every_server(async |site| {
        site.deploy("daily", DAILY).await;
        let found = known(site).await;
        let state = found.current().unwrap();
        assert_eq!(
            (Some(state.flow_id.as_str()), Some(state.trigger_id.as_str())),
            (Some("daily"), Some("daily"))
        );
        assert!(state.next_date().unwrap() > Timestamp::now());
        assert_eq!(found.definition().and_then(|trigger| trigger.id()), Some("daily"));
        let triggers = site.client.triggers();
        triggers.disable(&site.namespace, "daily", "daily").await.unwrap();
        let is_disabled = async |wanted: bool| {
            eventually("the switch is seen", async || {
                let of_flow = triggers.search_triggers_for_flow(&site.namespace, "daily").await.unwrap();
                (of_flow.results[0].is_disabled() == wanted).then_some(())
            })
            .await;
        };
        is_disabled(true).await;
        triggers.enable(&site.namespace, "daily", "daily").await.unwrap();
        is_disabled(false).await;
        let error = triggers.unlock_trigger(&site.namespace, "daily", "daily").await.unwrap_err();
        assert!(error.is_conflict(), "nothing is locked: {error}");
        let ours = || Filter::namespace().equals(&site.namespace);
        // By their ids, as a search gives them.
        let ids = triggers.search_triggers().filter(ours()).ids().await.unwrap();
        let request = SetDisabledRequest::new(true, ids);
        assert_eq!(triggers.set_triggers_disabled_by_ids(request).await.unwrap().total(), Some(1));
        is_disabled(true).await;
        triggers.enable(&site.namespace, "daily", "daily").await.unwrap();
        is_disabled(false).await;
        // By the names alone.
        let request = SetDisabledRequest::new(true, [(site.namespace.as_str(), "daily", "daily")]);
        assert_eq!(triggers.set_triggers_disabled_by_ids(request).await.unwrap().total(), Some(1));
        is_disabled(true).await;
        triggers.enable(&site.namespace, "daily", "daily").await.unwrap();
        is_disabled(false).await;
        let every = triggers.set_triggers_disabled_by_query().disabled(true).filter(ours());
        let report = every.by_ids().wait_until_visible(Duration::from_secs(20)).await.unwrap();
        assert_eq!((report.total(), report.is_complete()), (1, true), "{report:?}");
        triggers.enable(&site.namespace, "daily", "daily").await.unwrap();
        is_disabled(false).await;
        let done = triggers.set_triggers_disabled_by_query().disabled(true).filter(ours()).await.unwrap();
        assert_eq!(done.total(), Some(1));
        is_disabled(true).await;
        assert_eq!(
            triggers.set_triggers_disabled_by_query().disabled(true).await.unwrap_err().kind(),
            ErrorKind::Refused
        );
    })
    .await;
}

#[tokio::test]
async fn a_backfill_runs_to_its_end() {
    on_every_server(async |site| {
        site.deploy("daily", DAILY).await;
        known(site).await;
        let backfill = site.client.triggers().backfill(&site.namespace, "daily", "daily");
        let now = Timestamp::now();
        let start =
            backfill.start(now - SignedDuration::from_hours(24 * 3)).end(now - SignedDuration::from_hours(2));
        start.input("region", "emea").label("reason", "repair").await.unwrap();
        backfill.watch().every(Duration::from_millis(200)).timeout(Duration::from_secs(60)).await.unwrap();
        let ours = || [Filter::namespace().equals(&site.namespace), Filter::label("reason").equals("repair")];
        let found = eventually("its executions", async || {
            let found = site.client.executions().search_executions().filters(ours()).await.unwrap();
            (found.total >= Some(2)).then_some(found)
        })
        .await;
        assert!(found.total <= Some(3), "two or three midnights: {found:?}");
        let id = found.results[0].id.as_str();
        let one = site.client.executions().wait(id).await.unwrap();
        assert_eq!(one.execution.inputs["region"], "emea");
    })
    .await;
}

#[tokio::test]
async fn a_backfill_is_paused_resumed_and_cancelled() {
    on_every_server(async |site| {
        // Each waits for the one before it, so that it takes long.
        let slow = DAILY.replace(
            "tasks: [{id: hi, type: io.kestra.plugin.core.log.Log, message: '{{ inputs.region }}'}]",
            "tasks: [{id: hi, type: io.kestra.plugin.core.flow.Sleep, duration: PT5S}]",
        );
        site.deploy("daily", &slow).await;
        known(site).await;
        let missing = site.client.triggers().pause_backfill((site.namespace.as_str(), "daily", "none"));
        assert!(missing.await.unwrap_err().is_not_found());
        let backfill = site.client.triggers().backfill(&site.namespace, "daily", "daily");
        let from = Timestamp::now() - SignedDuration::from_hours(24 * 300);
        backfill.start(from).await.unwrap();
        let paused = backfill.pause().await.unwrap();
        assert_eq!(paused.backfill.and_then(|backfill| backfill.paused), Some(true));
        let going = backfill.resume().await.unwrap();
        assert_eq!(going.backfill.and_then(|backfill| backfill.paused), Some(false));
        let error = backfill.start(from).await.unwrap_err();
        assert!(error.is_conflict() || error.kind() == ErrorKind::Refused, "there is one: {error}");
        assert!(backfill.cancel().await.unwrap().backfill.is_none());
    })
    .await;
}
