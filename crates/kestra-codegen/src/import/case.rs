//! Names in Rust's cases.

/// The words of a name: `getSCIMGroups_1` is `get`, `SCIM`, `Groups`, `1`.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (index, &c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        let previous = index.checked_sub(1).and_then(|index| chars.get(index)).copied().unwrap_or('_');
        let next = chars.get(index + 1).copied().unwrap_or('_');
        let starts = c.is_ascii_uppercase()
            && (previous.is_ascii_lowercase()
                || previous.is_ascii_digit()
                || (previous.is_ascii_uppercase() && next.is_ascii_lowercase()));
        if starts && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The name in `snake_case`.
#[must_use]
pub fn snake(name: &str) -> String {
    let name = words(name).join("_").to_ascii_lowercase();
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The name in `PascalCase`.
#[must_use]
pub fn pascal(name: &str) -> String {
    let mut pascal = String::new();
    for word in words(name) {
        let mut chars = word.chars();
        if let Some(first) = chars.next() {
            pascal.push(first.to_ascii_uppercase());
            pascal.extend(chars.map(|c| c.to_ascii_lowercase()));
        }
    }
    if pascal.starts_with(|first: char| first.is_ascii_digit()) { format!("V{pascal}") } else { pascal }
}

/// The name as the Go generator writes it: only the letters that begin it and follow a `_` change.
#[must_use]
pub fn go(name: &str) -> String {
    let mut go = String::new();
    let mut upper = true;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            upper = true;
        } else if upper {
            go.push(c.to_ascii_uppercase());
            upper = false;
        } else {
            go.push(c);
        }
    }
    go
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found() {
        assert_eq!(snake("getSCIMResourceByIdGroups"), "get_scim_resource_by_id_groups");
        assert_eq!(snake("exportDashboardChartDataToCSV"), "export_dashboard_chart_data_to_csv");
        assert_eq!(snake("create_2"), "create_2");
        assert_eq!(snake("SCIM-Groups"), "scim_groups");
        assert_eq!(snake("KV"), "kv");
        assert_eq!(pascal("FORCE_RUN"), "ForceRun");
        assert_eq!(pascal("OAUTH2"), "Oauth2");
        assert_eq!(pascal("and"), "And");
        assert_eq!(pascal("2xx"), "V2xx");
        assert_eq!(go("sCIMResourceByIdGroups"), "SCIMResourceByIdGroups");
        assert_eq!(go("Audit Logs"), "AuditLogs");
    }
}
