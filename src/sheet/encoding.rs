//! Decodes the bytes of a sheet to UTF-8. A byte that is not text is an error with its place, never a replacement.
//!
//! Must not guess an encoding; a guess may only be a suggestion in an error.

use super::{
    bytes::Bytes,
    records::{Broken, Fill},
};
use encoding_rs::{
    Decoder, DecoderResult, Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252,
};

/// The encoding of a sheet, and how many bytes of byte order mark come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Charset {
    pub encoding: &'static Encoding,
    pub bom: usize,
}

/// The encoding of a byte order mark; else the one that was named; else UTF-8.
pub(super) fn charset(head: &[u8], asked: Option<&'static Encoding>) -> Charset {
    match Encoding::for_bom(head) {
        Some((encoding, bom)) => Charset { encoding, bom },
        None => Charset {
            encoding: asked.unwrap_or(UTF_8),
            bom: 0,
        },
    }
}

/// The encoding with this name, as people write it.
pub(super) fn by_name(name: &str) -> Option<&'static Encoding> {
    let name = name.trim().to_ascii_lowercase().replace([' ', '_'], "-");
    let label = match name.as_str() {
        "ansi" | "western" | "windows" | "win-1252" | "win1252" | "windows1252" => "windows-1252",
        "utf-8-sig" | "utf-8-bom" | "utf8-bom" | "utf8-sig" => "utf-8",
        "utf16" | "utf16le" | "unicode" => "utf-16le",
        "utf16be" => "utf-16be",
        "mac" | "macroman" | "mac-roman" => "macintosh",
        "sjis" | "shift-jis" => "shift_jis",
        other => other,
    };
    Encoding::for_label_no_replacement(label.as_bytes())
}

/// What text without a byte order mark looks like when it is UTF-16: every other byte of plain Latin is zero.
pub(super) fn looks_like_utf16(head: &[u8]) -> Option<&'static Encoding> {
    let sample = &head[..head.len().min(1024) & !1];
    let zeros = |parity: usize| {
        sample
            .iter()
            .skip(parity)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd, pairs) = (zeros(0), zeros(1), sample.len() / 2);
    match () {
        () if pairs == 0 => None,
        () if odd * 2 > pairs && even == 0 => Some(UTF_16LE),
        () if even * 2 > pairs && odd == 0 => Some(UTF_16BE),
        () => None,
    }
}

/// Whether some lines have letters that are sound UTF-8: by chance that hardly ever happens in another encoding.
pub(super) fn is_partly_utf8(sample: &[u8]) -> bool {
    sample
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .any(|line| !line.is_ascii() && std::str::from_utf8(line).is_ok())
}

/// The encoding that the bytes are most probably in, where all of them read cleanly: for a suggestion only. None where
/// they are in an old encoding that is not offered here.
pub(super) fn suggestion(sample: &[u8]) -> Option<&'static Encoding> {
    let candidates = [likeliest(sample), WINDOWS_1252, MACINTOSH];
    candidates.into_iter().find(|encoding| {
        encoding
            .decode_without_bom_handling_and_without_replacement(sample)
            .is_some_and(|text| reads_cleanly(&text))
    })
}

/// Whether letters are where letters belong: no symbol inside or beside a word, no capital inside one, no two scripts in
/// one. What another encoding makes of letters has some of these sooner or later.
fn reads_cleanly(text: &str) -> bool {
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        if !c.is_ascii() && !c.is_alphanumeric() && !may_stand_beside(c, before, after) {
            return false;
        }
        before = c;
    }
    text.split(|c: char| !c.is_alphabetic()).all(is_sound_word)
}

/// Punctuation and symbols between these neighbours.
fn may_stand_beside(c: char, before: char, after: char) -> bool {
    match c {
        '’' | '‘' | '‑' | '–' | '—' | '·' | '…' | '\u{A0}' | '\u{AD}' => true,
        '“' | '”' | '«' | '»' | '‹' | '›' => {
            !(before.is_alphabetic() && after.is_alphabetic())
        }
        '„' | '‚' => !before.is_alphabetic(),
        _ if c.is_control() => false,
        // The punctuation of East Asian scripts stands where it likes, but not beside Latin letters.
        '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}' => {
            !before.is_ascii_alphabetic() && !after.is_ascii_alphabetic()
        }
        _ => !before.is_alphabetic() && !after.is_alphabetic(),
    }
}

fn is_sound_word(word: &str) -> bool {
    if word.is_ascii() {
        return true;
    }
    let small = word.chars().any(char::is_lowercase);
    let capital_inside = word
        .chars()
        .skip(1)
        .any(|c| !c.is_ascii() && c.is_uppercase());
    // Nobody writes `MöLLER`, so the small letter is a letter of another encoding.
    let capitals = word.chars().filter(char::is_ascii_uppercase).count();
    let ascii_small = word.chars().any(|c| c.is_ascii_lowercase());
    let small_inside =
        capitals >= 2 && !ascii_small && word.chars().any(|c| c.is_lowercase() && c != 'ß');
    let latin = word
        .chars()
        .any(|c| matches!(c, 'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{24F}'));
    let other = word
        .chars()
        .any(|c| matches!(c, '\u{370}'..='\u{6FF}' | '\u{E00}'..='\u{E7F}'));
    !(small && capital_inside || small_inside || latin && other)
}

/// What the letters look like most.
fn likeliest(sample: &[u8]) -> &'static Encoding {
    use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    // A single letter may be the same in several encodings; then the most common one is likelier for the rest.
    let likeliest = WINDOWS_1252.decode_without_bom_handling(sample).0;
    if guess.decode_without_bom_handling(sample).0 == likeliest {
        WINDOWS_1252
    } else {
        guess
    }
}

/// The head of a sheet as text, as far as it can be decoded; UTF-8 is checked record by record.
pub(super) fn decode_head(head: &[u8], charset: Charset, whole: bool) -> Vec<u8> {
    let head = &head[charset.bom.min(head.len())..];
    if charset.encoding == UTF_8 {
        return head.to_vec();
    }
    let mut decoder = charset.encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(head.len());
    let mut text = vec![0; room.unwrap_or(head.len() * 4 + 16)];
    let (_, _, written) = decoder.decode_to_utf8_without_replacement(head, &mut text, whole);
    text.truncate(written);
    text
}

/// The decoded text of a sheet, chunk by chunk.
pub(super) struct Text {
    bytes: Bytes,
    charset: Charset,
    /// None for UTF-8, which is checked record by record.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    /// How many bytes of the file were consumed.
    consumed: u64,
    bad: Option<Broken>,
    finished: bool,
}

impl Text {
    /// `bytes` must be at their beginning.
    pub(super) fn new(bytes: Bytes, charset: Charset) -> Self {
        Self {
            bytes,
            charset,
            decoder: (charset.encoding != UTF_8)
                .then(|| charset.encoding.new_decoder_without_bom_handling()),
            raw: Vec::new(),
            consumed: 0,
            bad: None,
            finished: false,
        }
    }

    pub(super) fn hash(&self) -> u128 {
        self.bytes.hash()
    }

    /// Reads until the byte order mark is complete, however short the reads are, and drops it.
    fn skip_bom(&mut self, window: &mut Vec<u8>) -> std::io::Result<usize> {
        let before = window.len();
        while window.len() - before < self.charset.bom {
            if self.bytes.append(window)? == 0 {
                break;
            }
        }
        let bom = self.charset.bom.min(window.len() - before);
        window.drain(before..before + bom);
        self.consumed = bom as u64;
        Ok(window.len() - before)
    }

    fn decode(&mut self, window: &mut Vec<u8>) -> usize {
        let Some(decoder) = &mut self.decoder else {
            return 0;
        };
        let last = self.raw.is_empty();
        let before = window.len();
        let room = decoder
            .max_utf8_buffer_length_without_replacement(self.raw.len())
            .unwrap_or(self.raw.len() * 4 + 16);
        window.resize(before + room, 0);
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(&self.raw, &mut window[before..], last);
        window.truncate(before + written);
        if let DecoderResult::Malformed(length, extra) = result {
            let end = read - usize::from(extra).min(read);
            // The first bytes of the sequence may have come with the chunk before.
            let start = end.saturating_sub(usize::from(length));
            let offset = (self.consumed + end as u64).saturating_sub(u64::from(length));
            let bytes = self.raw[start..end].to_vec();
            self.bad = Some(Broken::Undecodable { offset, bytes });
        }
        self.consumed += read as u64;
        self.raw.clear();
        self.finished = last;
        written
    }
}

impl Fill for Text {
    fn fill(&mut self, window: &mut Vec<u8>) -> Result<usize, Broken> {
        if self.decoder.is_none() {
            if self.consumed == 0 && self.charset.bom > 0 {
                let added = self.skip_bom(window)?;
                if added > 0 {
                    return Ok(added);
                }
            }
            return Ok(self.bytes.append(window)?);
        }
        loop {
            // The text before a malformed byte is handed out first, so that its row can be named.
            if let Some(bad) = self.bad.take() {
                self.finished = true;
                return Err(bad);
            }
            if self.finished {
                return Ok(0);
            }
            let mut raw = std::mem::take(&mut self.raw);
            if self.consumed == 0 && self.charset.bom > 0 {
                self.skip_bom(&mut raw)?;
            }
            if raw.is_empty() {
                self.bytes.append(&mut raw)?;
            }
            self.raw = raw;
            let written = self.decode(window);
            if written > 0 {
                return Ok(written);
            }
        }
    }

    fn origin(&self) -> u64 {
        self.charset.bom as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_reads_every_letter_cleanly_or_is_not_made() {
        let suggested = |bytes: &[u8]| suggestion(bytes).map(Encoding::name);
        assert_eq!(
            suggested(b"J\x9Frgen M\x9Fller\nZo\x91 L\x8Egar\x8E\n"),
            Some("macintosh")
        );
        assert_eq!(
            suggested(b"M\xFCller, M\xFCnchen\nJos\xE9\n"),
            Some("windows-1252")
        );
        assert_eq!(
            suggested(b"O\x92Brien, 5 \x80, \x84Firma\x93\n"),
            Some("windows-1252")
        );
        for dos in [
            b"Jos\x82 N\xA3\xA4ez\n".as_slice(),
            b"Ana M\x81ller\n",
            b"M\x9ALLER\n",
        ] {
            assert_eq!(suggested(dos), None);
        }
    }
}
