//! What the system tells of the memory of a process; nothing where it doesn't.

use std::fs;

/// By how much this process grew.
#[derive(Debug)]
pub struct Growth {
    before: Option<u64>,
}

impl Growth {
    /// Looks at what it has now. Its peak begins anew, where the system can be told so.
    #[must_use]
    pub fn begin() -> Self {
        let _ = fs::write("/proc/self/clear_refs", "5");
        Self { before: now() }
    }

    /// From then to the highest since, in bytes.
    #[must_use]
    pub fn to_peak(&self) -> Option<u64> {
        peak("self").zip(self.before).map(|(peak, before)| peak.saturating_sub(before))
    }
}

/// What this process has, in bytes.
#[must_use]
pub fn now() -> Option<u64> {
    size("self", "VmRSS")
}

/// The most that a process had, in bytes.
#[must_use]
pub fn peak(process: &str) -> Option<u64> {
    size(process, "VmHWM")
}

fn size(process: &str, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}
