//! Finds in one pass which kinds of bytes a text has, so that most checks of a row need not look at its text.
//!
//! Must not know what a text means.

use std::ops::{BitOr, BitOrAssign};

/// A set of kinds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    pub const AT_SIGN: Self = Self(1);
    pub const APOSTROPHE: Self = Self(1 << 1);
    /// What may be a text mark around a value: plain quotation marks, and whatever is not ASCII.
    pub const MARK: Self = Self(1 << 2);
    pub const QUESTION_MARK: Self = Self(1 << 3);
    pub const LINE_END: Self = Self(1 << 4);
    /// What may be a control character other than a tab and a line end, or the first byte of one.
    pub const CONTROL: Self = Self(1 << 5);
    pub const NOT_ASCII: Self = Self(1 << 6);

    const OF_BYTE: [Self; 256] = {
        let mut table = [Self(0); 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = Self::of_byte(byte as u8);
            byte += 1;
        }
        table
    };

    const fn of_byte(byte: u8) -> Self {
        Self(match byte {
            b'@' => Self::AT_SIGN.0,
            b'\'' => Self::APOSTROPHE.0 | Self::MARK.0,
            b'`' | b'"' => Self::MARK.0,
            b'?' => Self::QUESTION_MARK.0,
            b'\n' | b'\r' => Self::LINE_END.0,
            b'\t' => 0,
            0..0x20 | 0x7F => Self::CONTROL.0,
            // The control characters from U+0080 on begin with it.
            0xC2 => Self::CONTROL.0 | Self::MARK.0 | Self::NOT_ASCII.0,
            0x80.. => Self::MARK.0 | Self::NOT_ASCII.0,
            _ => 0,
        })
    }

    pub fn of(text: &str) -> Self {
        let kind = |byte: &u8| Self::OF_BYTE[usize::from(*byte)];
        let (steps, rest) = text.as_bytes().as_chunks::<8>();
        let mut kinds = Self(0);
        for [a, b, c, d, e, f, g, h] in steps {
            kinds |= ((kind(a) | kind(b)) | (kind(c) | kind(d)))
                | ((kind(e) | kind(f)) | (kind(g) | kind(h)));
        }
        rest.iter().fold(kinds, |kinds, byte| kinds | kind(byte))
    }

    /// Whether one of these kinds is among them.
    pub fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }
}

impl BitOr for Kinds {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Kinds {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::Kinds;

    #[test]
    fn each_kind_is_found_wherever_it_stands() {
        for (sign, kinds) in [
            ("@", Kinds::AT_SIGN),
            ("'", Kinds::APOSTROPHE | Kinds::MARK),
            ("\"", Kinds::MARK),
            ("?", Kinds::QUESTION_MARK),
            ("\r", Kinds::LINE_END),
            ("\u{1B}", Kinds::CONTROL),
            ("\u{9B}", Kinds::CONTROL | Kinds::MARK | Kinds::NOT_ASCII),
            ("ü", Kinds::MARK | Kinds::NOT_ASCII),
            ("\t", Kinds::default()),
        ] {
            for before in 0..20 {
                let text = format!("{}{sign}{}", "a".repeat(before), "b".repeat(19 - before));
                assert_eq!(Kinds::of(&text), kinds, "{text:?}");
            }
        }
    }
}
