//! Files of executions.

use bytes::Bytes;
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::answer::cell_or;
use crate::engine::ion;
use crate::http::{Answer, ApiError, Context, Reply};

/// How many rows a preview shows at most.
const MAX_ROWS: i64 = 5_000;

/// The file that a request is about.
struct File {
    name: String,
    body: Bytes,
}

/// Finds the file of the query; an answer of its own where it belongs to another execution.
fn file(cx: &Context, route: &str) -> Result<File, ApiError> {
    let query = cx.query();
    let path = query.required("path")?.to_owned();
    let missing = |id: &str| ApiError::not_found_because(format!("Unable to find execution id '{id}'"));
    let execution = cell_or(cx, missing)?.now();
    if path.contains("../") || path.contains("/..") {
        return Err(ApiError::illegal_argument(
            "File should be accessed with their full path and not using relative '..' path.",
        ));
    }
    let own = path.starts_with(&format!("{}/", execution.file_base()));
    let other = path.split("/executions/").nth(1).and_then(|rest| rest.split('/').next());
    if let (false, Some(other)) = (own, other) {
        let target = format!("/api/v1/main/executions/{other}/{route}?path={path}");
        // Every character is one byte, whatever the path has.
        let target: Vec<u8> = target.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
        let mut reply = Reply::empty(301);
        if let Ok(target) = HeaderValue::from_bytes(&target) {
            reply.headers.insert(header::LOCATION, target);
        }
        return Err(ApiError::reply(reply));
    }
    if !own {
        return Err(ApiError::illegal_argument(format!("Invalid path '{path}'")));
    }
    let body = cx
        .app
        .engine
        .file(&path)
        .ok_or_else(|| ApiError::not_found_because(format!("File not found for URI: {path}")))?;
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(File { name, body })
}

/// The file itself, or on 2.0 its rows as lines of JSON.
pub(super) fn download(cx: &Context) -> Answer {
    let file = file(cx, "file")?;
    let query = cx.query();
    let format = query.first("format").map(str::to_ascii_uppercase).filter(|_| cx.dialect().is_v2());
    match format.as_deref() {
        Some("JSONL") => {
            if !file.name.ends_with(".ion") {
                return Err(ApiError::bad_request("JSONL format is only supported for Ion files"));
            }
            let rows = ion::values(&String::from_utf8_lossy(&file.body));
            let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
            return Ok(Reply::bytes("application/x-ndjson", lines));
        }
        Some("RAW") | None => {}
        Some(_) => {
            let given = query.first("format").unwrap_or_default();
            return Err(ApiError::new(
                422,
                format!(
                    "Internal server error: Failed to convert argument [format] for value [{given}] due to: No enum constant \
                     io.kestra.webserver.controllers.api.FileFormat.{given}"
                ),
            ));
        }
    }
    let name = &file.name;
    Ok(Reply::bytes("application/octet-stream", file.body.clone())
        .with_header(header::CACHE_CONTROL, "public, max-age=86400")
        .with_header(
            header::CONTENT_DISPOSITION,
            &format!("attachment; filename=\"{name}\"; filename*=utf-8''{}", name.replace('%', "%25")),
        ))
}

/// The size of a file.
pub(super) fn metas(cx: &Context) -> Answer {
    let file = file(cx, "file/metas")?;
    Reply::json(&json!({"size": file.body.len()}))
}

/// The beginning of a file.
pub(super) fn preview(cx: &Context) -> Answer {
    let query = cx.query();
    let rows = query.number("maxRows")?.unwrap_or(100).clamp(0, MAX_ROWS);
    let file = file(cx, "file/preview")?;
    if let Some(encoding) = query.first("encoding").filter(|name| !is_encoding(name)) {
        return Err(ApiError::illegal_argument(format!("Unable to preview using encoding '{encoding}'")));
    }
    let text = String::from_utf8_lossy(&file.body).into_owned();
    let extension = file.name.rsplit_once('.').map_or("", |(_, extension)| extension).to_owned();
    let limit = usize::try_from(rows).unwrap_or_default();
    let (kind, content, truncated) = match extension.as_str() {
        "ion" | "jsonl" => {
            let all = ion::values(&text);
            let truncated = all.len() > limit;
            ("LIST", all.into_iter().take(limit).collect::<Value>(), truncated)
        }
        "md" => ("MARKDOWN", json!(text), false),
        _ => {
            let truncated = text.lines().count() > limit;
            let shown: String = if truncated {
                text.split_inclusive('\n').take(limit).collect()
            } else {
                text.strip_suffix('\n').unwrap_or(&text).to_owned()
            };
            ("TEXT", json!(shown), truncated)
        }
    };
    let mut preview =
        json!({"extension": extension, "type": kind, "content": content, "truncated": truncated});
    if let (false, Some(map)) = (cx.dialect().is_v2(), preview.as_object_mut()) {
        map.insert("maxLine".to_owned(), json!(rows));
    }
    Reply::json(&preview)
}

fn is_encoding(name: &str) -> bool {
    [
        "utf-8",
        "utf8",
        "utf-16",
        "us-ascii",
        "ascii",
        "iso-8859-1",
        "iso-8859-15",
        "windows-1252",
        "latin1",
        "cp500",
    ]
    .contains(&name.to_ascii_lowercase().as_str())
}
