//! Namespaces: their keys and files.

use kestra::FilePart;
use kestra::models::{Autocomplete, DeleteBulkRequest, IsoDuration};
use serde_json::json;

use crate::Failure;
use crate::steps::{NAMESPACE, Steps, in_namespace};

pub(super) async fn key_values(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let kv = steps.client.kv();
    let hour = IsoDuration::from("PT1H");
    steps.call("kv.set_key_value", kv.set_key_value(NAMESPACE, "text", "a text")).await?;
    steps.call("kv.set_key_value", kv.set_key_value(NAMESPACE, "number", 12.5)).await?;
    steps.call("kv.set_key_value", kv.set_key_value(NAMESPACE, "truth", true)).await?;
    let value = json!({"table": "sales", "rows": [1, 2]});
    steps.call("kv.set_key_value", kv.set_key_value(NAMESPACE, "json", value)).await?;
    steps.call("kv.set_key_value", kv.set_key_value(NAMESPACE, "duration", hour)).await?;
    steps.call("kv.key_value", kv.get_key_value(NAMESPACE, "text")).await?;
    let call = kv.list_all_keys().page(1).size(10).filter(in_namespace());
    steps.call("kv.list_all_keys", call).await?;
    let call = kv.list_keys_with_inheritance("company.team.sub");
    steps.call("kv.list_keys_with_inheritance", call).await?;
    steps.call("kv.delete_key_value", kv.delete_key_value(NAMESPACE, "text")).await?;
    let call = kv.delete_key_values(NAMESPACE, DeleteBulkRequest::new().keys(["number", "json"]));
    steps.call("kv.delete_key_values", call).await?;
    Ok(())
}

pub(super) async fn files(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let namespaces = steps.client.namespaces();
    steps.call("namespaces.namespace", namespaces.get_namespace(NAMESPACE)).await?;
    let call = namespaces.search_namespaces().page(1).size(10).existing(true).unchecked();
    steps.call("namespaces.search_namespaces", call).await?;
    let call = namespaces.autocomplete_namespaces(Autocomplete::new().q("company"));
    steps.call("namespaces.autocomplete_namespaces", call).await?;

    let files = steps.client.files();
    let (folder, file) = ("/scripts", "/scripts/ab.sql");
    let call = files.create_namespace_directory(NAMESPACE).path(folder);
    steps.call("files.create_namespace_directory", call).await?;
    let call = files.create_namespace_file(NAMESPACE, file, FilePart::bytes("file", "select 1"));
    steps.call("files.create_namespace_file", call).await?;
    let call = files.search_namespace_files(NAMESPACE, "sql");
    steps.call("files.search_namespace_files", call).await?;
    let content = steps.call("files.file_content", files.get_file_content(NAMESPACE, file)).await?;
    content.bytes().await?;
    let call = files.list_namespace_directory_files(NAMESPACE).path(folder);
    steps.call("files.list_namespace_directory_files", call).await?;
    steps.call("files.file_metadatas", files.get_file_metadata(NAMESPACE).path(file)).await?;
    let call = files.move_file(NAMESPACE, file, "/scripts/c.sql");
    steps.call("files.move_file_directory", call).await?;
    steps.call("files.delete_file_directory", files.delete_file(NAMESPACE, folder).unchecked()).await?;
    Ok(())
}
