//! The flows in a ZIP archive.
//!
//! An archive says twice what it holds: in the headers in front of the files, by which a server reads it from the beginning, and in
//! the directory at its end, by which most other programs read it. Only an archive whose two lists are the same is read here: the
//! files lie one behind the other from the first byte to the directory, none of them overlaps another, and nothing is between or
//! around them.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

const END: usize = 0x0605_4b50;
const ENTRY: usize = 0x0201_4b50;
const LOCAL: usize = 0x0403_4b50;
const DESCRIPTOR: usize = 0x0807_4b50;

/// The flag of an entry whose sizes follow its data.
const SIZES_FOLLOW: usize = 1 << 3;

/// The flags that change nothing of how an entry is read: the two levels of compression, and names in UTF-8.
const OTHER_FLAGS: usize = 1 << 1 | 1 << 2 | 1 << 11;

/// The extra fields that replace sizes (ZIP64) or the name of an entry.
const REPLACING: [usize; 2] = [0x0001, 0x7075];

/// The largest unpacked size of an entry, in bytes.
const LIMIT: usize = 64 << 20;

/// What both headers of an entry have.
#[derive(PartialEq, Eq)]
struct Header<'a> {
    flags: usize,
    method: usize,
    sum: usize,
    packed: usize,
    size: usize,
    name: &'a [u8],
}

/// Returns the YAML files of an archive with their names, or `None` if the archive can't be read in full and in one way only.
pub fn sources(archive: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut sources = Vec::new();
    let (mut entries, directory) = entries(archive)?;
    entries.sort_unstable_by_key(|(local, _)| *local);
    let mut at = 0;
    for (local, header) in entries {
        require(local == at)?;
        let (data, end) = data(archive, at, &header)?;
        let content = content(&header, data)?;
        let name = String::from_utf8_lossy(header.name).into_owned();
        if is_source(&name) {
            sources.push((name, content));
        }
        at = end;
    }
    require(at == directory)?;
    Some(sources)
}

/// Returns the entries of the directory with the positions of their files, and the position of the directory.
fn entries(archive: &[u8]) -> Option<(Vec<(usize, Header<'_>)>, usize)> {
    // The record at the end has 22 bytes, and a comment of up to 64 KiB after it.
    let last = archive.len().checked_sub(22)?;
    let end = (last.saturating_sub(0xffff)..=last).rev().find(|at| number32(archive, *at) == Some(END))?;
    let count = number16(archive, end + 8)?;
    let start = number32(archive, end + 16)?;
    // There is one part only, and nothing behind the comment.
    require(number32(archive, end + 4)? == 0 && number16(archive, end + 10)? == count)?;
    require(end + 22 + number16(archive, end + 20)? == archive.len())?;
    let mut at = start;
    let mut entries = Vec::new();
    for _ in 0..count {
        require(number32(archive, at)? == ENTRY && number16(archive, at + 34)? == 0)?;
        let (name, extra) = (number16(archive, at + 28)?, number16(archive, at + 30)?);
        let header = header(archive, at + 8, at + 46, name, extra)?;
        entries.push((number32(archive, at + 42)?, header));
        at += 46 + name + extra + number16(archive, at + 32)?;
    }
    require(at == end && number32(archive, end + 12)? == end.checked_sub(start)?)?;
    Some((entries, start))
}

/// Reads a header whose fields, and whose name with what follows it, begin at these positions.
fn header(archive: &[u8], at: usize, name_at: usize, name: usize, extra: usize) -> Option<Header<'_>> {
    let header = Header {
        flags: number16(archive, at)?,
        method: number16(archive, at + 2)?,
        sum: number32(archive, at + 8)?,
        packed: number32(archive, at + 12)?,
        size: number32(archive, at + 16)?,
        name: archive.get(name_at..name_at + name)?,
    };
    let mut extra = archive.get(name_at + name..name_at + name + extra)?;
    // Fewer bytes than a field has are padding.
    while let (Some(id), Some(length)) = (number16(extra, 0), number16(extra, 2)) {
        require(!REPLACING.contains(&id))?;
        extra = extra.get(4 + length..)?;
    }
    require(header.flags & !(SIZES_FOLLOW | OTHER_FLAGS) == 0)?;
    Some(header)
}

/// Returns the packed data of the entry at a position, and where the next one begins; `None` if it isn't as the directory says.
fn data<'a>(archive: &'a [u8], at: usize, listed: &Header<'_>) -> Option<(&'a [u8], usize)> {
    require(number32(archive, at)? == LOCAL)?;
    let (name, extra) = (number16(archive, at + 26)?, number16(archive, at + 28)?);
    let mut local = header(archive, at + 6, at + 30, name, extra)?;
    let start = at + 30 + name + extra;
    let mut end = start.checked_add(listed.packed)?;
    if local.flags & SIZES_FOLLOW != 0 {
        // Of an entry that isn't compressed a server couldn't tell the end.
        require(local.method == 8)?;
        require([0, listed.sum].contains(&local.sum))?;
        require([0, listed.packed].contains(&local.packed) && [0, listed.size].contains(&local.size))?;
        end += if number32(archive, end)? == DESCRIPTOR { 4 } else { 0 };
        local.sum = number32(archive, end)?;
        local.packed = number32(archive, end + 4)?;
        local.size = number32(archive, end + 8)?;
        end += 12;
    }
    require(local == *listed)?;
    Some((archive.get(start..start.checked_add(listed.packed)?)?, end))
}

/// Unpacks an entry; `None` if its data doesn't have exactly the sizes that its headers name.
fn content(header: &Header<'_>, packed: &[u8]) -> Option<Vec<u8>> {
    require(header.size <= LIMIT)?;
    match header.method {
        0 if header.size == header.packed => Some(packed.to_vec()),
        8 => {
            let mut content = vec![0; header.size];
            let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
            let mut inflater = Box::<DecompressorOxide>::default();
            let (status, read, written) = decompress(&mut inflater, packed, &mut content, 0, flags);
            let is_whole = (status, read, written) == (TINFLStatus::Done, packed.len(), header.size);
            is_whole.then_some(content)
        }
        _ => None,
    }
}

fn is_source(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".yml") || name.ends_with(".yaml")
}

fn require(holds: bool) -> Option<()> {
    holds.then_some(())
}

fn number16(archive: &[u8], at: usize) -> Option<usize> {
    let bytes = archive.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes(bytes.try_into().ok()?)))
}

/// Reads a number that may be a position; `None` for the largest one, which stands for ZIP64.
fn number32(archive: &[u8], at: usize) -> Option<usize> {
    let bytes = archive.get(at..at.checked_add(4)?)?;
    let number = u32::from_le_bytes(bytes.try_into().ok()?);
    usize::try_from(number).ok().filter(|_| number != u32::MAX)
}

#[cfg(test)]
mod tests {
    use miniz_oxide::deflate::compress_to_vec;
    use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

    use super::*;

    /// An entry as it is written; what a header says of it can be changed.
    #[derive(Clone)]
    struct Entry {
        name: &'static str,
        flags: u16,
        method: u16,
        packed: Vec<u8>,
        size: usize,
        extra: Vec<u8>,
        is_listed: bool,
        listed_name: &'static str,
        /// How much more the directory says that the packed data has.
        listed_more: usize,
    }

    fn stored(name: &'static str, content: &str) -> Entry {
        Entry {
            name,
            flags: 0,
            method: 0,
            packed: content.as_bytes().to_vec(),
            size: content.len(),
            extra: Vec::new(),
            is_listed: true,
            listed_name: name,
            listed_more: 0,
        }
    }

    fn deflated(name: &'static str, content: &str) -> Entry {
        Entry { method: 8, packed: compress_to_vec(content.as_bytes(), 6), ..stored(name, content) }
    }

    /// An entry as a writer makes it that can't go back to its header.
    fn streamed(name: &'static str, content: &str) -> Entry {
        Entry { flags: 8, ..deflated(name, content) }
    }

    fn put16(out: &mut Vec<u8>, number: usize) {
        out.extend(u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes());
    }

    fn put32(out: &mut Vec<u8>, number: usize) {
        out.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn put_header(out: &mut Vec<u8>, entry: &Entry, packed: usize, size: usize, name: &str) {
        put16(out, usize::from(entry.flags));
        put16(out, usize::from(entry.method));
        put32(out, 0);
        put32(out, 0);
        put32(out, packed);
        put32(out, size);
        put16(out, name.len());
        put16(out, entry.extra.len());
    }

    fn local(entry: &Entry) -> Vec<u8> {
        let mut out = Vec::new();
        put32(&mut out, LOCAL);
        put16(&mut out, 20);
        let is_known = entry.flags & 8 == 0;
        let (packed, size) = if is_known { (entry.packed.len(), entry.size) } else { (0, 0) };
        put_header(&mut out, entry, packed, size, entry.name);
        out.extend(entry.name.as_bytes());
        out.extend(&entry.extra);
        out.extend(&entry.packed);
        if !is_known {
            [DESCRIPTOR, 0, entry.packed.len(), entry.size].into_iter().for_each(|it| put32(&mut out, it));
        }
        out
    }

    fn archive_with(before: &[u8], all: &[Entry], comment: &str) -> Vec<u8> {
        let mut out = before.to_vec();
        let mut directory = Vec::new();
        for entry in all {
            if entry.is_listed {
                put32(&mut directory, ENTRY);
                put32(&mut directory, 20 << 16 | 20);
                let packed = entry.packed.len() + entry.listed_more;
                put_header(&mut directory, entry, packed, entry.size, entry.listed_name);
                directory.extend([0; 10]);
                put32(&mut directory, out.len());
                directory.extend(entry.listed_name.as_bytes());
                directory.extend(&entry.extra);
            }
            out.extend(local(entry));
        }
        let (start, count) = (out.len(), all.iter().filter(|entry| entry.is_listed).count());
        out.extend(&directory);
        put32(&mut out, END);
        put32(&mut out, 0);
        put16(&mut out, count);
        put16(&mut out, count);
        put32(&mut out, directory.len());
        put32(&mut out, start);
        put16(&mut out, comment.len());
        out.extend(comment.as_bytes());
        out
    }

    fn archive(all: &[Entry]) -> Vec<u8> {
        archive_with(b"", all, "")
    }

    /// Reads the sources as a server does: from the beginning, without the directory, up to what is no file.
    fn from_the_beginning(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut sources = Vec::new();
        let mut at = 0;
        while let Some((name, content, next)) = next(archive, at) {
            if is_source(&name) {
                sources.push((name, content));
            }
            at = next;
        }
        sources
    }

    fn next(archive: &[u8], at: usize) -> Option<(String, Vec<u8>, usize)> {
        require(number32(archive, at)? == LOCAL)?;
        let name_at = at + 30;
        let start = name_at + number16(archive, at + 26)? + number16(archive, at + 28)?;
        let name = archive.get(name_at..name_at + number16(archive, at + 26)?)?;
        let name = String::from_utf8_lossy(name).into_owned();
        let follows = number16(archive, at + 6)? & 8 != 0;
        let (content, mut end) = match number16(archive, at + 8)? {
            0 => {
                let end = start + number32(archive, at + 18)?;
                (archive.get(start..end)?.to_vec(), end)
            }
            8 => {
                let mut content = vec![0; 1 << 12];
                let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
                let mut inflater = DecompressorOxide::new();
                let packed = archive.get(start..)?;
                let (status, read, written) = decompress(&mut inflater, packed, &mut content, 0, flags);
                require(status == TINFLStatus::Done)?;
                content.truncate(written);
                (content, start + read)
            }
            _ => return None,
        };
        if follows {
            end += if number32(archive, end)? == DESCRIPTOR { 16 } else { 12 };
        }
        Some((name, content, end))
    }

    fn found(all: &[(&str, &str)]) -> Option<Vec<(String, Vec<u8>)>> {
        Some(all.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect())
    }

    #[test]
    fn what_usual_programs_write_is_read() {
        let expected = found(&[("a.yml", "id: a")]);
        for entry in [stored("a.yml", "id: a"), deflated("a.yml", "id: a"), streamed("a.yml", "id: a")] {
            assert_eq!(sources(&archive(&[entry])), expected);
        }
        let mut stamped = deflated("a.yml", "id: a");
        stamped.extra = vec![0x55, 0x54, 1, 0, 0];
        assert_eq!(sources(&archive(&[stamped])), expected);
        let all =
            [stored("d/", ""), streamed("d/b.YAML", "id: b"), deflated("c.txt", "c"), deflated("e", "")];
        assert_eq!(sources(&archive_with(b"", &all, "a comment")), found(&[("d/b.YAML", "id: b")]));
        assert_eq!(sources(&archive(&[])), Some(Vec::new()));
        let mut bare = archive(&[streamed("a.yml", "id: a")]);
        // Some writers leave out the signature of what follows the data.
        let at = bare.windows(4).position(|bytes| bytes == b"PK\x07\x08").unwrap_or_default();
        bare.drain(at..at + 4);
        let start = bare.len() - 6;
        bare[start] -= 4;
        assert_eq!(sources(&bare), expected);
    }

    #[test]
    fn an_archive_that_says_two_things_is_not_read() {
        let a = || stored("a.yml", "id: a");
        let hidden = || Entry { is_listed: false, ..stored("b.yml", "deleted: true") };
        let mut behind = deflated("c.txt", "c");
        // What is behind the compressed data, and a reader from the beginning takes for the next file.
        behind.packed.extend(local(&stored("b.yml", "deleted: true")));
        for (what, archive) in [
            ("hidden behind", archive(&[a(), hidden()])),
            ("hidden before", archive(&[hidden(), a()])),
            ("data before", archive_with(b"#!", &[a()], "")),
            ("data behind", [&archive(&[a()])[..], b"x"].concat()),
            ("another name", archive(&[Entry { name: "b.yml", listed_name: "b.txt", ..a() }])),
            ("another size", archive(&[Entry { listed_more: 1, ..a() }, a()])),
            ("covers the next", archive(&[Entry { listed_more: local(&a()).len(), ..a() }, a()])),
            ("stored, size follows", archive(&[Entry { flags: 8, ..a() }])),
            ("encrypted", archive(&[Entry { flags: 1, ..a() }])),
            ("strongly encrypted", archive(&[Entry { flags: 1 << 6, ..a() }])),
            ("unknown method", archive(&[Entry { method: 99, ..stored("a.txt", "a") }])),
            ("not compressed", archive(&[Entry { method: 8, ..a() }])),
            ("more than compressed", archive(&[behind.clone()])),
            ("more than compressed, size follows", archive(&[Entry { flags: 8, ..behind }])),
            ("larger than it says", archive(&[Entry { size: 4, ..deflated("a.yml", "id: a") }])),
            ("smaller than it says", archive(&[Entry { size: 6, ..deflated("a.yml", "id: a") }])),
            ("ZIP64", archive(&[Entry { extra: vec![1, 0, 0, 0], ..a() }])),
            ("another name in a field", archive(&[Entry { extra: vec![0x75, 0x70, 1, 0, 1], ..a() }])),
        ] {
            assert_eq!(sources(&archive), None, "{what}");
        }
    }

    #[test]
    fn a_cut_archive_is_not_read() {
        let whole = archive(&[stored("a.yml", "id: a"), streamed("b.yml", "id: b")]);
        for end in 0..whole.len() {
            assert_eq!(sources(&whole[..end]), None, "{end}");
        }
    }

    #[test]
    fn no_changed_byte_makes_a_server_read_another_source() {
        let all = [
            stored("a.yml", "id: a"),
            streamed("b.yml", "id: b\nnamespace: b\nb: b"),
            deflated("c.txt", "deleted: true"),
            stored("d.yml", "id: d"),
        ];
        let whole = archive_with(b"", &all, "comment");
        assert_eq!(sources(&whole), Some(from_the_beginning(&whole)));
        let mut read = 0;
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[at] ^= 1 << bit;
                if let Some(sources) = sources(&changed) {
                    assert_eq!(sources, from_the_beginning(&changed), "{at} {bit}");
                    read += 1;
                }
            }
        }
        assert!(read > 100, "{read}");
    }
}
