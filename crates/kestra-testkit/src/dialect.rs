//! The version of the server that is spoken.

/// Which server the embedded one behaves like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The routes and answers of a 1.0 server.
    V1_0,
    /// The routes and answers of a 1.3 server.
    V1_3,
    /// The routes and answers of a 2.0 server.
    #[default]
    V2_0,
}

impl Dialect {
    /// All of them, oldest first: what a test of a client goes through.
    pub const ALL: [Self; 3] = [Self::V1_0, Self::V1_3, Self::V2_0];

    /// The full version that such a server names in its configuration.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0.3",
            Self::V1_3 => "1.3.25",
            Self::V2_0 => "2.0.0",
        }
    }

    /// Whether this is a server of the 2.x line.
    pub(crate) fn is_v2(self) -> bool {
        self >= Self::V2_0
    }
}
