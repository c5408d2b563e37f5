//! Files of executions by their addresses.

use http::header::{ACCEPT_ENCODING, RANGE};
use kestra_core::{CallFuture, Download, Error};
use kestra_models::FileFormat;
use kestra_operations::DownloadFileFromExecution;

use crate::several_calls::record_execution;
use crate::{Client, Executions};

impl Executions {
    /// Downloads a file by its address, such as an output or a file input has: `kestra:///company/team/hello/executions/…`.
    ///
    /// A file that is cut while it is read is resumed: Kestra then sends it whole, and what was read is skipped.
    ///
    /// The address tells which execution made the file; a redirect to another execution is followed, by a request to the
    /// same server, whatever else the redirect names. All versions.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) if the address names no execution; else as any call: a file that
    /// doesn't exist, or no longer, is
    /// 404.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client, uri: String) -> Result<(), kestra::Error> {
    /// let path = client.executions().download(&uri).await?.to_file("report.csv").await?;
    /// # let _ = path;
    /// # Ok(())
    /// # }
    /// ```
    pub fn download(&self, uri: impl AsRef<str>) -> DownloadFile {
        DownloadFile {
            client: self.client().clone(),
            uri: uri.as_ref().to_owned(),
            execution: None,
            format: None,
        }
    }
}

/// A download of an execution's file; see [`Executions::download`].
#[must_use = "a download does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct DownloadFile {
    client: Client,
    uri: String,
    execution: Option<String>,
    format: Option<FileFormat>,
}

impl DownloadFile {
    /// Sets the execution that the file belongs to, in place of the one in the URI of the file.
    ///
    /// Needed for a flow in a namespace that ends in `.executions`, where the URI seems to have the flow id in the
    /// place of the execution id.
    pub fn of_execution(mut self, id: impl Into<String>) -> Self {
        self.execution = Some(id.into());
        self
    }

    /// Sets the format of the content. Requires Kestra 2.0 or later.
    pub fn format(mut self, format: impl Into<FileFormat>) -> Self {
        self.format = Some(format.into());
        self
    }

    async fn begin(self) -> Result<Download, Error> {
        let named = self.execution.or_else(|| execution_of(&self.uri).map(str::to_owned));
        let execution = named.ok_or_else(|| {
            let problem = "the address names no execution, as in `kestra:///…/executions/{id}/…`: name it with `of_execution`";
            Error::invalid("uri", problem)
        })?;
        let Self { client, uri, format, .. } = self;
        record_execution(&client, &execution);
        let request = move || {
            let call = client.executions().download_file_from_execution(&execution, uri.as_str());
            match &format {
                Some(format) => call.format(format.clone()),
                None => call,
            }
        };
        let download = request().await?;
        // A file of an execution never changes.
        Ok(download.resumed_by(move |from| rest(request(), from)))
    }
}

/// Requests the rest of a file from a byte on; encoded bytes would be counted otherwise.
fn rest(request: DownloadFileFromExecution<Client>, from: u64) -> CallFuture {
    let request = request.header(RANGE, format!("bytes={from}-")).header(ACCEPT_ENCODING, "identity");
    // The raw body, as another download would check its end, too.
    Box::pin(async move { request.send().await.map(|response| response.map(Download::into_raw_body)) })
}

several_calls!(DownloadFile: client, "download" => Download, DownloadFile::begin, "Sets the timeout until the file begins to arrive.");

/// The id behind `/executions/`, which of an address of a file the end of the namespace and the flow may be called as well.
fn execution_of(address: &str) -> Option<&str> {
    let (_, mut rest) = address.split_once("/executions/")?;
    if address.starts_with("kestra:") {
        while let Some(further) = rest.strip_prefix("executions/") {
            rest = further;
        }
    }
    let id = rest.split(['/', '?', '#']).next()?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_id.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::execution_of;

    #[test]
    fn an_address_names_its_execution() {
        assert_eq!(execution_of("kestra:///a/b/executions/4kJ/tasks/t/1/x.csv"), Some("4kJ"));
        assert_eq!(execution_of("kestra:///company/executions/executions/4kJ/x.csv"), Some("4kJ"));
        assert_eq!(execution_of("/api/v1/main/executions/4kJ/file?path=x"), Some("4kJ"));
        for address in ["kestra:///a/b/_files/x", "", "/executions/", "/executions/../x"] {
            assert_eq!(execution_of(address), None, "{address}");
        }
    }
}
