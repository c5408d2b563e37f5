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
