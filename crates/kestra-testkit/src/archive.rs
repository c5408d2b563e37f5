//! Zip archives, written without compression.

use std::io::Read;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) data: Vec<u8>,
}

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
/// No file is larger when it is unpacked.
const LIMIT: u64 = 64 << 20;

const END: u32 = 0x0605_4b50;

/// Writes an archive whose files are stored as they are.
pub(crate) fn write(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut central = Vec::new();
    for entry in entries {
        let offset = out.len();
        let facts = facts(entry);
        put32(&mut out, LOCAL);
        out.extend_from_slice(&[20, 0]);
        out.extend_from_slice(&facts);
        out.extend_from_slice(entry.name.as_bytes());
        out.extend_from_slice(&entry.data);

        put32(&mut central, CENTRAL);
        central.extend_from_slice(&[20, 0, 20, 0]);
        central.extend_from_slice(&facts);
        // No comment, first disk, no attributes.
        central.extend_from_slice(&[0; 10]);
        put32(&mut central, number(offset));
        central.extend_from_slice(entry.name.as_bytes());
    }
    let start = out.len();
    out.extend_from_slice(&central);
    put32(&mut out, END);
    out.extend_from_slice(&[0; 4]);
    let count = u16::try_from(entries.len()).unwrap_or(u16::MAX).to_le_bytes();
    out.extend_from_slice(&count);
    out.extend_from_slice(&count);
    put32(&mut out, number(central.len()));
    put32(&mut out, number(start));
    out.extend_from_slice(&[0, 0]);
    out
}

/// What local and central headers share: flags, method, time, checksum, sizes, lengths of name and extra field.
fn facts(entry: &Entry) -> Vec<u8> {
    let mut facts = vec![0, 0, 0, 0, 0, 0, 0x21, 0];
    let mut checksum = Crc::new();
    checksum.update(&entry.data);
    put32(&mut facts, checksum.sum());
    put32(&mut facts, number(entry.data.len()));
    put32(&mut facts, number(entry.data.len()));
    facts.extend_from_slice(&u16::try_from(entry.name.len()).unwrap_or(u16::MAX).to_le_bytes());
    facts.extend_from_slice(&[0, 0]);
    facts
}

/// Reads an archive as servers do: from the beginning, file by file, without the directory; `None` if it is broken or packed in
/// an unusual way.
pub(crate) fn read(archive: &[u8]) -> Option<Vec<Entry>> {
    let mut at = 0;
    let mut entries = Vec::new();
    while get32(archive, at) == usize::try_from(LOCAL).ok() {
        let (flags, method) = (get16(archive, at + 6)?, get16(archive, at + 8)?);
        let name = get16(archive, at + 26)?;
        let name_bytes = archive.get(at + 30..at + 30 + name)?;
        let start = at + 30 + name + get16(archive, at + 28)?;
        let sizes_follow = flags & 8 != 0;
        let (data, end) = match method {
            0 if !sizes_follow => {
                let end = start.checked_add(get32(archive, at + 18)?)?;
                (archive.get(start..end)?.to_vec(), end)
            }
            8 => {
                let mut inflater = DeflateDecoder::new(archive.get(start..)?);
                let mut data = Vec::new();
                inflater.by_ref().take(LIMIT).read_to_end(&mut data).ok()?;
                (data, start + usize::try_from(inflater.total_in()).ok()?)
            }
            _ => return None,
        };
        let has_mark = get32(archive, end) == usize::try_from(DESCRIPTOR).ok();
        at = match sizes_follow {
            true => end + if has_mark { 16 } else { 12 },
            false => end,
        };
        entries.push(Entry { name: String::from_utf8_lossy(name_bytes).into_owned(), data });
    }
    (at > 0 || get32(archive, 0) == usize::try_from(END).ok()).then_some(entries)
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn get16(bytes: &[u8], at: usize) -> Option<usize> {
    let part = bytes.get(at..at + 2)?;
    Some(usize::from(u16::from_le_bytes(part.try_into().ok()?)))
}

fn get32(bytes: &[u8], at: usize) -> Option<usize> {
    let part = bytes.get(at..at + 4)?;
    usize::try_from(u32::from_le_bytes(part.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::Compression;
    use flate2::bufread::DeflateEncoder;

    use super::{Entry, read, write};

    #[test]
    fn what_is_written_is_read() {
        let entries = vec![
            Entry { name: "a.yml".to_owned(), data: b"id: a".to_vec() },
            Entry { name: "b.yml".to_owned(), data: Vec::new() },
        ];
        assert_eq!(read(&write(&entries)), Some(entries));
        assert_eq!(read(&write(&[])), Some(Vec::new()));
        assert_eq!(read(b"no archive"), None);
    }

    #[test]
    fn packed_files_are_read() {
        let mut packed = Vec::new();
        DeflateEncoder::new(&b"id: a"[..], Compression::default()).read_to_end(&mut packed).unwrap();
        let central = 30 + "a.yml".len() + packed.len();
        let mut archive = write(&[Entry { name: "a.yml".to_owned(), data: packed }]);
        (archive[8], archive[central + 10]) = (8, 8);
        assert_eq!(read(&archive), Some(vec![Entry { name: "a.yml".to_owned(), data: b"id: a".to_vec() }]));
    }
}
