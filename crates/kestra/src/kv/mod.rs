//! What the store of keys can do beyond single operations.

mod sync;

use std::time::Duration;

use jiff::Timestamp;
use kestra_core::internal::{decode, instant, json, redact};
use kestra_core::{Error, ErrorKind, Executor as _, Filter};
use kestra_models::{KvDetail, KvEntry, KvValue};
use kestra_operations::GetKeyValue;
use serde::de::DeserializeOwned;

use crate::Kv;

pub(crate) use sync::{Wanted, by_key};

pub use sync::KvSync;

impl Kv {
    /// Returns the value of a key as a type of your own. Numbers are read with every digit that the server sent: `u128`,
    /// `i128`, `RawValue` and types that read numbers as strings lose none.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let count: u128 = client.kv().value_as("company.team", "count").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of `get_key_value`, and one of kind [`ErrorKind::Decode`] if the value doesn't fit the type.
    pub async fn value_as<T: DeserializeOwned>(
        &self,
        namespace: impl AsRef<str>,
        key: impl AsRef<str>,
    ) -> Result<T, Error> {
        let call = GetKeyValue::new(namespace, key).into_call();
        let info = call.info();
        let response = self.client().execute(call).await?;
        let bytes = response.body().as_bytes().cloned().unwrap_or_default();
        // Without such a field the usual reader reports the error.
        let detail: KvDetail = decode::json(response, info)?.into_body();
        if let Some(read) = json::member(&bytes, "value").and_then(|text| serde_json::from_slice(text).ok()) {
            return Ok(read);
        }
        serde_json::from_value(detail.value.unwrap_or_default()).map_err(|problem| {
            Error::new(
                ErrorKind::Decode,
                format!("the value doesn't match the type: {}", redact::brief(problem, 300)),
            )
            .with_operation(info)
        })
    }

    /// The keys of a namespace, without their values, on every version: by `list_keys` where a server has it, else by
    /// `list_all_keys` with a filter, all pages of it.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// for entry in client.kv().keys("company.team").await? {
    ///     let key = &entry.key;
    ///     let value = client.kv().get_key_value("company.team", key).await?.typed();
    ///     println!("{key} = {}", value.map(|value| value.to_text()).unwrap_or_default());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As those of the two operations.
    pub async fn keys(&self, namespace: impl AsRef<str>) -> Result<Vec<KvEntry>, Error> {
        let namespace = namespace.as_ref();
        match self.list_keys(namespace).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                self.list_all_keys().filter(Filter::namespace().equals(namespace)).items().collect().await
            }
            listed => listed,
        }
    }

    /// Sets the value of a key and keeps the key's expiration and description. `set_key_value` drops both unless they are
    /// set again, so that a key with a `ttl` becomes permanent. All versions.
    ///
    /// A key that doesn't exist, or has expired, is created without an expiration. The key is read from the list of its
    /// namespace first, so a concurrent change of it is lost; the time to its expiration is measured by the clock of this
    /// machine.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let keys = client.kv();
    /// keys.set_key_value("company.team", "cursor", 1).ttl(std::time::Duration::from_secs(3600)).await?;
    /// keys.replace_value("company.team", "cursor", 2).await?; // expires when it would have
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`keys`](Self::keys) and `set_key_value`.
    pub async fn replace_value(
        &self,
        namespace: impl AsRef<str>,
        key: impl AsRef<str>,
        value: impl Into<KvValue>,
    ) -> Result<(), Error> {
        let (namespace, key) = (namespace.as_ref(), key.as_ref());
        let entries = self.keys(namespace).await?;
        let known = entries.into_iter().find(|entry| entry.key == key);
        self.set_and_keep(namespace, key, value.into(), known).await
    }

    /// Sets a key with the expiration and description that it has.
    async fn set_and_keep(
        &self,
        namespace: &str,
        key: &str,
        value: KvValue,
        known: Option<KvEntry>,
    ) -> Result<(), Error> {
        let mut call = self.set_key_value(namespace, key, value);
        if let Some(entry) = known {
            let left = entry.expiration_date.map(time_until);
            if let Some(description) = entry.description.filter(|_| left != Some(Duration::ZERO)) {
                call = call.description(description);
            }
            if let Some(left) = left.filter(|left| !left.is_zero()) {
                call = call.ttl(left);
            }
        }
        call.await
    }
}

/// Returns the duration from now until a time, or zero if it is over.
fn time_until(then: Timestamp) -> Duration {
    let now = instant::ago(Duration::ZERO);
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}
