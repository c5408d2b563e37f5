//! Forms and the bodies they become.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use http_body_util::BodyExt as _;
use kestra_core::internal::Multipart;
use kestra_core::{Body, FilePart};
use tokio_util::io::ReaderStream;

async fn text(body: Body) -> String {
    String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// The body with its boundary replaced.
async fn form(form: Multipart) -> (String, Option<u64>, Option<Body>) {
    let (content_type, body) = form.into_body().unwrap();
    let boundary =
        content_type.to_str().unwrap().strip_prefix("multipart/form-data; boundary=").unwrap().to_owned();
    let (length, again) = (body.length(), body.try_clone());
    let text = text(body).await;
    if let Some(length) = length {
        assert_eq!(text.len() as u64, length);
    }
    (text.replace(&boundary, "B"), length, again)
}

#[tokio::test]
async fn text_parts_have_no_content_type_and_names_are_escaped() {
    let mut parts = Multipart::new();
    parts.text("name", "world").text("a\"b\r\nc", "ü\r\n--B");
    let (text, length, again) = form(parts).await;
    assert_eq!(
        text,
        "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nworld\r\n\
         --B\r\nContent-Disposition: form-data; name=\"a%22b%0D%0Ac\"\r\n\r\nü\r\n--B\r\n\
         --B--\r\n"
    );
    assert!(length.is_some());
    assert!(again.is_some_and(|body| body.as_bytes().is_some()), "parts in memory are one body of bytes");
}

#[test]
fn a_name_that_servers_read_as_another_is_refused() {
    for name in ["a\\", "a\\b", "a\0b", "a\tb", "a\u{7f}"] {
        let mut parts = Multipart::new();
        parts.text(name, "x");
        let error = parts.into_body().unwrap_err();
        assert!(error.to_string().contains("of a part has a backslash or a control character"), "{error}");
    }
}

#[tokio::test]
async fn a_form_without_parts_is_a_form() {
    let (text, _, _) = form(Multipart::new()).await;
    assert_eq!(text, "--B--\r\n");
}

#[tokio::test]
async fn a_path_is_read_again_for_each_attempt() {
    let directory = std::env::temp_dir().join(format!("kestra-core-bodies-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("report.csv");
    let large = "x".repeat(200_000);
    std::fs::write(&path, &large).unwrap();
    let mut parts = Multipart::new();
    parts.text("a", "1").file("report", FilePart::path(&path).content_type("text/csv"));
    let (content_type, body) = parts.into_body().unwrap();
    assert!(content_type.to_str().unwrap().starts_with("multipart/form-data; boundary="));
    let again = body.try_clone().unwrap();
    let length = body.length().unwrap();
    let (first, second) = (text(body).await, text(again).await);
    assert_eq!(first, second);
    assert_eq!(first.len() as u64, length);
    assert!(first.contains("name=\"report\"; filename=\"report.csv\"\r\nContent-Type: text/csv\r\n\r\nxxx"));

    // A file that shrinks must break the connection, since a body that ends early would be taken as complete.
    let mut parts = Multipart::new();
    parts.file("report", FilePart::path(&path));
    let (_, body) = parts.into_body().unwrap();
    std::fs::write(&path, "short").unwrap();
    assert!(body.collect().await.unwrap_err().to_string().contains("ended early"));
    std::fs::remove_dir_all(&directory).unwrap();
}

#[tokio::test]
async fn a_stream_such_as_that_of_a_reader_of_tokio_is_sent_once() {
    let mut parts = Multipart::new();
    parts.file("f", FilePart::stream("f.bin", ReaderStream::new(std::io::Cursor::new(vec![b'x'; 100_000]))));
    let (_, length, again) = form(parts).await;
    assert_eq!(length, None);
    assert!(again.is_none());

    let mut parts = Multipart::new();
    parts.file("f", FilePart::stream("f.bin", ReaderStream::new(&b"abc"[..])).length(3));
    let (text, length, _) = form(parts).await;
    assert!(length.is_some());
    assert!(text.contains("abc"));

    let mut parts = Multipart::new();
    parts.file("f", FilePart::stream("f.bin", ReaderStream::new(&b"abcd"[..])).length(3));
    let (_, body) = parts.into_body().unwrap();
    assert!(body.collect().await.is_err(), "more than was said");
}

#[tokio::test]
async fn a_body_that_is_ours_is_not_boxed_again() {
    let body = Body::new(Body::from("abc"));
    assert_eq!(body.as_bytes().unwrap().as_ref(), b"abc");
    let foreign = Body::new(http_body_util::Full::new(bytes::Bytes::from_static(b"abc")));
    assert!(foreign.as_bytes().is_none());
    assert_eq!(foreign.length(), Some(3));
    assert!(foreign.try_clone().is_none());
    assert_eq!(text(foreign).await, "abc");
    assert_eq!(format!("{:?}", Body::from("secret")), "Body { kind: \"bytes\", length: Some(6) }");
}

#[test]
fn boundaries_differ() {
    let boundaries: std::collections::HashSet<_> =
        (0..100).map(|_| Multipart::new().into_body().unwrap().0.to_str().unwrap().to_owned()).collect();
    assert_eq!(boundaries.len(), 100);
}
