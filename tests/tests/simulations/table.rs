//! The table of `docs/production.md`, between two comments of that page.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::clients::Configuration;
use super::load::{self, Load};
use super::scenario;
use super::statistics::Figures;

const PAGE: &str = "../crates/kestra/docs/production.md";
const BEGIN: &str = "<!-- simulations: begin -->\n";
const END: &str = "<!-- simulations: end -->\n";

/// The calls, and the seed of the table.
const LOAD: Load = Load { per_second: 20.0, only: None };
const SEED: u64 = 1;

/// Renders the table.
pub(crate) fn render() -> String {
    let mut table = String::from(
        "| scenario | client | reads | creations | starts | p50 | p99 | requests per call | most at once | recovery |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for scenario in scenario::all() {
        for configuration in Configuration::ALL {
            let figures = Figures::of(&load::run(&scenario, configuration, LOAD, SEED));
            let [reads, creations, starts] = figures.success.map(percent);
            let recovery = figures.recovery.map_or_else(|| "none".to_owned(), time);
            writeln!(
                table,
                "| {} | {} | {reads} | {creations} | {starts} | {} | {} | {:.2} | {} | {recovery} |",
                scenario.name,
                configuration.name(),
                time(figures.p50),
                time(figures.p99),
                figures.requests_per_call,
                figures.most_at_once,
            )
            .unwrap();
        }
    }
    table
}

/// Compares the table with that of the page, or writes it there if `KESTRA_TEST_WRITE` is set.
pub(crate) fn check(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    if std::env::var_os("KESTRA_TEST_WRITE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert!(written == table, "the table of docs/production.md is now\n{table}");
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
