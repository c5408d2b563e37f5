//! Writing, moving and deleting files.

use std::time::Duration;

use super::path;
use crate::archive;
use crate::dialect::Dialect;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::store::{FileNode, FileStore};

/// Makes a folder.
pub(super) fn create_folder(cx: &Context) -> Answer {
    let path = path::optional(cx)?;
    path::check_names(cx, &path)?;
    cx.app.files().make_folder(cx.param("namespace"), &path);
    Ok(Reply::empty(200))
}

/// Writes a file, all files of an archive, or a flow.
pub(super) async fn create(cx: Context) -> Answer {
    let path = path::required(&cx, "path")?;
    let parts = cx.request.parts_with("fileContent").await?;
    let Some(part) = parts.into_iter().rfind(|part| part.name == "fileContent") else {
        return Err(ApiError::internal("Required Part [fileContent] not specified"));
    };
    let Some(name) = &part.filename else {
        return Err(ApiError::new(
            422,
            "Internal server error: Cannot convert type [class io.micronaut.http.server.netty.MicronautHttpData$AttributeImpl] \
             to target type: interface io.micronaut.http.multipart.CompletedFileUpload. Considering defining a TypeConverter \
             bean to handle this case.",
        ));
    };
    let is_archive = name.to_ascii_lowercase().ends_with(".zip");
    path::check_names(&cx, &path)?;
    let namespace = cx.param("namespace");
    if !is_archive && path.starts_with("/_flows/") {
        return import(&cx, &part.text());
    }
    if !is_archive {
        check_race(&cx, namespace, &path).await?;
        cx.app.files().write(namespace, &path, part.body, cx.dialect());
        return Ok(Reply::empty(200));
    }
    let entries =
        archive::read(&part.body).ok_or_else(|| ApiError::not_served("the unpacking of such archives"))?;
    for entry in entries.into_iter().filter(|entry| !entry.name.ends_with('/')) {
        if entry.name.starts_with("_flows/") {
            import(&cx, &String::from_utf8_lossy(&entry.data))?;
            continue;
        }
        cx.app.files().write(
            namespace,
            &format!("/{}", entry.name.trim_start_matches('/')),
            entry.data.into(),
            cx.dialect(),
        );
    }
    Ok(Reply::empty(200))
}

/// From 1.3 on, of uploads at once that would each make the same folder, one makes it and the others fail.
async fn check_race(cx: &Context, namespace: &str, path: &str) -> Result<(), ApiError> {
    if cx.dialect() < Dialect::V1_3 {
        return Ok(());
    }
    let missing = cx.app.files().missing_folders(namespace, path);
    if !missing.is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let left = cx.app.files().missing_folders(namespace, path);
    let Some(made) = missing.iter().find(|folder| !left.contains(folder)) else { return Ok(()) };
    Err(ApiError::internal(format!(
        "SQL [insert into namespace_file_metadata (\"key\", \"value\") values (?, ?)]; Unique index or primary key violation: \
         \"{namespace}_{made}/_1\""
    )))
}

/// A file among the flows is one: it is stored without being checked, if it can be stored at all.
fn import(cx: &Context, source: &str) -> Answer {
    match cx.app.parse_flow(source) {
        Ok(flow) => {
            cx.app.flows().save(flow, source.to_owned());
            Ok(Reply::empty(200))
        }
        Err(_) => Err(ApiError::internal(
            "SQL [insert into flows (\"key\", \"value\", \"source_code\") values (?, ?, ?)]",
        )),
    }
}

/// Moves a file or folder. 1.0 overwrites what is there and misses what isn't; later ones refuse the one, and do nothing for
/// the other, unless it was moved away on 2.0.
pub(super) fn rename(cx: &Context) -> Answer {
    let (from, to) = (path::moved(cx, "from")?, path::moved(cx, "to")?);
    path::check_names(cx, &to)?;
    let namespace = cx.param("namespace");
    let mut files = cx.app.files();
    if cx.dialect() < Dialect::V1_3 {
        let folder = to.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let has_folder = files.find(namespace, &folder).is_some();
        if !has_folder || !files.rename(namespace, &from, &to) {
            return Err(ApiError::not_found_because(format!("{from} -> {to}")));
        }
        return Ok(Reply::empty(200));
    }
    if files.find(namespace, &to).is_some() {
        let problem = format!("File '{to}' already exists in namespace '{namespace}'.");
        return Err(ApiError::internal(problem));
    }
    if !files.rename(namespace, &from, &to) && cx.dialect().is_v2() && files.is_moved_away(namespace, &from) {
        return Err(ApiError::internal(format!(
            "Failed to move '{from}' to '{to}' in namespace '{namespace}'. All changes have been rolled back."
        )));
    }
    Ok(Reply::empty(200))
}

/// Deletes a file or folder; one that isn't there is no error. While the folder above has one entry the server climbs to it,
/// whatever that entry is.
pub(super) fn delete(cx: &Context) -> Answer {
    let asked = path::to_delete(cx)?;
    let namespace = cx.param("namespace");
    // What is forbidden, or no path, is so before the climb.
    path::normal(cx, &asked)?;
    let mut files = cx.app.files();
    let climbed = if cx.dialect() < Dialect::V1_3 {
        path::check_listed(cx, files.below(namespace, "").iter().map(|node| node.path.as_str()))?;
        climb_in_namespace(&files.below(namespace, ""), asked)
    } else {
        climb_in_tenant(&files, asked)
    };
    files.delete(namespace, &path::normal(cx, &climbed)?);
    Ok(Reply::empty(200))
}

/// The climb of 1.0: it counts all that is below a folder of the namespace, and goes up where that is nothing as well.
fn climb_in_namespace(nodes: &[FileNode], mut path: String) -> String {
    let name = |node: &FileNode| if node.is_folder() { format!("{}/", node.path) } else { node.path.clone() };
    let mut all: Vec<String> = nodes.iter().map(name).collect();
    if all.contains(&format!("{path}/")) {
        path.push('/');
    }
    while path != "/" {
        let parent = path[..=path.rfind('/').unwrap_or_default()].to_owned();
        let is_inside = |other: &String| other.len() > parent.len() && other.starts_with(&parent);
        if parent == "/" || all.iter().filter(|other| is_inside(other)).count() > 1 {
            break;
        }
        all.retain(|other| !is_inside(other));
        path = parent.strip_suffix('/').unwrap_or_default().to_owned();
    }
    path
}

/// The climb of later versions: they count what is directly in a folder of that path, in all namespaces.
fn climb_in_tenant(files: &FileStore, mut path: String) -> String {
    loop {
        let inner = path.strip_suffix('/').unwrap_or(&path);
        let Some((parent, _)) = inner.rsplit_once('/') else { return path };
        if parent.is_empty() || files.count_in_tenant(parent) != 1 {
            return path;
        }
        path = format!("{parent}/");
    }
}
