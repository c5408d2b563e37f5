//! Ids as the server makes them: up to 22 letters and digits.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A random id of 128 bits.
pub(crate) fn new_id() -> String {
    let mut rest = fastrand::u128(..) | 1 << 120;
    let mut text = Vec::with_capacity(22);
    while rest > 0 {
        let digit = usize::try_from(rest % 62).unwrap_or_default();
        text.push(char::from(ALPHABET[digit]));
        rest /= 62;
    }
    text.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_short_and_differ() {
        let (a, b) = (super::new_id(), super::new_id());
        assert_ne!(a, b);
        assert!((20..=22).contains(&a.len()), "{a}");
        assert!(a.bytes().all(|b| b.is_ascii_alphanumeric()));
    }
}
