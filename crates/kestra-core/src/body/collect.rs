//! Reads a body into memory, up to a limit.

use std::pin::pin;

use bytes::{Buf as _, Bytes};
use http_body::Body;
use http_body_util::BodyExt as _;

/// What was read of a body so far, up to a limit. Most bodies are one piece, which is kept as it came.
#[derive(Debug)]
pub struct Collector {
    read: Pieces,
    limit: usize,
}

#[derive(Debug)]
enum Pieces {
    One(Bytes),
    Many(Vec<u8>),
}

impl Collector {
    /// Creates a collector of at most `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self { read: Pieces::One(Bytes::new()), limit }
    }

    /// Adds a piece, after which `expected` more bytes are expected. Returns `false` if only its start fits into the limit.
    pub fn push(&mut self, mut piece: Bytes, expected: Option<u64>) -> bool {
        let room = self.limit - self.len();
        let fits = piece.len() <= room;
        piece.truncate(room);
        match &mut self.read {
            Pieces::One(first) if first.is_empty() => *first = piece,
            Pieces::One(first) => {
                let expected = usize::try_from(expected.unwrap_or(0)).unwrap_or(room).min(room - piece.len());
                let mut all = Vec::with_capacity(first.len() + piece.len() + expected);
                all.extend_from_slice(first);
                all.extend_from_slice(&piece);
                self.read = Pieces::Many(all);
            }
            Pieces::Many(all) => all.extend_from_slice(&piece),
        }
        fits
    }

    /// Reads a body to its end. Returns `false` if it has more bytes than the limit.
    pub async fn read<B: Body>(&mut self, body: B) -> Result<bool, B::Error> {
        let mut body = pin!(body);
        while let Some(frame) = body.frame().await {
            let Ok(mut data) = frame?.into_data() else { continue };
            let piece = data.copy_to_bytes(data.remaining());
            if !self.push(piece, body.size_hint().exact()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes what was read out.
    pub fn take(&mut self) -> Bytes {
        match std::mem::replace(&mut self.read, Pieces::One(Bytes::new())) {
            Pieces::One(bytes) => bytes,
            Pieces::Many(bytes) => bytes.into(),
        }
    }

    fn len(&self) -> usize {
        match &self.read {
            Pieces::One(bytes) => bytes.len(),
            Pieces::Many(bytes) => bytes.len(),
        }
    }
}
