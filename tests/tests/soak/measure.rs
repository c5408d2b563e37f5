//! What this process holds, and whether it grows.

use std::fs;

use tokio::runtime::Handle;

/// How much the heap may grow between the first and the last third, in bytes.
const HEAP_GROWTH: u64 = 256 * 1024;
/// How much the memory of the process may grow, which the allocator never returns all of: this share and this many bytes.
const RSS_GROWTH: (f64, u64) = (0.2, 8 << 20);
/// The most sockets and tasks of a worker: a follow of a log has two streams and a read beside them, and a connection that was
/// closed on the other side may not have ended yet.
const EACH: usize = 8;

/// What is held at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    /// Bytes that are allocated.
    pub(crate) heap: u64,
    /// Bytes that the system gave to the process.
    pub(crate) rss: u64,
    pub(crate) sockets: usize,
    pub(crate) tasks: usize,
}

impl Held {
    pub(crate) fn now() -> Self {
        Self {
            heap: crate::HEAP.current_usage() as u64,
            rss: kestra_tests::memory::now().unwrap_or_default(),
            sockets: sockets(),
            tasks: Handle::current().metrics().num_alive_tasks(),
        }
    }

    /// The larger of each.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            heap: self.heap.max(other.heap),
            rss: self.rss.max(other.rss),
            sockets: self.sockets.max(other.sockets),
            tasks: self.tasks.max(other.tasks),
        }
    }
}

fn sockets() -> usize {
    let Ok(files) = fs::read_dir("/proc/self/fd") else { return 0 };
    let targets = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

/// What was held after each round, and at most during it.
#[derive(Default)]
pub(crate) struct Report {
    rest: Vec<Held>,
    most: Vec<Held>,
}

impl Report {
    pub(crate) fn add(&mut self, rest: Held, most: Held) {
        self.rest.push(rest);
        self.most.push(most);
    }

    pub(crate) fn rounds(&self) -> usize {
        self.rest.len()
    }

    /// The medians of the first and the last third of the rounds after this share of them.
    pub(crate) fn table(&self, warm_up: f64) -> String {
        let mut table = "| | first third | last third |\n|---|---|---|\n".to_owned();
        let mut row = |name: &str, rounds: &[Held], value: fn(&Held) -> u64, is_bytes: bool| {
            let [first, last] = thirds(rounds, warm_up).map(|third| median(third, value));
            let show =
                |value: u64| if is_bytes { format!("{} KiB", value / 1024) } else { value.to_string() };
            table += &format!("| {name} | {} | {} |\n", show(first), show(last));
        };
        for (when, rounds) in [("at rest", &self.rest), ("at most in a round", &self.most)] {
            row(&format!("heap {when}"), rounds, |held| held.heap, true);
            row(&format!("resident memory {when}"), rounds, |held| held.rss, true);
            row(&format!("sockets {when}"), rounds, |held| held.sockets as u64, false);
            row(&format!("tasks {when}"), rounds, |held| held.tasks as u64, false);
        }
        table
    }

    /// Panics if anything grew, or if the workers held more than they may.
    pub(crate) fn check(&self, warm_up: f64, workers: usize) {
        let [first, last] = thirds(&self.rest, warm_up).map(|third| median(third, |held| held.heap));
        assert!(last <= first + HEAP_GROWTH, "the heap grew from {first} to {last} bytes");
        let [first, last] = thirds(&self.rest, warm_up).map(|third| median(third, |held| held.rss));
        let limit = first + RSS_GROWTH.1 + (first as f64 * RSS_GROWTH.0) as u64;
        assert!(last <= limit, "resident memory grew from {first} to {last} bytes");
        let most = self.most.iter().copied().fold(Held::default(), Held::max);
        let limit = EACH * workers;
        assert!(most.sockets <= limit && most.tasks <= limit, "{limit} are allowed of each: {most:?}");
    }
}

fn thirds(rounds: &[Held], warm_up: f64) -> [&[Held]; 2] {
    let rounds = &rounds[(rounds.len() as f64 * warm_up).ceil() as usize..];
    let third = rounds.len().div_ceil(3);
    [&rounds[..third], &rounds[rounds.len() - third..]]
}

fn median(rounds: &[Held], value: fn(&Held) -> u64) -> u64 {
    let mut values: Vec<_> = rounds.iter().map(value).collect();
    values.sort_unstable();
    values[values.len() / 2]
}
