//! Importing flows from a file.

use crate::archive;
use crate::dialect::Dialect;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::yaml;

/// Imports a YAML file or an archive of such; answers the names of what failed, with 200 all the same.
pub(super) async fn import(cx: Context) -> Answer {
    let parts = cx.request.parts_with("fileUpload").await?;
    let Some(part) = parts.into_iter().find(|part| part.name == "fileUpload") else {
        return Err(ApiError::internal("Required Part [fileUpload] not specified"));
    };
    let filename = part.filename.clone().unwrap_or_default();
    let mut failed = Vec::new();
    let mut first = None;
    let mut save = |name: String, source: &str| {
        match cx.app.parse_flow(source) {
            Ok(flow) => {
                cx.app.flows().save(flow, source.to_owned());
            }
            Err(problem) => {
                failed.push(name);
                first.get_or_insert(problem);
            }
        };
    };
    match filename.rsplit_once('.').map(|(_, extension)| extension) {
        Some("yml" | "yaml") => {
            for (index, document) in yaml::documents(&part.text()).iter().enumerate() {
                save(format!("{filename}(flow number: {index})"), document);
            }
        }
        Some("zip") => {
            let entries = archive::read(&part.body).ok_or_else(|| {
                ApiError::not_served("the import of archives that are packed in an unusual way")
            })?;
            for entry in entries.iter().filter(|entry| is_yaml(&entry.name)) {
                save(entry.name.clone(), &String::from_utf8_lossy(&entry.data));
            }
        }
        extension => {
            let extension = extension.map(|extension| format!(".{extension}")).unwrap_or_default();
            return Err(ApiError::illegal_argument(format!("Cannot import file of type {extension}")));
        }
    }
    if let (Some(problem), true) = (first, cx.dialect() >= Dialect::V1_3 && cx.query().flag("failOnError")) {
        return Err(problem);
    }
    Reply::json(&failed)
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}
