//! Following an execution and its log through what servers and everything on the way do to streams, on paused time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod support;

use std::time::Duration;

use kestra_core::{Error, ErrorKind};
use kestra_models::{Execution, StateType};
use kestra_operations::{FollowExecution, FollowLogsFromExecution, FollowSettings};
use support::{Fake, Reply, execution, frame};
use tokio::time::Instant;

const FOLLOW: &str = "follow_execution";
const GET: &str = "get_execution";
const SECOND: Duration = Duration::from_secs(1);

/// What a follow gives.
async fn given(fake: &Fake, settings: FollowSettings) -> Result<Vec<Execution>, Error> {
    let mut states = FollowExecution::new("it").on(fake.clone()).stream_with(settings);
    let mut given = Vec::new();
    while let Some(state) = states.next().await {
        given.push(state?);
    }
    Ok(given)
}

fn states(given: &[Execution]) -> Vec<&str> {
    given.iter().map(|one| one.state_type().map_or("none", StateType::as_str)).collect()
}

fn known() -> FollowSettings {
    FollowSettings { is_known: true, ..FollowSettings::default() }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_cut_after_an_event_that_was_seen_is_opened_ever_more_seldom() {
    let fake = Fake::new(|operation, _, since| match operation {
        FOLLOW if since < SECOND * 120 => Reply::events([frame("progress", &execution("it", "RUNNING", 2))]),
        FOLLOW => Reply::events([frame("end", &execution("it", "SUCCESS", 3))]),
        _ => Reply::json(execution("it", if since < SECOND * 120 { "RUNNING" } else { "SUCCESS" }, 3)),
    });
    let given = given(&fake, FollowSettings::default()).await.unwrap();
    assert_eq!(states(&given), ["RUNNING", "SUCCESS"]);
    let opened = fake.count(FOLLOW);
    assert!((10..60).contains(&opened), "opened {opened} times in 2 minutes");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_gives_news_or_lasts_a_second_is_opened_again_soon() {
    // Something new on each connection.
    let news = Fake::new(|operation, count, _| match operation {
        FOLLOW if count < 100 => Reply::events([frame("progress", &execution("it", "RUNNING", count + 1))]),
        FOLLOW => Reply::events([frame("end", &execution("it", "SUCCESS", 200))]),
        _ => Reply::json(execution("it", "SUCCESS", 200)),
    });
    let begun = Instant::now();
    given(&news, FollowSettings::default()).await.unwrap();
    assert!(begun.elapsed() < SECOND * 12, "{:?}", begun.elapsed());
    // Nothing new on any, but they last.
    let lasting = Fake::new(|operation, count, _| match operation {
        FOLLOW if count < 50 => {
            Reply::events([frame("progress", &execution("it", "RUNNING", 2))]).lasting(SECOND * 3 / 2)
        }
        FOLLOW => Reply::events([frame("end", &execution("it", "SUCCESS", 3))]),
        _ => Reply::json(execution("it", "SUCCESS", 3)),
    });
    let begun = Instant::now();
    given(&lasting, FollowSettings::default()).await.unwrap();
    assert!(begun.elapsed() < SECOND * 81, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_end_that_is_none_does_not_end_a_follow() {
    let lies = [
        frame("end", &execution("it", "RUNNING", 2)),
        frame("end", &execution("it", "PAUSED", 2)),
        frame("end", &execution("other", "SUCCESS", 9)),
        frame("end", &execution("other", "RUNNING", 9)),
    ];
    for lie in lies {
        let fake = Fake::new(move |operation, _, since| match operation {
            FOLLOW if since < SECOND * 30 => Reply::events([lie.clone()]),
            FOLLOW => Reply::events([frame("end", &execution("it", "SUCCESS", 4))]),
            _ if since < SECOND * 30 => Reply::json(execution("it", "RUNNING", 2)),
            _ => Reply::json(execution("it", "SUCCESS", 4)),
        });
        let given = given(&fake, FollowSettings::default()).await.unwrap();
        assert_eq!(states(&given), ["RUNNING", "SUCCESS"]);
        assert!(given.iter().all(|one| one.id == "it"));
        assert!(fake.count(FOLLOW) < 40, "{}", fake.count(FOLLOW));
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_another_execution_are_dropped_and_an_unknown_end_state_is_believed() {
    let fake = Fake::new(|operation, _, _| match operation {
        FOLLOW => Reply::events([
            frame("progress", &execution("other", "FAILED", 9)),
            frame("progress", &execution("it", "RUNNING", 2)),
            frame("end", &execution("it", "DISSOLVED", 3)),
        ]),
        _ => Reply::json(execution("it", "DISSOLVED", 3)),
    });
    let given = given(&fake, FollowSettings::default()).await.unwrap();
    assert_eq!(states(&given), ["RUNNING", "DISSOLVED"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_down_answers_500_and_401_and_is_outlasted() {
    let fake = Fake::new(|operation, count, since| match (operation, since.as_secs()) {
        (FOLLOW, 0) if count == 0 => Reply::events([frame("progress", &execution("it", "RUNNING", 2))]),
        (_, 0..2) => Reply::Status(500),
        // Even the question for its health, which needs no database.
        (_, 2..15) => Reply::Refuse,
        (_, 15..25) => Reply::Status(401),
        (FOLLOW, _) => Reply::events([frame("end", &execution("it", "SUCCESS", 3))]),
        _ => Reply::json(execution("it", "SUCCESS", 3)),
    });
    let given = given(&fake, FollowSettings::default()).await.unwrap();
    assert_eq!(states(&given), ["RUNNING", "SUCCESS"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_in_good_health_that_answers_500_is_believed_after_five() {
    let fake = Fake::new(|operation, count, _| match operation {
        FOLLOW if count == 0 => Reply::events([frame("progress", &execution("it", "RUNNING", 2))]),
        "get_configuration" => Reply::json("{}".to_owned()),
        _ => Reply::Status(500),
    });
    let error = given(&fake, FollowSettings::default()).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
    assert!(fake.count(FOLLOW) < 8 && fake.count(GET) < 8);
    // Of what was never seen the first is.
    let fake = Fake::new(|_, _, _| Reply::Status(500));
    given(&fake, FollowSettings::default()).await.unwrap_err();
    assert_eq!(fake.count(FOLLOW) + fake.count(GET), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_and_is_missing_is_asked_for_30_s_longer() {
    let fake = Fake::new(|operation, count, _| match operation {
        FOLLOW if count == 0 => Reply::events([frame("progress", &execution("it", "RUNNING", 2))]),
        FOLLOW => Reply::events([]),
        _ => Reply::Status(404),
    });
    let begun = Instant::now();
    let error = given(&fake, FollowSettings::default()).await.unwrap_err();
    let lasted = begun.elapsed();
    assert!(lasted >= SECOND * 30 && lasted < SECOND * 45, "{lasted:?}");
    assert!(
        error.is_not_found()
            && error.to_string().contains("was deleted, or the server that accepted it lost it"),
        "{error}"
    );
    assert_eq!(error.execution_id(), Some("it"));

    // It comes back, also where the stream itself is 404.
    let fake = Fake::new(|operation, count, since| match operation {
        FOLLOW if count == 0 => Reply::events([frame("progress", &execution("it", "RUNNING", 2))]),
        _ if since < SECOND * 20 => Reply::Status(404),
        FOLLOW => Reply::events([frame("end", &execution("it", "SUCCESS", 3))]),
        _ => Reply::json(execution("it", "SUCCESS", 3)),
    });
    assert_eq!(states(&given(&fake, FollowSettings::default()).await.unwrap()), ["RUNNING", "SUCCESS"]);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_has_seen_is_missing_after_two_seconds_or_what_was_said() {
    for (within, least, most) in [(0, 0, 1), (2, 2, 5), (60, 60, 75)] {
        // The stream itself is silent for 10 s, and then cut.
        let fake = Fake::new(|operation, _, _| match operation {
            FOLLOW => Reply::events([]).lasting(SECOND * 10),
            _ => Reply::Status(404),
        });
        let begun = Instant::now();
        let settings = FollowSettings {
            visible_within: Some(SECOND * within),
            poll: SECOND * 2,
            ..FollowSettings::default()
        };
        let error = given(&fake, settings).await.unwrap_err();
        let lasted = begun.elapsed();
        assert!(error.is_not_found() && !error.to_string().contains("gone"), "{error}");
        assert!(lasted >= SECOND * least && lasted <= SECOND * most, "{within}: {lasted:?}");
    }
    // A server that doesn't answer tells nothing of what is missing.
    let fake = Fake::new(|operation, _, since| match (operation, since.as_secs()) {
        (FOLLOW, _) => Reply::events([]).lasting(SECOND * 10),
        (_, 1..8) => Reply::Refuse,
        (_, 8..) => Reply::json(execution("it", "SUCCESS", 3)),
        _ => Reply::Status(404),
    });
    let settings =
        FollowSettings { visible_within: Some(SECOND * 2), poll: SECOND * 2, ..FollowSettings::default() };
    assert_eq!(states(&given(&fake, settings).await.unwrap()), ["SUCCESS"]);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_the_server_loses_is_read() {
    let fake = Fake::new(|operation, _, since| match operation {
        FOLLOW => Reply::events([frame("progress", &execution("it", "RUNNING", 2))]).lasting(SECOND * 3600),
        _ if since < SECOND * 20 => Reply::json(execution("it", "RUNNING", 2)),
        _ => Reply::json(execution("it", "SUCCESS", 3)),
    });
    let begun = Instant::now();
    let given = given(&fake, FollowSettings::default()).await.unwrap();
    assert_eq!(states(&given), ["RUNNING", "SUCCESS"]);
    assert!(begun.elapsed() < SECOND * 50, "{:?}", begun.elapsed());
    assert!(fake.count(GET) < 8 && fake.count(FOLLOW) == 1, "{} {}", fake.count(GET), fake.count(FOLLOW));
}

#[tokio::test(start_paused = true)]
async fn an_outage_lasts_as_long_as_was_said() {
    for limit in [5, 60, 1200] {
        let fake = Fake::new(|_, _, _| Reply::Refuse);
        let begun = Instant::now();
        let settings = FollowSettings { outage: SECOND * limit, ..known() };
        let error = given(&fake, settings).await.unwrap_err();
        let lasted = begun.elapsed();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert!(lasted >= SECOND * limit && lasted < SECOND * (limit + 11), "{limit}: {lasted:?}");
    }
}

/// A line; two of one number are the same in all fields.
fn line(id: &str, number: u32, message: &str) -> String {
    format!(
        r#"{{"executionId":"{id}","taskId":"t","taskRunId":"r","attemptNumber":0,"level":"INFO","thread":"main",
        "timestamp":"2026-11-30T08:00:{:02}.{:06}Z","message":"{message}"}}"#,
        number / 1000,
        number % 1000
    )
    .replace('\n', "")
}

/// The messages that following the log gives: what the stream gives at once, and what is read at the end.
async fn messages(
    events: Vec<String>,
    stored: Vec<String>,
    date: Option<&'static str>,
) -> (Vec<String>, usize) {
    let fake = Fake::new(move |operation, _, since| match operation {
        "follow_logs_from_execution" => {
            let events = events.iter().map(|line| frame("progress", line));
            Reply::events(events).dated(date).lasting(SECOND * 20)
        }
        "list_logs_from_execution" => Reply::json(format!("[{}]", stored.join(","))),
        FOLLOW if since < SECOND * 5 => {
            Reply::events([frame("progress", &execution("it", "RUNNING", 2))]).lasting(SECOND * 6)
        }
        FOLLOW => Reply::events([frame("end", &execution("it", "SUCCESS", 3))]),
        _ => Reply::json(execution("it", if since < SECOND * 5 { "RUNNING" } else { "SUCCESS" }, 3)),
    });
    let begun = Instant::now();
    let mut lines = FollowLogsFromExecution::new("it").on(fake.clone()).stream();
    let (mut messages, mut at_once) = (Vec::new(), 0);
    while let Some(line) = lines.next().await {
        messages.push(line.unwrap().message);
        if begun.elapsed() < SECOND * 2 {
            at_once += 1;
        }
    }
    (messages, at_once)
}

const BEFORE: Option<&str> = Some("Mon, 30 Nov 2026 07:00:00 GMT");
const AFTER: Option<&str> = Some("Mon, 30 Nov 2026 08:30:00 GMT");

#[tokio::test(start_paused = true)]
async fn a_line_that_the_server_gives_twice_is_shown_once() {
    let (a, b) = (line("it", 1, "a"), line("it", 2, "b"));
    let stored = vec![a.clone(), b.clone()];
    for date in [AFTER, None] {
        let given = messages(vec![a.clone(), a.clone(), b.clone()], stored.clone(), date).await;
        assert_eq!(given, (vec!["a".to_owned(), "b".to_owned()], 2), "{date:?}");
        let given = messages(vec![a.clone(), b.clone(), b.clone(), a.clone()], stored.clone(), date).await;
        assert_eq!(given, (vec!["a".to_owned(), "b".to_owned()], 2), "{date:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn lines_that_are_the_same_are_shown_as_often_as_they_were_written_and_at_once() {
    let (a, b) = (line("it", 1, "a"), line("it", 2, "b"));
    // Stored twice, or given three times and stored twice.
    let stored = vec![a.clone(), a.clone(), b.clone()];
    for given in [vec![a.clone(), a.clone(), b.clone()], vec![a.clone(), a.clone(), a.clone(), b.clone()]] {
        let (messages, at_once) = messages(given, stored.clone(), AFTER).await;
        assert_eq!((messages.join(""), at_once), ("aab".to_owned(), 3));
    }
    // Another fraction of the same millisecond is another line.
    let near = a.replace("000001Z", "000002Z");
    let stored = vec![a.clone(), near.clone()];
    let (shown, at_once) = messages(stored.clone(), stored, AFTER).await;
    assert_eq!((shown.join(""), at_once), ("aa".to_owned(), 2));
    // After the first line that is newer than the connection nothing comes twice by itself: it is shown without a question, also
    // what isn't stored yet.
    let (messages, at_once) =
        messages(vec![b.clone(), a.clone(), a.clone()], vec![b, a.clone()], BEFORE).await;
    assert_eq!((messages.join(""), at_once), ("baa".to_owned(), 3));
}

#[tokio::test(start_paused = true)]
async fn lines_of_another_execution_are_dropped_and_what_was_missed_is_read_at_the_end() {
    let (a, b, other) = (line("it", 1, "a"), line("it", 2, "b"), line("other", 1, "x"));
    let (messages, at_once) = messages(vec![other, a.clone()], vec![a, b], AFTER).await;
    assert_eq!((messages.join(""), at_once), ("ab".to_owned(), 1));
}
