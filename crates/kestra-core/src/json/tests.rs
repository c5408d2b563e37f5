//! Tests of documents that `serde_json` refuses or rounds, and of all others against it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map as JsonMap, Value, json};

use super::{Read, from_slice, member};
use crate::object;

#[derive(Debug, Default, PartialEq)]
struct Row {
    id: String,
    size: Option<i64>,
    share: f64,
    at: Option<Timestamp>,
    free: JsonMap<String, Value>,
    counts: BTreeMap<String, f64>,
    rows: Vec<Row>,
}

object! {
    Row {
        0 id = "id",
        1 size = "size",
        2 share = "share",
        3 at = "at",
        4 free = "free",
        5 counts = "counts",
        6 rows = "rows",
    }
}

fn read(json: &str) -> Row {
    from_slice(json.as_bytes()).unwrap_or_else(|problem| panic!("{json}: {problem}"))
}

fn value_of(json: &str) -> Value {
    from_slice(json.as_bytes()).unwrap_or_else(|problem| panic!("{json}: {problem}"))
}

/// Runs on as little stack as threads of a runtime have.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn an_integer_over_64_bits_is_its_digits_where_any_json_may_be() {
    for digits in ["18446744073709551616", "-9223372036854775809", "123456789012345678901", &"9".repeat(400)]
    {
        let row = read(&format!(
            r#"{{"id": {digits}, "size": {digits}, "share": 1, "free": {{"a": [{digits}, "{digits}", 7]}}}}"#
        ));
        assert_eq!(Value::Object(row.free), json!({"a": [digits, digits, 7]}));
        assert_eq!((row.id.as_str(), row.share), (digits, 1.0));
        assert!(matches!(row.size, None | Some(i64::MIN | i64::MAX)), "{:?}", row.size);
    }
    for exact in ["18446744073709551615", "-9223372036854775808", "1.5", "0", "-0.0"] {
        assert_eq!(value_of(exact).to_string(), exact);
    }
    assert_eq!(
        value_of("[1e300, -1e20, 12345678901234567890123.5]"),
        json!([1e300, -1e20, 1.2345678901234568e22])
    );
}

#[test]
fn a_number_that_no_float_has_is_its_text_or_absent() {
    let row = read(
        r#"{"id": "a", "size": 1e999, "share": -1E+999, "free": {"a": 1e999, "b": [-1.5e400]}, "counts": {"a": 1e999, "b": 2}}"#,
    );
    assert_eq!((row.size, row.share), (None, 0.0));
    assert_eq!(Value::Object(row.free), json!({"a": "1e999", "b": ["-1.5e400"]}));
    assert_eq!(row.counts, BTreeMap::from([("b".to_owned(), 2.0)]));
    assert_eq!(from_slice::<Vec<f64>>(b"[1, 1e999, 2]").unwrap(), [1.0, 2.0]);
    assert_eq!(from_slice::<String>(b"1e999").unwrap(), "1e999");
}

#[test]
fn half_a_surrogate_pair_is_the_replacement_character() {
    for (json, text) in [
        (r#""a\ud800b""#, "a\u{fffd}b"),
        (r#""\udc00""#, "\u{fffd}"),
        (r#""\ud83d\ud83d\ude00\ud83d""#, "\u{fffd}\u{1f600}\u{fffd}"),
        (r#""\ud800\n\"\\\/\b\f\r\t\u00e9""#, "\u{fffd}\n\"\\/\u{8}\u{c}\r\té"),
        (r#""\ud800\u0041é""#, "\u{fffd}Aé"),
    ] {
        assert_eq!(value_of(json), text, "{json}");
    }
    let row = read(r#"{"\udead": 1, "id": "\udead", "free": {"\udead": "é"}}"#);
    assert_eq!((row.id.as_str(), Value::Object(row.free)), ("\u{fffd}", json!({"\u{fffd}": "é"})));
    assert_eq!(
        from_slice::<Value>(b"\"a\xed\xa0\x80\"").unwrap().as_str().map(|text| text.starts_with("a\u{fffd}")),
        Some(true)
    );
}

#[test]
fn what_is_no_number_is_one_of_its_kind() {
    let read = from_slice::<Vec<f64>>(br#"["NaN", "Infinity", "-Infinity", 1.5]"#).unwrap();
    assert!(read[0].is_nan());
    assert_eq!(read[1..], [f64::INFINITY, f64::NEG_INFINITY, 1.5]);
    assert!(from_slice::<Vec<f64>>(br#"["nan"]"#).is_err());
}

#[test]
fn a_far_date_spoils_no_row() {
    let row = read(
        r#"{"rows": [{"at": "9999-12-31T23:59:59Z"}, {"at": "-1000000000-01-01T00:00:00Z"}, {"at": "2026-01-01T00:00:00Z"}]}"#,
    );
    let times: Vec<_> = row.rows.iter().filter_map(|row| row.at).collect();
    assert_eq!(times, [Timestamp::MAX, Timestamp::MIN, "2026-01-01T00:00:00Z".parse().unwrap()]);
}

#[test]
fn nesting_is_read_up_to_a_depth_and_told_beyond() {
    on_a_small_stack(|| {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for depth in [1, 127, 128, 129, 512] {
                assert_eq!(value_of(&nested(depth)).to_string(), nested(depth));
                drop(read(&format!(r#"{{"free": {{"a": {}}}}}"#, nested(depth.saturating_sub(2)))));
            }
            for depth in [513, 10_000, 1_000_000] {
                let told = from_slice::<Value>(nested(depth).as_bytes()).unwrap_err().to_string();
                assert!(told.contains(&format!("nested {depth} deep")) && told.contains("512"), "{told}");
                // A skipped value may be nested to any depth.
                let row = read(&format!(r#"{{"other": {}, "id": "\udead"}}"#, nested(depth)));
                assert_eq!(row.id, "\u{fffd}");
            }
        }
        let rows = |depth: usize| format!(r#"{}{}"#, r#"{"rows": ["#.repeat(depth), "]}".repeat(depth));
        drop(read(&rows(256)));
        assert!(from_slice::<Row>(rows(257).as_bytes()).unwrap_err().to_string().contains("nested 514 deep"));
    });
}

#[test]
fn what_is_no_json_is_told_as_ever() {
    for json in [
        "",
        "oops",
        "[1",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\" 1}",
        "{a: 1}",
        "01",
        "-",
        "1.",
        ".5",
        "+1",
        "1e",
        "1e+-5",
        "\"a",
        "\"\u{1}\"",
        "\"\\x\"",
        "\"\\ud8\"",
        "[1]]",
        "nul",
        "[\"\\ud800\", 01]",
        "[\"\\ud800\"",
        "{\"\\ud800\": }",
        "[1e999, 1e]",
        "[1e999, 1.]",
        "[1e999, -]",
        "[1e999, 1-1]",
        "[1e999, 1.5-]",
        "[1e999, 1.5e5.]",
        "[1e999, 00]",
        "[1e999, -01]",
        "[1e999] 2",
        "[1e999 2]",
        "[1e999,]",
    ] {
        let problem = from_slice::<Value>(json.as_bytes()).unwrap_err();
        assert!(problem.to_string().contains("line 1"), "{json}: {problem}");
    }
}

#[test]
fn what_is_passed_over_is_json_too() {
    for other in ["[1 2]", "{,}", "[}", "{\"a\" 1}", "1e", "01", "\"\\x\"", "-", "nul", "[1,]"] {
        for rest in ["", r#", "size": 1e999"#] {
            let json = format!(r#"{{"id": "\udead", "other": {other}{rest}}}"#);
            assert!(from_slice::<Row>(json.as_bytes()).is_err(), "{json}");
        }
    }
    assert_eq!(read(r#"{"id": "\udead", "other": [1e999, "\udead", {"a": [[]]}]}"#).id, "\u{fffd}");
}

#[test]
fn what_does_not_fit_is_told_where_it_is() {
    let json = "{\"id\": \"\\udead\",\n \"rows\": [{\"size\": 123456789012345678901}, {\"size\": \"many\"}]}";
    let problem = from_slice::<Row>(json.as_bytes()).unwrap_err();
    assert_eq!(problem.path(), Some("rows[1].size"));
    assert!(problem.to_string().contains(r#"expected an integer, found "many" at line 2"#), "{problem}");
    let problem = from_slice::<Row>(br#"{"id": "\udead", "rows": [{"size": {"a": 1}}]}"#).unwrap_err();
    assert_eq!(problem.path(), Some("rows[0].size"));
}

#[test]
fn a_member_is_as_it_is_written() {
    let json = br#" {"a": [1, {"b": "]}"}] , "x\"" : 7, "outputs":{"n": 123456789012345678901 },"z":null} "#;
    for (name, text) in [
        ("a", r#"[1, {"b": "]}"}]"#),
        ("x\"", "7"),
        ("outputs", r#"{"n": 123456789012345678901 }"#),
        ("z", "null"),
    ] {
        assert_eq!(member(json, name), Some(text.as_bytes()));
    }
    assert_eq!(member(br#"{"a": 1, "b": 2, "a": 3}"#, "a"), Some(&b"3"[..]));
    for none in [&b"[]"[..], b"", b"{", b"{}", br#"{"a": }"#, br#"{"b": 1"#] {
        assert_eq!(member(none, "a"), None);
    }
}

/// Checks that a document which is read through serde is read the same, and returns whether it is read. `serde_json` rounds
/// integers over 64 bits.
fn read_as_by_serde<T: Read + std::fmt::Debug>(json: &[u8]) -> Result<bool, TestCaseError> {
    let read = from_slice::<T>(json);
    let rounds = json.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() > 18);
    let mut by_serde = T::blank();
    let is_read =
        std::str::from_utf8(json).is_ok_and(|text| super::read_by_serde(text, by_serde.shape()).is_ok());
    if is_read && !rounds {
        prop_assert_eq!(format!("{read:?}"), format!("{:?}", Ok::<_, super::Problem>(by_serde)));
    }
    Ok(read.is_ok())
}

#[test]
fn what_servers_send_is_read() {
    for json in [
        r#"{"source": "id: a\nlabel: \"b\"\t\u00e9\ud83d\ude00", "id": "\n"}"#,
        r#" { "rows" : [ null , {"size": null, "share": 1.5e3} ] , "unknown": [{"a": [1, "]"]}], "id": 7 } "#,
        r#"{"size": "12", "at": "2026-01-01T00:00:00Z", "counts": {"a": 0.1, "b": null}, "free": {"": [[], {}]}}"#,
        r#"{"free": {"large": 123456789012345678901, "far": -1e999, "half": "\ud800"}, "counts": {"far": 1e999}, "share": -0}"#,
        "{}",
    ] {
        assert!(read_as_by_serde::<Row>(json.as_bytes()).unwrap(), "{json}");
        assert!(read_as_by_serde::<Value>(json.as_bytes()).unwrap(), "{json}");
    }
    let skipped = format!(r#"{{"unknown": {}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    on_a_small_stack(move || assert!(from_slice::<Row>(skipped.as_bytes()).is_ok()));
}

/// Pieces of documents, which make JSON now and then.
const PIECES: [&str; 38] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\n",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "7",
    "-12",
    "1.5",
    "1e3",
    "1e999",
    "18446744073709551616",
    "01",
    r#""id""#,
    r#""size""#,
    r#""share""#,
    r#""at""#,
    r#""free""#,
    r#""counts""#,
    r#""rows""#,
    r#""other""#,
    r#""\u0069d""#,
    r#""NaN""#,
    r#""\ud800""#,
    r#""\ud83d\ude00""#,
    r#""2026-01-01T00:00:00Z""#,
    r#""9999-12-31T23:59:59Z""#,
    r#""a\nb""#,
    r#""\x""#,
    "\"",
    "é",
];

proptest! {
    #[test]
    fn any_json_is_read_as_by_serde(value in values()) {
        let text = value.to_string();
        prop_assert!(read_as_by_serde::<Value>(text.as_bytes())?);
        read_as_by_serde::<Row>(text.as_bytes())?;
    }

    #[test]
    fn any_text_that_serde_reads_is_read_the_same(
        pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..12),
        id in any::<String>(),
        at in 0_usize..200,
        other in any::<u8>(),
    ) {
        let mut json = json!({"free": {"a": [1, -2.5, id]}, "id": id, "size": 3, "rows": [{"at": "2026-01-01T00:00:00Z"}]})
            .to_string()
            .into_bytes();
        for json in [pieces.concat().into_bytes(), format!(r#"{{"rows": [{{{}}}]}}"#, pieces.concat()).into_bytes()] {
            read_as_by_serde::<Value>(&json)?;
            read_as_by_serde::<Row>(&json)?;
        }
        if let Some(byte) = json.get_mut(at) {
            *byte = other;
        }
        read_as_by_serde::<Value>(&json)?;
        read_as_by_serde::<Row>(&json)?;
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(prop_oneof![proptest::sample::select(&br#"\"ud[{}]:,9e-."#[..]), any::<u8>()], 0..60)) {
        let _ = from_slice::<Value>(&bytes);
        let _ = from_slice::<Row>(&bytes);
        let _ = member(&bytes, "d");
        let mut cut = br#"{"id": "\ud800", "free": "#.to_vec();
        cut.extend_from_slice(&bytes);
        let _ = from_slice::<Row>(&cut);
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}
