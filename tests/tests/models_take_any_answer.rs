//! Every model encodes what it decoded, and nothing that a newer server may send makes decoding fail.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

#[path = "properties/dice.rs"]
mod dice;

use std::path::Path;
use std::sync::LazyLock;

use dice::Dice;
use kestra_codegen::catalogue::Catalogue;
use kestra_tests::recorded::{decode_and_encode_schema, differences};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../api")).unwrap());

fn config() -> ProptestConfig {
    let regressions = Some(Box::new(FileFailurePersistence::WithSource("regressions")) as _);
    ProptestConfig { cases: 100, failure_persistence: regressions, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_value_of_any_schema_is_encoded_as_it_was(seed in any::<u64>()) {
        let mut problems = Vec::new();
        let mut seen = 0;
        for name in CATALOGUE.schemas.keys() {
            let value = Dice::new(&CATALOGUE, seed).schema(name, 0);
            let Some(again) = decode_and_encode_schema(name, value.to_string().as_bytes()) else { continue };
            seen += 1;
            match again {
                Ok(again) => problems.extend(
                    differences(&value, &again).into_iter().map(|problem| format!("{name}{problem}")),
                ),
                Err(error) => problems.push(format!("{name}: {error} in {value}")),
            }
        }
        prop_assert!(seen > 400, "only {} schemas", seen);
        prop_assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    }

    #[test]
    fn what_a_newer_server_changes_never_fails(seed in any::<u64>()) {
        let mut problems = Vec::new();
        for (name, _) in CATALOGUE.schemas.iter().filter(|(_, schema)| schema.in_answers) {
            let mut dice = Dice::new(&CATALOGUE, seed);
            let mut value = dice.schema(name, 0);
            dice.disturb(name, &mut value);
            if let Some(Err(error)) = decode_and_encode_schema(name, value.to_string().as_bytes()) {
                problems.push(format!("{name}: {error} in {value}"));
            }
        }
        prop_assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    }
}
