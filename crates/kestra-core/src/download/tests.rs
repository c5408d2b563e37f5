use std::sync::{Arc, Mutex};

use http::StatusCode;
use http_body_util::{BodyExt as _, StreamBody};

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

#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
async fn what_is_not_the_rest_is_refused() {
    let other = answer(StatusCode::OK, CONTENT_LENGTH, "11", body(b"0123456789a", false));
    let wrong =
        answer(StatusCode::PARTIAL_CONTENT, http::header::CONTENT_RANGE, "bytes 0-9/10", body(b"0", false));
    let mut compressed = answer(StatusCode::OK, CONTENT_LENGTH, "10", body(b"0123456789", false));
    compressed.headers_mut().insert(http::header::CONTENT_ENCODING, http::HeaderValue::from_static("gzip"));
    for answers in [vec![other], vec![wrong], vec![compressed], vec![]] {
        let error = read(answers).await.0.unwrap_err();
        assert!(error.to_string().contains("cut off after 4 of 10 bytes"), "{error}");
    }
    let empty = || answer(StatusCode::OK, CONTENT_LENGTH, "10", body(b"012", true));
    let (read_all, asked) = read((0..9).map(|_| empty()).collect()).await;
    assert!(read_all.is_err());
    assert_eq!(asked, [4, 4, 4, 4], "it isn't tried forever");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_is_asked_again_after_growing_waits() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let first = answer(StatusCode::OK, CONTENT_LENGTH, "10", body(b"0123", true));
    let download = Download::new(first, &INFO).resumed_by(move |from| {
        let seen = Arc::clone(&seen);
        Box::pin(async move {
            seen.lock().unwrap().push(tokio::time::Instant::now());
            match seen.lock().unwrap().len() {
                4 => Ok(answer(
                    StatusCode::PARTIAL_CONTENT,
                    http::header::CONTENT_RANGE,
                    "bytes 4-9/10",
                    body(b"456789", false),
                )),
                _ => Err(Error::new(ErrorKind::Connect, format!("nobody is there for byte {from}"))),
            }
        })
    });
    let begun = tokio::time::Instant::now();
    assert_eq!(download.bytes().await.unwrap(), "0123456789");
    let asked = asked.lock().unwrap();
    assert!(
        asked.len() == 4 && asked[0] >= begun && asked.windows(2).all(|pair| pair[0] < pair[1]),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_it_at_once_and_an_absence_in_the_end() {
    for (kind, tries) in [(ErrorKind::Connect, 4), (ErrorKind::Build, 1)] {
        let asked = Arc::new(Mutex::new(0));
        let seen = Arc::clone(&asked);
        let first = answer(StatusCode::OK, CONTENT_LENGTH, "10", body(b"0123", true));
        let download = Download::new(first, &INFO).resumed_by(move |_| {
            *seen.lock().unwrap() += 1;
            Box::pin(async move { Err(Error::new(kind, "no")) })
        });
        let error = download.bytes().await.unwrap_err();
        assert!(error.to_string().contains("resuming it failed"), "{error}");
        assert_eq!(*asked.lock().unwrap(), tries, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_of_what_is_left_is_resumed_counted_and_checked() {
    let known = |bytes: &Arc<Mutex<u64>>| *bytes.lock().unwrap();
    let bytes = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&bytes);
    // Cut after four bytes, then sent whole and cut after six.
    let answers = Arc::new(Mutex::new(vec![(b"0123456789".as_slice(), false), (b"012345".as_slice(), true)]));
    let first = answer(StatusCode::OK, CONTENT_LENGTH, "10", body(b"0123", true));
    let mut download = Download::new(first, &INFO)
        .resumed_by(move |_| {
            let (bytes, breaks) = answers.lock().unwrap().pop().unwrap();
            Box::pin(async move { Ok(answer(StatusCode::OK, CONTENT_LENGTH, "10", body(bytes, breaks))) })
        })
        .on_progress(move |progress| *seen.lock().unwrap() = progress.bytes);
    assert_eq!(download.next().await.unwrap().unwrap(), "0123");
    assert_eq!(download.next().await.unwrap().unwrap(), "45");
    let rest = download.into_body();
    assert_eq!(rest.length(), Some(4));
    assert_eq!(rest.collect().await.unwrap().to_bytes(), "6789", "nothing twice");
    assert_eq!(known(&bytes), 10);

    // Without a resume, an early end is told.
    let first = answer(StatusCode::OK, CONTENT_LENGTH, "10", body(b"0123", false));
    let error = Error::from_boxed(Download::new(first, &INFO).into_body().collect().await.unwrap_err());
    assert!(error.kind() == ErrorKind::Transport && error.to_string().contains("after 4 of 10"), "{error}");
}

#[tokio::test]
async fn a_dropped_download_leaves_no_file() {
    let folder = std::env::temp_dir().join(format!("kestra-dropped-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for round in 0..50 {
        let first = answer(StatusCode::OK, CONTENT_LENGTH, "4", body(b"0123", false));
        let saving = Download::new(first, &INFO).to_file(folder.join("saved.txt"));
        let mut saving = std::pin::pin!(saving);
        // Dropped at some point, mostly while the file is being created.
        for _ in 0..round % 5 {
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            if saving.as_mut().poll(&mut cx).is_ready() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_micros(50)).await;
        }
    }
    let left = || std::fs::read_dir(&folder).unwrap().filter(is_part).count();
    for _ in 0..100 {
        if left() == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(left(), 0);
    std::fs::remove_dir_all(&folder).unwrap();
}

fn is_part(entry: &std::io::Result<std::fs::DirEntry>) -> bool {
    entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with(".part"))
}
