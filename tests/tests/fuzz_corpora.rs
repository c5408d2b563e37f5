//! The corpora of the fuzz targets: every input in them, and every recorded response, holds the properties.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;

use kestra_tests::{fuzz, recorded};

#[test]
fn every_input_holds() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let mut count = 0;
    for (name, property) in fuzz::ALL {
        let files: Vec<_> = fs::read_dir(corpora.join(name)).unwrap().collect();
        assert!(!files.is_empty(), "{name} has no input");
        for file in files {
            let path = file.unwrap().path();
            println!("{}", path.display());
            let input = fs::read(path).unwrap();
            property(&input);
            count += 1;
        }
    }
    assert!(count >= 130, "{count} inputs");
}

#[test]
fn every_property_has_a_target() {
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/fuzz_targets");
    let mut targets: Vec<_> = fs::read_dir(targets)
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    targets.sort();
    let properties: Vec<_> = fuzz::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(targets, properties);
}

#[test]
fn every_recorded_response_holds() {
    let exchanges = recorded::load().unwrap();
    let mut streams = 0;
    for exchange in &exchanges {
        let Some(body) = exchange.response.body.as_ref().and_then(recorded::Body::bytes) else { continue };
        fuzz::json(&body);
        if body.starts_with(b"id:") {
            streams += 1;
            for seed in [1, 7, 255] {
                fuzz::events(&[&[seed, 0], body.as_slice()].concat());
            }
        }
    }
    assert!(exchanges.len() > 1000 && streams > 10, "{} exchanges, {streams} streams", exchanges.len());
}
