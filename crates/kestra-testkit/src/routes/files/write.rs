//! Writing, moving and deleting files.

use super::path;
use crate::archive;
use crate::dialect::Dialect;
use crate::http::{Answer, ApiError, Context, Reply};

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
        cx.app.files().write(namespace, &path, part.body);
        return Ok(Reply::empty(200));
    }
    let entries = archive::read(&part.body)
        .ok_or_else(|| ApiError::not_served("the unpacking of compressed archives"))?;
    for entry in entries.into_iter().filter(|entry| !entry.name.ends_with('/')) {
        if entry.name.starts_with("_flows/") {
            import(&cx, &String::from_utf8_lossy(&entry.data))?;
            continue;
        }
        cx.app.files().write(
            namespace,
            &format!("/{}", entry.name.trim_start_matches('/')),
            entry.data.into(),
        );
    }
    Ok(Reply::empty(200))
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

/// Moves a file or folder; from 1.3 on one that isn't there is no error.
pub(super) fn rename(cx: &Context) -> Answer {
    let (from, to) = (path::required(cx, "from")?, path::required(cx, "to")?);
    path::check_names(cx, &to)?;
    let moved = cx.app.files().rename(cx.param("namespace"), &from, &to);
    if !moved && cx.dialect() < Dialect::V1_3 {
        return Err(ApiError::not_found_because(format!("{from} -> {to}")));
    }
    Ok(Reply::empty(200))
}

/// Deletes a file or folder; one that isn't there is no error.
pub(super) fn delete(cx: &Context) -> Answer {
    let path = path::required(cx, "path")?;
    cx.app.files().delete(cx.param("namespace"), &path);
    Ok(Reply::empty(200))
}
