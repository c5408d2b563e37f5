//! The flows in a ZIP archive.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

const END: u32 = 0x0605_4b50;
const ENTRY: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;

/// The largest unpacked size of a source, in bytes.
const LIMIT: usize = 64 << 20;

/// Returns the YAML files of an archive with their names, or `None` if the archive can't be read in full.
pub(super) fn sources(archive: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    // The record at the end has at least 22 bytes, and a comment of up to 64 KiB after it.
    let last = archive.len().checked_sub(22)?;
    let end = (last.saturating_sub(0xffff)..=last).rev().find(|at| number32(archive, *at) == Some(END))?;
    let count = number16(archive, end + 10)?;
    let mut at = number32(archive, end + 16)? as usize;
    let mut sources = Vec::new();
    for _ in 0..count {
        (number32(archive, at)? == ENTRY).then_some(())?;
        let is_encrypted = number16(archive, at + 8)? & 1 == 1;
        let method = number16(archive, at + 10)?;
        let length = number32(archive, at + 20)? as usize;
        let name_length = number16(archive, at + 28)?;
        let others = number16(archive, at + 30)? + number16(archive, at + 32)?;
        let local = number32(archive, at + 42)? as usize;
        let name = String::from_utf8_lossy(archive.get(at + 46..at + 46 + name_length)?).into_owned();
        at += 46 + name_length + others;
        if !is_source(&name) {
            continue;
        }
        (number32(archive, local)? == LOCAL && !is_encrypted).then_some(())?;
        let start = local + 30 + number16(archive, local + 26)? + number16(archive, local + 28)?;
        let packed = archive.get(start..start.checked_add(length)?)?;
        let source = match method {
            0 => packed.to_vec(),
            8 => decompress_to_vec_with_limit(packed, LIMIT).ok()?,
            _ => return None,
        };
        sources.push((name, source));
    }
    Some(sources)
}

fn is_source(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".yml") || name.ends_with(".yaml")
}

fn number16(archive: &[u8], at: usize) -> Option<usize> {
    let bytes = archive.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes(bytes.try_into().ok()?)))
}

fn number32(archive: &[u8], at: usize) -> Option<u32> {
    let bytes = archive.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{END, ENTRY, LOCAL, sources};

    /// Creates an archive of one file.
    fn archive(name: &str, method: u16, packed: &[u8]) -> Vec<u8> {
        let length = u32::try_from(packed.len()).unwrap_or_default().to_le_bytes();
        let name_length = u16::try_from(name.len()).unwrap_or_default().to_le_bytes();
        let mut out = LOCAL.to_le_bytes().to_vec();
        out.extend([20, 0, 0, 0]);
        out.extend(method.to_le_bytes());
        out.extend([0; 16]);
        out.extend(name_length);
        out.extend([0, 0]);
        out.extend(name.as_bytes());
        out.extend(packed);
        let start = u32::try_from(out.len()).unwrap_or_default().to_le_bytes();
        out.extend(ENTRY.to_le_bytes());
        out.extend([20, 0, 20, 0, 0, 0]);
        out.extend(method.to_le_bytes());
        out.extend([0; 8]);
        out.extend(length);
        out.extend([0; 4]);
        out.extend(name_length);
        out.extend([0; 16]);
        out.extend(name.as_bytes());
        out.extend(END.to_le_bytes());
        out.extend([0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
        out.extend(start);
        out.extend([0, 0]);
        out
    }

    #[test]
    fn stored_and_deflated_sources_are_read() {
        let packed = miniz_oxide::deflate::compress_to_vec(b"id: a", 6);
        for archive in [archive("a.yml", 0, b"id: a"), archive("a.yml", 8, &packed)] {
            assert_eq!(sources(&archive), Some(vec![("a.yml".to_owned(), b"id: a".to_vec())]));
        }
        assert_eq!(sources(&archive("a.txt", 99, b"id: a")), Some(Vec::new()));
        assert_eq!(sources(&archive("a.yml", 99, b"id: a")), None);
        assert_eq!(sources(&archive("a.yml", 8, b"id: a")), None);
    }

    #[test]
    fn a_cut_archive_is_not_read() {
        let whole = archive("a.yml", 0, b"id: a");
        for end in 0..whole.len() {
            assert_eq!(sources(&whole[..end]), None, "{end}");
        }
    }
}
