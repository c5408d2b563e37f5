//! The text of strings: where it ends, and what its escapes mean.

/// Returns how many bytes of a string come before its end, an escape or a control character.
pub(super) fn plain_length(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    // The high bit of each byte that is zero, and perhaps of some after it.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let mut length = 0;
    while let Some(chunk) = text.get(length..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*chunk);
        let controls = word.wrapping_sub(ONES * 0x20) & !word;
        let quotes = zeros(word ^ (ONES * u64::from(b'"')));
        let escapes = zeros(word ^ (ONES * u64::from(b'\\')));
        let ends = (controls | quotes | escapes) & (ONES * 0x80);
        if ends != 0 {
            return length + ends.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let is_plain = |byte: &&u8| !matches!(byte, 0..b' ' | b'"' | b'\\');
    length + text[length..].iter().take_while(is_plain).count()
}

/// Returns the length of a string whose first quote is before `text`; `None` if it has no end or a control character.
pub(super) fn length(text: &[u8]) -> Option<usize> {
    let mut end = plain_length(text);
    loop {
        match text.get(end)? {
            b'"' => return Some(end),
            b'\\' => end += 2,
            _ => return None,
        }
        end += plain_length(text.get(end..)?);
    }
}

/// Appends the text that a string with escapes stands for, with U+FFFD for half a surrogate pair. Returns `None` if an escape
/// is invalid.
pub(super) fn unescape(mut text: &[u8], kept: &mut Vec<u8>) -> Option<()> {
    loop {
        let (plain, rest) = text.split_at(plain_length(text));
        kept.extend_from_slice(plain);
        let Some((_, rest)) = rest.split_first() else { return Some(()) };
        let (escape, rest) = rest.split_first()?;
        text = rest;
        kept.push(match escape {
            b'u' => {
                text = unicode(text, kept)?;
                continue;
            }
            b'"' | b'\\' | b'/' => *escape,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            _ => return None,
        });
    }
}

/// Appends the character whose digits are next, and returns what follows its escape, or those of its pair.
fn unicode<'a>(text: &'a [u8], kept: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (first, rest) = unit(text)?;
    let second = rest.strip_prefix(br"\u").and_then(unit).filter(|_| is_surrogate(first));
    let (character, rest) = match second.map(|(second, rest)| (pair(first, second), rest)) {
        Some((Some(character), rest)) => (character, rest),
        _ => (char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER), rest),
    };
    kept.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Some(rest)
}

fn is_surrogate(unit: u16) -> bool {
    matches!(unit, 0xD800..=0xDFFF)
}

fn pair(first: u16, second: u16) -> Option<char> {
    char::decode_utf16([first, second]).next()?.ok()
}

/// Reads the four digits of an escape.
fn unit(text: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    Some((u16::from_str_radix(digits, 16).ok()?, rest))
}
