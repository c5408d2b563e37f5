use std::sync::{Arc, Mutex};

use http::StatusCode;
use http_body_util::StreamBody;

use super::*;

static INFO: OperationInfo = OperationInfo::new("read_file", "files", &[]);

/// A body of these bytes that then breaks, unless they are all.
fn body(bytes: &'static [u8], breaks: bool) -> Body {
    let broken = breaks.then(|| Err(std::io::Error::other("reset")));
    let frames = std::iter::once(Ok(http_body::Frame::data(Bytes::from_static(bytes)))).chain(broken);
    Body::new(StreamBody::new(futures_util::stream::iter(frames)))
}

fn answer(status: StatusCode, name: http::HeaderName, value: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(name, http::HeaderValue::from_static(value));
    response
}

type Answers = Arc<Mutex<Vec<Response<Body>>>>;

/// What comes of a file of ten bytes that is cut after four; and from which bytes on it was asked for again.
async fn read(answers: Vec<Response<Body>>) -> (Result<Bytes, Error>, Vec<u64>) {
    let (answers, asked): (Answers, _) = (Arc::new(Mutex::new(answers)), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&asked);
    let first = answer(StatusCode::OK, CONTENT_LENGTH, "10", body(b"0123", true));
    let download = Download::new(first, &INFO).resumed_by(move |from| {
        seen.lock().unwrap().push(from);
        let next = answers.lock().unwrap().pop();
        Box::pin(async move { next.ok_or_else(|| Error::new(ErrorKind::Connect, "nobody is there")) })
    });
    let read = download.bytes().await;
    let asked = asked.lock().unwrap().clone();
    (read, asked)
}

#[tokio::test]
async fn the_rest_of_a_file_is_read_or_what_was_read_is_skipped() {
    let range = |value, bytes, breaks| {
        answer(StatusCode::PARTIAL_CONTENT, http::header::CONTENT_RANGE, value, body(bytes, breaks))
    };
    let whole = |breaks| answer(StatusCode::OK, CONTENT_LENGTH, "10", body(b"0123456789", breaks));

    let (read_all, asked) = read(vec![range("bytes 4-9/10", b"456789", false)]).await;
    assert_eq!((read_all.unwrap(), asked), (Bytes::from_static(b"0123456789"), vec![4]));
    let (read_all, asked) = read(vec![whole(false)]).await;
    assert_eq!((read_all.unwrap(), asked), (Bytes::from_static(b"0123456789"), vec![4]));
    // Cut twice, then whole; a piece of what is known already is no progress.
    let known = answer(StatusCode::OK, CONTENT_LENGTH, "10", body(b"01", true));
    let (read_all, asked) = read(vec![whole(false), known, range("bytes 4-9/10", b"45", true)]).await;
    assert_eq!((read_all.unwrap(), asked), (Bytes::from_static(b"0123456789"), vec![4, 6, 6]));
}

#[tokio::test]
async fn what_is_not_the_rest_is_refused() {
    let other = answer(StatusCode::OK, CONTENT_LENGTH, "11", body(b"0123456789a", false));
    let wrong =
        answer(StatusCode::PARTIAL_CONTENT, http::header::CONTENT_RANGE, "bytes 0-9/10", body(b"0", false));
    for answers in [vec![other], vec![wrong], vec![]] {
        let error = read(answers).await.0.unwrap_err();
        assert!(error.to_string().contains("cut after 4 of 10 bytes"), "{error}");
    }
    let empty = || answer(StatusCode::OK, CONTENT_LENGTH, "10", body(b"012", true));
    let (read_all, asked) = read((0..9).map(|_| empty()).collect()).await;
    assert!(read_all.is_err());
    assert_eq!(asked, [4, 4, 4, 4], "it isn't tried forever");
}
