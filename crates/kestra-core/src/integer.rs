//! Integers as setters take them.

use crate::internal::Sealed;

/// An integer of any type of the standard library. One outside of `i64` is sent as the nearest `i64`, which no server reads as
/// anything else: sizes, pages, revisions and counts are far below.
pub trait Integer: Sealed {
    /// Returns the nearest `i64`.
    #[doc(hidden)]
    fn to_i64(self) -> i64;
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Sealed for $type {}

        impl Integer for $type {
            #[inline]
            fn to_i64(self) -> i64 {
                #[allow(unused_comparisons, reason = "of unsigned types none is negative")]
                i64::try_from(self).unwrap_or(if self < 0 { i64::MIN } else { i64::MAX })
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

#[cfg(test)]
mod tests {
    use super::Integer;

    fn taken(number: impl Integer) -> i64 {
        number.to_i64()
    }

    #[test]
    fn any_integer_is_taken_and_a_literal_needs_no_type() {
        assert_eq!(taken(10), 10);
        assert_eq!((taken(-1), taken(7_usize), taken(7_u64), taken(7_i32), taken(7_u8)), (-1, 7, 7, 7, 7));
        assert_eq!((taken(u64::MAX), taken(i128::MIN)), (i64::MAX, i64::MIN));
    }
}
