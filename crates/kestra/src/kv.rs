//! What the store of keys can do beyond single operations.

use kestra_core::{Error, ErrorKind, Filter};
use kestra_models::KvEntry;

use crate::Kv;

impl Kv {
    /// The keys of a namespace, without their values, on every version: by `list_keys` where a server has it, else by
    /// `list_all_keys` with a filter, all pages of it.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// for entry in client.kv().keys("company.team").await? {
    ///     let key = entry.key.unwrap_or_default();
    ///     let value = client.kv().get_key_value("company.team", &key).await?.typed();
    ///     println!("{key} = {value:?}");
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
}
