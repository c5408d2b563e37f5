//! The decoder of server-sent events, at every split of its input.

use kestra_core::internal::sse::{Decoder, Event};
use kestra_core::sse::SseError;
use proptest::prelude::*;

fn decode(pieces: &[&[u8]]) -> Result<Vec<(String, String)>, SseError> {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(Event { id, data, .. }) = decoder.next_event()? {
            events.push((id, data));
        }
    }
    Ok(events)
}

fn expect(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(id, data)| ((*id).to_owned(), (*data).to_owned())).collect()
}

#[allow(clippy::type_complexity, reason = "a table that is read once")]
const STREAMS: [(&[u8], &[(&str, &str)]); 6] = [
    (b"id: start\ndata: {}\n\nid: end\ndata: {\"a\":1}\n\n", &[("start", "{}"), ("end", "{\"a\":1}")]),
    (b"\xEF\xBB\xBFid: a\r\ndata: x\r\n\r\n", &[("a", "x")]),
    (b"id:a\rdata:x\rdata: y\r\rdata\r\r", &[("a", "x\ny"), ("a", "")]),
    (b": comment\nretry: 5\nnope\nid: 1\n\ndata: x\n\n", &[("1", "x")]),
    ("data: ü€😀\n\n".as_bytes(), &[("", "ü€😀")]),
    (b"data: cut", &[]),
];

#[test]
fn every_split_gives_the_same_events() {
    for (stream, events) in STREAMS {
        let events = expect(events);
        for at in 0..=stream.len() {
            assert_eq!(decode(&[&stream[..at], &stream[at..]]).unwrap(), events, "split at {at}");
            for then in at..=stream.len() {
                assert_eq!(decode(&[&stream[..at], &stream[at..then], &stream[then..]]).unwrap(), events);
            }
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(decode(&bytes).unwrap(), events);
    }
}

#[test]
fn a_large_event_and_bad_text_are_errors() {
    let mut decoder = Decoder::with_limit(16);
    decoder.push(b"data: 0123456789abcdefXYZ");
    assert_eq!(decoder.next_event(), Err(SseError::TooLarge { limit: 16 }));
    let mut decoder = Decoder::with_limit(16);
    decoder.push(b"data: 0123456\ndata: 0123456\ndata: 0123456\n");
    assert_eq!(decoder.next_event(), Err(SseError::TooLarge { limit: 16 }));
    assert_eq!(decode(&[b"data: \xFF\n\n"]), Err(SseError::NotUtf8));
}

proptest! {
    #[test]
    fn any_data_survives_any_chunking(
        data in prop::collection::vec("[^\\r\\n]{0,40}", 1..4),
        id in "[a-z-]{0,8}",
        sizes in prop::collection::vec(1usize..9, 1..40),
        ending in prop::sample::select(vec!["\n", "\r", "\r\n"]),
    ) {
        let mut stream = format!("id: {id}{ending}");
        for line in &data {
            stream.push_str(&format!("data: {line}{ending}"));
        }
        stream.push_str(ending);
        let mut rest = stream.as_bytes();
        let mut pieces = Vec::new();
        let mut sizes = sizes.iter().cycle();
        while !rest.is_empty() {
            let size = (*sizes.next().unwrap()).min(rest.len());
            let (piece, after) = rest.split_at(size);
            pieces.push(piece);
            rest = after;
        }
        prop_assert_eq!(decode(&pieces).unwrap(), vec![(id, data.join("\n"))]);
    }

    #[test]
    fn no_bytes_make_it_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..20)) {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let _ = decode(&pieces);
    }
}

mod streams {
    use http::Response;
    use kestra_core::internal::{SharedExecutor, decode};
    use kestra_core::sse::EventStream;
    use kestra_core::{Body, Call, ErrorKind, OperationInfo, Replay, ResponseFuture, Route, Versions};

    static ROUTES: &[Route] = &[Route::post("/api/v1/{tenant}/talk", Versions::ALL)];
    static ACTION: OperationInfo = OperationInfo::new("talk", "ai", ROUTES);
    static FOLLOW: OperationInfo = OperationInfo::new("listen", "ai", ROUTES).replay(Replay::Safe);

    /// What a stream of this operation gives.
    async fn given(info: &'static OperationInfo) -> Vec<Result<i64, ErrorKind>> {
        let executor = SharedExecutor::from_fn(|_| async {
            Ok(Response::new(Body::from("data: 1\n\nid: 7\ndata: 2\n\n")))
        });
        let response = ResponseFuture::new(&executor, Call::new(info), decode::stream);
        let mut stream = EventStream::<i64>::new(response, info);
        let mut given = Vec::new();
        while let Some(event) = stream.next().await {
            given.push(event.map_err(|error| error.kind()));
        }
        given
    }

    #[tokio::test]
    async fn a_close_ends_what_an_action_answers_and_cuts_a_follow() {
        assert_eq!(given(&ACTION).await, [Ok(1), Ok(2)]);
        assert_eq!(given(&FOLLOW).await, [Ok(1), Ok(2), Err(ErrorKind::Transport)]);
    }
}
