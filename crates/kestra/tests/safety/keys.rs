use std::time::Duration;

use http::Request;
use kestra::Error;
use kestra::models::KvValue;
use kestra_testkit::Dialect;
use serde_json::json;

use crate::{NAMESPACE, serve};

#[tokio::test]
async fn text_is_stored_as_it_is() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (_server, client) = serve(dialect).await;
        let keys = client.kv();
        for text in ["hello world", "2026-01-02", "true", "1.2.3", "two\nlines", "a \"quote\""] {
            keys.set_key_value(NAMESPACE, "key", text).await?;
            let found = keys.get_key_value(NAMESPACE, "key").await?;
            assert_eq!(found.value, Some(json!(text)), "{dialect:?}");
        }
        keys.set_key_value(NAMESPACE, "key", KvValue::from(json!({"a": [1]}))).await?;
        assert_eq!(keys.get_key_value(NAMESPACE, "key").await?.value, Some(json!({"a": [1]})));

        // As it is, the server keeps the first word.
        let raw = Request::put(format!("/api/v1/main/namespaces/{NAMESPACE}/kv/key"))
            .header("content-type", "text/plain")
            .body("hello world")
            .unwrap();
        client.request(raw).await?;
        assert_eq!(keys.get_key_value(NAMESPACE, "key").await?.value, Some(json!("hello")));
    }
    Ok(())
}

#[tokio::test]
async fn a_value_without_a_lifetime_makes_a_key_permanent() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (_server, client) = serve(dialect).await;
        let keys = client.kv();
        let hour = Duration::from_secs(3600);
        let entry = async || {
            let entries = keys.keys(NAMESPACE).await?;
            Ok::<_, Error>(entries.into_iter().find(|entry| entry.key == "key").unwrap())
        };
        keys.set_key_value(NAMESPACE, "key", 1).ttl(hour).description("a cursor").await?;
        let before = entry().await?;
        keys.replace_value(NAMESPACE, "key", 2).await?;
        let after = entry().await?;
        let moved = after.expiration_date.unwrap().duration_since(before.expiration_date.unwrap());
        assert!(moved.abs() < jiff::SignedDuration::from_secs(60), "{moved:?}");
        assert_eq!(after.description.as_deref(), Some("a cursor"));
        assert_eq!(keys.get_key_value(NAMESPACE, "key").await?.value, Some(json!(2)));

        keys.set_key_value(NAMESPACE, "key", 3).await?;
        let after = entry().await?;
        assert_eq!((after.expiration_date, after.description), (None, None), "{dialect:?}");
        // A key that isn't there is created.
        keys.replace_value(NAMESPACE, "other", "x").await?;
        assert_eq!(keys.get_key_value(NAMESPACE, "other").await?.value, Some(json!("x")));
    }
    Ok(())
}
