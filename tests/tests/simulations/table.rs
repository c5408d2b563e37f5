//! The table of `docs/production.md`, between two comments of that page.

use std::path::Path;
use std::time::Duration;

use super::clients::Configuration;
use super::load::{self, Load};
use super::scenario::{self, Scenario};
use super::statistics::Figures;

const PAGE: &str = "../crates/kestra/docs/production.md";
const BEGIN: &str = "<!-- simulations: begin -->\n";
const END: &str = "<!-- simulations: end -->\n";

const HEAD: &str = "\
| scenario | client | reads | creations | starts | p50 | p99 | requests per call | most at once | recovery |
|---|---|---|---|---|---|---|---|---|---|
";

/// Calls a second, and the seed of the table.
const PER_SECOND: f64 = 10.0;
const SEED: u64 = 1;

/// The rows of the table.
fn rows() -> impl Iterator<Item = (Scenario, Configuration)> {
    scenario::all().into_iter().flat_map(|scenario| {
        let is_one = scenario.servers == 1;
        let of_this =
            Configuration::ALL.into_iter().filter(move |of| !(is_one && *of == Configuration::Cluster));
        of_this.map(move |configuration| (scenario.clone(), configuration))
    })
}

fn row(scenario: &Scenario, configuration: Configuration) -> String {
    let figures = Figures::of(&load::run(scenario, configuration, Load::mixed(PER_SECOND), SEED));
    let [reads, creations, starts] = figures.success.map(percent);
    let recovery = figures.recovery.map_or_else(|| "none".to_owned(), time);
    format!(
        "| {} | {} | {reads} | {creations} | {starts} | {} | {} | {:.2} | {} | {recovery} |\n",
        scenario.name,
        configuration.name(),
        time(figures.p50),
        time(figures.p99),
        figures.requests_per_call,
        figures.most_at_once,
    )
}

/// Compares rows with those of the page: all if `KESTRA_TEST_SEEDS` is set, else every fourth. Writes them there if
/// `KESTRA_TEST_WRITE` is set.
#[test]
fn the_table_is_that_of_the_page() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    if std::env::var_os("KESTRA_TEST_WRITE").is_some() {
        let table: String = rows().map(|(scenario, configuration)| row(&scenario, configuration)).collect();
        std::fs::write(&path, format!("{before}{BEGIN}{HEAD}{table}{END}{after}")).unwrap();
        return;
    }
    let step = if std::env::var_os("KESTRA_TEST_SEEDS").is_some() { 1 } else { 4 };
    let written: Vec<_> = written.strip_prefix(HEAD).unwrap().split_inclusive('\n').collect();
    assert_eq!(written.len(), rows().count(), "rows of docs/production.md");
    for ((scenario, configuration), written) in rows().zip(written).step_by(step) {
        assert_eq!(written, row(&scenario, configuration), "docs/production.md; write it again");
    }
}

fn percent(share: f64) -> String {
    // Rounded down, so that 100 means all.
    let tenths = (share * 1000.0).floor() / 10.0;
    if tenths == 100.0 { "100 %".to_owned() } else { format!("{tenths:.1} %") }
}

fn time(time: Duration) -> String {
    let millis = time.as_millis();
    if millis < 1000 { format!("{millis} ms") } else { format!("{:.1} s", time.as_secs_f64()) }
}
