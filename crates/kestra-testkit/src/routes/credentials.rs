//! Setting the credentials of a server, as its first page does.

use serde::Deserialize;

use crate::http::{Answer, ApiError, Context, Reply, Route, now};

/// How long a name or a password may be.
const MAX_LENGTH: usize = 256;

/// The routes of credentials.
pub(crate) fn routes() -> Vec<Route> {
    vec![Route::post("basicAuth", now!(set))]
}

/// What is to be set.
#[derive(Deserialize)]
struct Credentials {
    username: Option<String>,
    password: Option<String>,
}

fn set(cx: &Context) -> Answer {
    let asked: Credentials = cx.json("basicAuthCredentials")?;
    let (username, password) = (asked.username.unwrap_or_default(), asked.password.unwrap_or_default());
    let mut faults = Vec::new();
    if username.is_empty() {
        faults.push("No user name set for Basic Authentication. Please provide a user name.");
    } else if !is_email(&username) {
        faults.push("Invalid username for Basic Authentication. Please provide a valid email address.");
    }
    if password.is_empty() {
        faults.push("No password set for Basic Authentication. Please provide a password.");
    } else if !is_strong(&password) {
        faults.push(
            "Invalid password for Basic Authentication. The password must have 8 chars, one upper, one lower and one number",
        );
    }
    if username.len() > MAX_LENGTH || password.len() > MAX_LENGTH {
        faults.push("The length of email or password should not exceed 256 characters.");
    }
    if !faults.is_empty() {
        return Err(ApiError::new(400, format!("{}: Resource fails validation", faults.join(", "))));
    }
    cx.app.set_credentials(username, password);
    Ok(Reply::empty(204))
}

fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    !name.is_empty()
        && !text.contains(char::is_whitespace)
        && domain.split('.').all(|part| !part.is_empty())
        && domain.contains('.')
}

fn is_strong(password: &str) -> bool {
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    password.chars().count() >= 8
        && has(|c| c.is_ascii_uppercase())
        && has(|c| c.is_ascii_lowercase())
        && has(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{is_email, is_strong};

    #[test]
    fn names_are_addresses_and_passwords_strong() {
        assert!(is_email("ada@example.com") && !is_email("ada") && !is_email("ada@example"));
        assert!(is_strong("Secret123") && !is_strong("secret123") && !is_strong("Sec1"));
    }
}
