//! Hosts that are reached without a proxy.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use ipnet::IpNet;

use super::{Host, is_below};

/// A list of exceptions.
#[derive(Clone, Default)]
pub(super) struct NoProxy(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    All,
    /// A name and those below it.
    Domain(String),
    Address(IpAddr),
    Network(IpNet),
}

impl NoProxy {
    /// Reads a list; entries that can't be understood are left out with a warning.
    pub(super) fn parse(list: &str) -> Self {
        let mut rules = Vec::new();
        let entries = list.split(|character: char| character == ',' || character.is_whitespace());
        for (place, entry) in entries.filter(|entry| !entry.is_empty()).enumerate() {
            match Rule::parse(entry) {
                Some(rule) => rules.push(rule),
                None => warn_once(place + 1),
            }
        }
        Self(rules)
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn contains(&self, host: &Host<'_>, port: u16) -> bool {
        self.0.iter().any(|rule| rule.port.is_none_or(|wanted| wanted == port) && rule.hosts.contain(host))
    }
}

impl Rule {
    fn parse(entry: &str) -> Option<Self> {
        // Addresses first: an IPv6 address without brackets would read as a name with a port.
        if let Some(hosts) = Hosts::address(entry) {
            return Some(Self { hosts, port: None });
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        let hosts = Hosts::address(host).or_else(|| Hosts::name(host))?;
        Some(Self { hosts, port })
    }
}

impl Hosts {
    fn address(text: &str) -> Option<Self> {
        let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        // The trailing dot of host names is ignored, too.
        match text.strip_suffix('.').unwrap_or(text).parse::<IpAddr>() {
            Ok(address) => Some(Self::Address(address.to_canonical())),
            Err(_) => text.parse().ok().map(Self::Network),
        }
    }

    fn name(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        let name = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')).unwrap_or(text);
        let name = name.strip_suffix('.').unwrap_or(name);
        let strange = |character: char| matches!(character, '*' | '?' | '[' | ']' | '/' | ':' | '@');
        (!name.is_empty() && !name.contains(strange)).then(|| Self::Domain(name.to_owned()))
    }

    fn contain(&self, host: &Host<'_>) -> bool {
        match (self, host.ip) {
            (Self::All, _) => true,
            (Self::Domain(domain), None) => is_below(host.name, domain),
            (Self::Address(address), Some(ip)) => *address == ip,
            (Self::Network(network), Some(ip)) => network.contains(&ip),
            (Self::Domain(_), Some(_)) | (Self::Address(_) | Self::Network(_), None) => false,
        }
    }
}

/// Logs the position of an invalid entry, counted from 1, but not its text, which may be a URL with a password.
fn warn_once(entry: usize) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            target: "kestra::proxy",
            entry,
            "an invalid entry of NO_PROXY is ignored: write a name, `*.name`, an address, a network such as 10.0.0.0/8, or `*`",
        );
    }
}

kestra_core::debug_fields! { NoProxy, this, f => f.debug_list().entries(&this.0).finish() }
