//! A route of an operation.

use std::fmt;

use http::Method;

use crate::version::Versions;

/// One route of an operation and the versions that have it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Route {
    verb: Verb,
    pub(crate) pieces: Pieces,
    /// Path template, such as `/api/v1/{tenant}/flows/{namespace}/{id}`.
    pub path: &'static str,
    /// The versions that have it.
    pub versions: Versions,
}

/// A path template, split at its braces at compile time.
///
/// Text and names of path parameters alternate; the first and the last piece are text, which may be empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pieces {
    ends: [u8; MAX_PIECES],
    count: u8,
}

/// Enough for a tenant and six path parameters.
const MAX_PIECES: usize = 15;

impl Pieces {
    const fn of(path: &str) -> Self {
        let bytes = path.as_bytes();
        assert!(bytes.len() < 256, "a path template is shorter than 256 bytes");
        let mut pieces = Self { ends: [0; MAX_PIECES], count: 0 };
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == b'{' || bytes[at] == b'}' {
                pieces.ends[pieces.count as usize] = at as u8;
                pieces.count += 1;
            }
            at += 1;
        }
        pieces.ends[pieces.count as usize] = at as u8;
        pieces.count += 1;
        assert!(pieces.count % 2 == 1, "every brace of a path template has its counterpart");
        pieces
    }

    /// Returns the pieces of the template, and whether each is the name of a path parameter.
    pub(crate) fn iter(&self, path: &'static str) -> impl Iterator<Item = (&'static [u8], bool)> {
        let mut start = 0;
        let mut is_name = true;
        self.ends[..usize::from(self.count)].iter().map(move |end| {
            let end = usize::from(*end);
            let piece = path.as_bytes().get(start..end).unwrap_or_default();
            start = end + 1;
            is_name = !is_name;
            (piece, is_name)
        })
    }
}

/// The methods that the API uses, in a form that static tables can hold.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

macro_rules! routes {
    ($($name:ident $verb:ident),*) => {$(
        #[doc = concat!("Creates a route with the method `", stringify!($verb), "`, which HTTP writes in capitals.")]
        #[must_use]
        pub const fn $name(path: &'static str, versions: Versions) -> Self {
            Self { verb: Verb::$verb, pieces: Pieces::of(path), path, versions }
        }
    )*};
}

impl Route {
    routes!(get Get, post Post, put Put, patch Patch, delete Delete);

    /// Returns the method.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Put => Method::PUT,
            Verb::Patch => Method::PATCH,
            Verb::Delete => Method::DELETE,
        }
    }
}

/// Writes the method and the path template.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method(), self.path)
    }
}
