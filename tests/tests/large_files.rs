//! Files of any size go up and down within a bounded memory, and arrive as they were.
//!
//! `KESTRA_TEST_FILE_MB` says how large, 64 if not set. Two gigabytes:
//!
//! ```sh
//! KESTRA_TEST_FILE_MB=2048 cargo test --release -p kestra-tests --test large_files
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _, stream};
use http::{Method, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kestra::{Client, FilePart};
use kestra_tests::memory::Growth;
use tokio::net::TcpListener;

/// By how much the process may grow, in bytes.
const GROWTH: u64 = 20 << 20;
const CHUNK: usize = 64 * 1024;

/// The content of a file, made as it is read: no piece is like another.
struct Content {
    at: u64,
    left: u64,
}

impl Content {
    fn new(size: u64) -> Self {
        Self { at: 0, left: size }
    }

    fn fill(&mut self, piece: &mut [u8]) {
        for word in piece.chunks_mut(8) {
            self.at = self.at.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.at ^ (self.at >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_le_bytes();
            let length = word.len();
            word.copy_from_slice(&mixed[..length]);
        }
        self.left -= piece.len() as u64;
    }

    fn next_piece(&mut self) -> Option<Bytes> {
        let length = CHUNK.min(usize::try_from(self.left).unwrap_or(CHUNK));
        let mut piece = vec![0; length];
        self.fill(&mut piece);
        (length > 0).then(|| piece.into())
    }
}

/// FNV-1a, which tells any change of a piece or of their order.
#[derive(Clone, Debug)]
struct Digest {
    hash: u64,
    bytes: u64,
}

impl Default for Digest {
    fn default() -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, bytes: 0 }
    }
}

impl Digest {
    fn add(&mut self, piece: &[u8]) {
        for byte in piece {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.bytes += piece.len() as u64;
    }

    fn of(size: u64) -> (u64, u64) {
        let (mut content, mut digest) = (Content::new(size), Self::default());
        while let Some(piece) = content.next_piece() {
            digest.add(&piece);
        }
        (digest.hash, digest.bytes)
    }
}

fn pieces(size: u64) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + Sync {
    let mut content = Content::new(size);
    stream::iter(std::iter::from_fn(move || content.next_piece().map(Ok)))
}

type Uploaded = Arc<Mutex<Digest>>;

/// Takes a form with one file of this size, and gives the file back.
async fn answer(
    request: Request<Incoming>,
    size: u64,
    uploaded: Uploaded,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    if request.uri().path().ends_with("/configs") {
        return Ok(Response::new(Full::from(r#"{"version":"2.0.0"}"#).boxed()));
    }
    if request.method() == Method::GET {
        let pieces = pieces(size).map_ok(Frame::data);
        let mut response = Response::new(BoxBody::new(StreamBody::new(pieces)));
        response.headers_mut().insert(http::header::CONTENT_LENGTH, size.into());
        return Ok(response);
    }
    let mut body = request.into_body();
    let (mut head, mut left) = (Vec::new(), size);
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(mut piece) = frame.into_data() else { continue };
        if left == size {
            // The part's own head comes before the file.
            head.extend_from_slice(&piece);
            let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            piece = std::mem::take(&mut head).split_off(end + 4).into();
        }
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        uploaded.lock().unwrap().add(&piece[..length]);
        left -= length as u64;
    }
    Ok(Response::new(Full::default().boxed()))
}

async fn serve(size: u64) -> (String, Uploaded) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let uploaded = Uploaded::default();
    let seen = Arc::clone(&uploaded);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let seen = Arc::clone(&seen);
            let service = service_fn(move |request| answer(request, size, Arc::clone(&seen)));
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    (url, uploaded)
}

#[tokio::test]
async fn memory_does_not_grow_with_the_file() {
    let megabytes =
        std::env::var("KESTRA_TEST_FILE_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(64);
    let size: u64 = megabytes << 20;
    let (url, uploaded) = serve(size).await;
    let client = Client::builder().server(url).tenant("main").build().unwrap();
    let files = client.files();
    let expected = Digest::of(size);
    let growth = Growth::begin();

    let part = FilePart::stream("large.bin", pieces(size)).length(size);
    files.create_namespace_file("company.team", "/large.bin", part).await.unwrap();
    {
        let uploaded = uploaded.lock().unwrap();
        assert_eq!((uploaded.hash, uploaded.bytes), expected);
    }

    let mut digest = Digest::default();
    let mut download = files.get_file_content("company.team", "/large.bin").await.unwrap();
    while let Some(piece) = download.next().await {
        digest.add(&piece.unwrap());
    }
    assert_eq!((digest.hash, digest.bytes), expected);

    let grown = growth.to_peak();
    println!("{megabytes} MB up and down, grown by {grown:?} bytes");
    assert!(grown.is_none_or(|grown| grown < GROWTH), "it grew by {grown:?} bytes");
}
