//! Reading files and what is known of them.

use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, EXPIRES, LAST_MODIFIED};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::path;
use crate::archive::{self, Entry};
use crate::dialect::Dialect;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::store::FileNode;

/// The content of a file, now or in a revision.
pub(super) fn content(cx: &Context) -> Answer {
    let path = path::required(cx, "path")?;
    let namespace = cx.param("namespace");
    let revision = cx.query().number("revision")?;
    let node = find(cx, &path)?;
    if node.is_folder() {
        return Err(ApiError::not_found_because(format!(
            "'{path}' is a directory in namespace '{namespace}', it has no content to read."
        )));
    }
    let asked = revision.filter(|_| cx.dialect() >= Dialect::V1_3);
    let content = match asked {
        None => node.content(),
        Some(asked) => {
            let found = node.revisions.iter().find(|one| i64::try_from(one.revision) == Ok(asked));
            let missing = || {
                ApiError::not_found_because(format!(
                    "Revision {asked} of file '{path}' was not found in namespace '{namespace}'."
                ))
            };
            found.ok_or_else(missing)?.content.clone()
        }
    };
    let now = Timestamp::now();
    Ok(Reply::bytes("application/octet-stream", content)
        .with_header(CACHE_CONTROL, "no-cache")
        .with_header(EXPIRES, &http_date(now + SignedDuration::from_hours(24)))
        .with_header(LAST_MODIFIED, &http_date(node.modified)))
}

fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn find(cx: &Context, path: &str) -> Result<FileNode, ApiError> {
    cx.app.files().find(cx.param("namespace"), path).ok_or_else(|| path::missing(cx, path))
}

/// Facts of a file or folder.
pub(super) fn facts(cx: &Context) -> Answer {
    let path = path::optional(cx)?;
    let node = find(cx, &path)?;
    Reply::json(&view(&node, cx.dialect()))
}

/// The numbers of a file's revisions.
pub(super) fn revisions(cx: &Context) -> Answer {
    let path = path::required(cx, "path")?;
    let node = cx.app.files().find(cx.param("namespace"), &path).filter(|node| !node.is_folder());
    let node = node.ok_or_else(|| ApiError::not_found_because(format!("File not found: {path}")))?;
    Reply::json(&node.revisions.iter().map(|one| json!({"revision": one.revision})).collect::<Value>())
}

/// What is in a folder.
pub(super) fn list(cx: &Context) -> Answer {
    let path = path::optional(cx)?;
    let node = find(cx, &path)?;
    if !node.is_folder() && cx.dialect() < Dialect::V1_3 {
        return Err(ApiError::internal(path));
    }
    let children = cx.app.files().children(cx.param("namespace"), &path);
    path::check_listed(cx, children.iter().map(|node| node.path.as_str()))?;
    Reply::json(&children.iter().map(|node| view(node, cx.dialect())).collect::<Value>())
}

/// The paths of files that contain a text; 2.0 finds nothing for an empty one.
pub(super) fn search(cx: &Context) -> Answer {
    let query = cx.query();
    let asked = query.required("q")?;
    let all = cx.app.files().below(cx.param("namespace"), "");
    path::check_listed(cx, all.iter().map(|node| node.path.as_str()))?;
    let nothing = asked.is_empty() && cx.dialect().is_v2();
    let wanted = |node: &&FileNode| !node.is_folder() && !nothing && node.path.contains(asked);
    Reply::json(&all.iter().filter(wanted).map(|node| json!(node.path)).collect::<Value>())
}

/// All files of a namespace and the sources of its flows in an archive.
pub(super) fn export(cx: &Context) -> Answer {
    let namespace = cx.param("namespace");
    let files = cx.app.files().below(namespace, "");
    path::check_listed(cx, files.iter().map(|node| node.path.as_str()))?;
    let mut entries: Vec<Entry> = files
        .iter()
        .filter(|node| !node.is_folder())
        .map(|node| Entry {
            name: node.path.trim_start_matches('/').to_owned(),
            data: node.content().to_vec(),
        })
        .collect();
    let flows = cx.app.flows().all();
    entries.extend(
        flows
            .into_iter()
            .filter(|flow| flow.namespace() == namespace)
            .map(|flow| Entry { name: format!("_flows/{}.yml", flow.id()), data: flow.source.into_bytes() }),
    );
    let name = format!("attachment; filename=\"{namespace}_files.zip\"");
    Ok(Reply::bytes("application/octet-stream", archive::write(&entries))
        .with_header(CONTENT_DISPOSITION, &name))
}

fn view(node: &FileNode, dialect: Dialect) -> Value {
    let old = dialect < Dialect::V1_3;
    let size = if node.is_folder() && old { 4096 } else { node.content().len() };
    let mut view = json!({
        "type": if node.is_folder() { "Directory" } else { "File" },
        "size": size,
        "fileName": if node.path.is_empty() { "_files" } else { node.name() },
        "lastModifiedTime": node.modified.as_millisecond(),
        "creationTime": node.created.as_millisecond(),
    });
    if !old {
        view["metadata"] = json!({});
    }
    view
}
