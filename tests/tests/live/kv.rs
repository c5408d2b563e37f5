//! Keys and values of every type.

use std::time::Duration;

use kestra::jiff::Timestamp;
use kestra::jiff::civil::Date;
use kestra::models::{DeleteBulkRequest, IsoDuration, KvType, KvValue};
use kestra::{FilePart, Filter, SyncAction};
use serde_json::json;

use crate::folder::Folder;
use crate::server::{eventually, on_every_server};

#[tokio::test]
async fn values_of_every_type_come_back_as_they_were() {
    on_every_server(async |site| {
        let kv = site.client.kv();
        let time: Timestamp = "2026-11-24T10:20:30Z".parse().unwrap();
        let values: Vec<(&str, KvType, KvValue)> = vec![
            ("text", KvType::String, "hello world".into()),
            ("tricky", KvType::String, "1.2.3\n\"quoted\" 'too' \\ {{ pebble }} ä€😀 // no comment".into()),
            ("looks-like-a-day", KvType::String, "2026-11-24".into()),
            ("looks-like-json", KvType::String, "{\"a\": 1}".into()),
            ("empty", KvType::String, "".into()),
            ("number", KvType::Number, 42.into()),
            ("fraction", KvType::Number, 1.5.into()),
            ("big", KvType::Number, 9_007_199_254_740_993_i64.into()),
            ("yes", KvType::Boolean, true.into()),
            ("time", KvType::Datetime, time.into()),
            ("day", KvType::Date, "2026-11-24".parse::<Date>().unwrap().into()),
            ("length", KvType::Duration, Duration::from_secs(5400).into()),
            ("object", KvType::Json, json!({"a": [1, "two", null, {"b": true}]}).into()),
            ("list", KvType::Json, json!(["a b", 2]).into()),
        ];
        for (key, _, value) in &values {
            kv.set_key_value(&site.namespace, key, value.clone()).await.unwrap();
        }
        for (key, kind, value) in &values {
            let detail = kv.get_key_value(&site.namespace, key).await.unwrap();
            assert_eq!(detail.type_.as_ref(), Some(kind), "{key}: {detail:?}");
            match (value, detail.typed().unwrap()) {
                (KvValue::Duration(put), KvValue::Duration(got)) => assert_eq!(got.to_std(), put.to_std()),
                (put, got) => assert_eq!(&got, put, "{key}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_value_is_replaced_and_deleted() {
    on_every_server(async |site| {
        let (kv, namespace) = (site.client.kv(), &site.namespace);
        kv.set_key_value(namespace, "key", 1).description("a number").await.unwrap();
        kv.set_key_value(namespace, "key", "text").await.unwrap();
        let detail = kv.get_key_value(namespace, "key").await.unwrap();
        assert_eq!(detail.typed(), Some("text".into()));
        let expires = async || {
            let keys = kv.keys(namespace).await.unwrap();
            keys.into_iter().find(|entry| entry.key == "key").unwrap().expiration_date
        };
        kv.set_key_value(namespace, "key", 1).ttl(Duration::from_secs(3600)).await.unwrap();
        kv.replace_value(namespace, "key", 2).await.unwrap();
        assert!(expires().await.is_some());
        kv.set_key_value(namespace, "key", 3).await.unwrap();
        assert!(expires().await.is_none());
        assert!(kv.delete_key_value(namespace, "key").await.unwrap());
        assert!(kv.get_key_value(namespace, "key").await.unwrap_err().is_not_found());
        assert!(!kv.delete_key_value(namespace, "key").await.unwrap(), "it isn't there any more");
    })
    .await;
}

#[tokio::test]
async fn keys_are_listed_and_deleted_together() {
    on_every_server(async |site| {
        let (kv, namespace) = (site.client.kv(), &site.namespace);
        for number in 0..5 {
            kv.set_key_value(namespace, format!("key-{number}"), number)
                .description("one of five")
                .await
                .unwrap();
        }
        let entries = if site.is_since(1, 1) {
            let filter = Filter::namespace().equals(namespace);
            kv.list_all_keys().filter(filter).size(2).items().collect().await.unwrap()
        } else {
            kv.list_keys(namespace).await.unwrap()
        };
        let mut keys: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["key-0", "key-1", "key-2", "key-3", "key-4"]);
        assert!(entries.iter().all(|entry| entry.description.as_deref() == Some("one of five")));
        let inherited = kv.list_keys_with_inheritance(format!("{namespace}.below")).await.unwrap();
        assert_eq!(inherited.len(), 5, "a namespace below sees them");

        let some = DeleteBulkRequest::default().keys(["key-0", "key-3", "key-9"].map(str::to_owned));
        let mut deleted = kv.delete_key_values(namespace, some).await.unwrap().keys;
        deleted.sort_unstable();
        assert!(deleted.starts_with(&["key-0".to_owned(), "key-3".to_owned()]), "{deleted:?}");
        assert!(kv.get_key_value(namespace, "key-3").await.is_err());
        assert!(kv.get_key_value(namespace, "key-4").await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn every_digit_of_a_number_is_kept() {
    on_every_server(async |site| {
        let (kv, namespace) = (site.client.kv(), &site.namespace);
        let big = 123_456_789_012_345_678_901_u128;
        kv.set_key_value(namespace, "big", big).await.unwrap();
        if !site.is_embedded() {
            assert_eq!(kv.value_as::<u128>(namespace, "big").await.unwrap(), big);
            let detail = kv.get_key_value(namespace, "big").await.unwrap();
            assert_eq!(detail.value, Some(json!(big.to_string())));
        }
        kv.set_key_value(namespace, "big", 2).await.unwrap();
        let entry = kv.keys(namespace).await.unwrap().remove(0);
        // 1.0 has none.
        assert_eq!(entry.current_revision(), site.is_since(1, 1).then_some(2), "{entry:?}");
    })
    .await;
}

#[tokio::test]
async fn a_value_expires() {
    on_every_server(async |site| {
        let (kv, namespace) = (site.client.kv(), &site.namespace);
        let second = IsoDuration::from(Duration::from_secs(1));
        kv.set_key_value(namespace, "short", "lived").ttl(second).await.unwrap();
        kv.set_key_value(namespace, "long", "lived").ttl(Duration::from_hours(1)).await.unwrap();
        let error =
            eventually("the value is gone", async || kv.get_key_value(namespace, "short").await.err()).await;
        assert!(error.is_not_found(), "{error}");
        assert_eq!(kv.get_key_value(namespace, "long").await.unwrap().typed(), Some("lived".into()));
    })
    .await;
}

#[tokio::test]
async fn keys_become_those_of_a_map_and_of_a_backup() {
    on_every_server(async |site| {
        let (kv, namespace) = (site.client.kv(), &site.namespace);
        kv.set_key_value(namespace, "extra", 1).await.unwrap();
        let values = serde_json::json!({
            "text": "2026-01-02", "number": 1.5, "flag": true, "list": [1, "a", null], "object": {"a": {"b": 1}}, "empty": ""
        });
        let values = values.as_object().unwrap().clone();
        let report = kv.sync(namespace, values.clone()).delete(true).await.unwrap();
        report.check().unwrap();
        assert_eq!((report.count(SyncAction::Create), report.count(SyncAction::Delete)), (6, 1), "{report}");
        let again = kv.sync(namespace, values.clone()).delete(true).await.unwrap();
        assert_eq!(again.count(SyncAction::Unchanged), 6, "{again}");

        site.deploy("kept", "tasks: [{id: hello, type: io.kestra.plugin.core.log.Log, message: hello}]").await;
        let part = FilePart::bytes("file", "content");
        site.client.files().create_namespace_file(namespace, "/deep/a b.txt", part).await.unwrap();
        let folder = Folder::new("live-backup");
        site.client.namespaces().backup(namespace, folder.path()).await.unwrap().check().unwrap();
        kv.sync(namespace, [("text", "changed")]).delete(true).await.unwrap().check().unwrap();
        let restored = site.client.namespaces().restore(namespace, folder.path()).await.unwrap();
        restored.check().unwrap();
        assert_eq!(restored.count(SyncAction::Create), 5, "{restored}");
        assert_eq!((restored.count(SyncAction::Update), restored.count(SyncAction::Unchanged)), (1, 2), "{restored}");
        let again = kv.sync(namespace, values).delete(true).await.unwrap();
        assert_eq!(again.count(SyncAction::Unchanged), 6, "{again}");
    })
    .await;
}
