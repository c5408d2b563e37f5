//! Paths with placeholders, as a test names them.

/// Whether a path is of a template: `{name}` stands for one segment, a `**` at the end for any number.
pub(crate) fn fits(template: &str, path: &str) -> bool {
    let mut expected = template.trim_matches('/').split('/');
    let mut segments = path.trim_matches('/').split('/');
    loop {
        match (expected.next(), segments.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some(part), Some(segment)) => {
                let any = part == "*" || (part.starts_with('{') && part.ends_with('}'));
                if !any && part != segment {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn placeholders_stand_for_one_segment() {
        assert!(fits("/api/v1/{tenant}/flows/{namespace}", "/api/v1/main/flows/company.team"));
        assert!(fits("/api/v1/**", "/api/v1/main/flows"));
        assert!(fits("**", "/ping"));
        assert!(!fits("/api/v1/{tenant}/flows", "/api/v1/main/flows/company.team"));
        assert!(!fits("/api/v1/{tenant}/flows/search", "/api/v1/main/flows"));
    }
}
