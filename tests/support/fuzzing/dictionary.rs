//! Dictionaries in the form of libFuzzer: a word in quotes on each line, `\"`, `\\` and `\xNN` in it, `#` for remarks.

use anyhow::{Context as _, Result, ensure};

/// The words of a dictionary.
///
/// # Errors
/// When a line is none; it is named by its number.
pub(super) fn words(text: &str) -> Result<Vec<Vec<u8>>> {
    let lines = (1..).zip(text.lines().map(str::trim));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines.map(|(number, line)| word(line).with_context(|| format!("line {number} of a dictionary"))).collect()
}

fn word(line: &str) -> Result<Vec<u8>> {
    let quoted = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let mut rest = quoted.context("a word stands in quotes")?.bytes();
    let mut word = Vec::new();
    while let Some(byte) = rest.next() {
        word.push(if byte == b'\\' { escaped(&mut rest)? } else { byte });
    }
    ensure!(!word.is_empty(), "a word has at least one byte");
    Ok(word)
}

fn escaped(rest: &mut impl Iterator<Item = u8>) -> Result<u8> {
    match rest.next() {
        Some(byte @ (b'"' | b'\\')) => Ok(byte),
        Some(b'x') => {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let (high, low) = digit().zip(digit()).context("two hexadecimal digits stand behind \\x")?;
            Ok(u8::try_from(high * 16 + low)?)
        }
        _ => anyhow::bail!("only \\\", \\\\ and \\xNN are escapes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_libfuzzer_reads_them() {
        let read = words("# remark\n\n\"a\\\"b\"\n  \"\\\\u\\x00\\xfF\"\n").unwrap();
        assert_eq!(read, [b"a\"b".to_vec(), b"\\u\x00\xff".to_vec()]);
        for broken in ["a", "\"a", "\"\"", "\"\\q\"", "\"\\x1\""] {
            assert!(words(broken).is_err(), "{broken}");
        }
    }
}
