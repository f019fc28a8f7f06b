//! How a value looks: like a secret, like a stand-in for one, like a word, a number, a date, code. Measures only; which
//! look is enough where is decided by those who ask.

mod words;

/// Below this many bits for each character a run is too regular for a token (random hexadecimal digits have about
/// 3.4 at 32 characters, English words about 3 at that length).
const ENTROPY_BITS: f64 = 2.9;

/// What characters a value has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) len: usize,
    pub(super) lower: usize,
    pub(super) upper: usize,
    pub(super) digits: usize,
    /// Neither letters nor digits.
    pub(super) marks: usize,
    /// How often letters and digits change into each other.
    pub(super) switches: usize,
    /// How often a small letter is followed by a capital one.
    pub(super) humps: usize,
}

impl Look {
    /// Measures a value.
    pub(super) fn of(value: &str) -> Self {
        let mut look = Self::default();
        let mut before = ' ';
        for each in value.chars() {
            look.len += 1;
            match each {
                _ if each.is_numeric() => look.digits += 1,
                _ if each.is_uppercase() => look.upper += 1,
                _ if each.is_alphabetic() => look.lower += 1,
                _ => look.marks += 1,
            }
            let is_switch =
                before.is_alphabetic() && each.is_numeric() || before.is_numeric() && each.is_alphabetic();
            look.switches += usize::from(is_switch);
            look.humps += usize::from(before.is_lowercase() && each.is_uppercase());
            before = each;
        }
        look
    }

    /// How many letters.
    pub(super) fn letters(&self) -> usize {
        self.lower + self.upper
    }

    /// Has letters as well as digits.
    pub(super) fn is_mixed(&self) -> bool {
        self.letters() > 0 && self.digits > 0
    }
}

/// Bits for each character (Shannon 1948, over the value's own bytes).
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let len = u32::try_from(value.len()).map_or(f64::MAX, f64::from);
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / len;
            -share * share.log2()
        })
        .sum()
}

/// Looks like a token or a strong password wherever it stands.
pub(super) fn is_strong(value: &str) -> bool {
    let look = Look::of(value);
    look.len >= 8
        && look.is_mixed()
        && (look.lower > 0 && look.upper > 0 || look.marks > 0 || look.switches >= 3)
        && !is_plain(value)
}

/// Looks like what stands behind `Bearer`.
pub(super) fn is_bearer(value: &str, is_header: bool) -> bool {
    let bare = value.trim_end_matches(['.', ',', '=']);
    let look = Look::of(bare);
    // Two long words and a dot would be code elsewhere; as a header's value they are a token.
    let is_opaque = is_header && look.len >= 24 && !bare.contains(['_', '(', '[']) && !bare.contains("env");
    if is_placeholder(bare) || (is_plain(bare) && !is_opaque) {
        return false;
    }
    let is_random = look.len >= 16 && look.upper >= 2 && look.lower >= 2 && look.humps >= 2;
    let is_long = look.len >= 24 && entropy(bare) > ENTROPY_BITS && look.marks == 0;
    let is_header_value = is_header && look.len >= 12 && (look.marks > 0 || look.len >= 20);
    look.is_mixed() && look.len >= 8 || is_random || is_long || is_header_value
}

/// Has the disorder of a token.
pub(super) fn is_random(value: &str) -> bool {
    Look::of(value).is_mixed() && entropy(value) > ENTROPY_BITS
}

/// Has the disorder of a token even where words joined by dashes are common.
pub(super) fn is_jumbled(value: &str) -> bool {
    let look = Look::of(value);
    look.is_mixed() && look.switches + look.humps >= 3 && entropy(value) > ENTROPY_BITS
}

/// A stand-in that shows where a secret goes.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_lowercase();
    let text = lower.trim_matches(|each: char| !each.is_alphanumeric());
    if text.is_empty() || words::holds(words::STAND_INS, text) {
        return true;
    }
    if value.starts_with('$')
        && value.len() < 64
        && value.bytes().skip(1).all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        return value
            .bytes()
            .skip(1)
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit());
    }
    let first = text.chars().next();
    let is_one_letter = text.chars().all(|each| Some(each) == first);
    let is_xs = text.chars().all(|each| matches!(each, 'x' | '0' | '-' | '_' | '.'));
    is_one_letter
        || is_xs
        || lower.starts_with("your")
        || words::STAND_IN_PARTS.split(' ').any(|part| lower.contains(part))
}

/// The body of a token that only shows the shape: one `x` after the other, stars, dots, a word for "yours".
pub(super) fn is_specimen(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    let xs = lower.bytes().filter(|byte| matches!(byte, b'x' | b'*' | b'.' | b'-' | b'_' | b'0')).count();
    xs * 10 >= body.len() * 9
        || [
            "xxxxxx",
            "your_",
            "your-",
            "-your",
            "_your",
            "yourapi",
            "yourkey",
            "yoursecret",
            "placeholder",
            "redacted",
        ]
        .iter()
        .any(|part| lower.contains(part))
}

/// A number, a date, a time, a path, an address, a file, code: what stands beside key words and is no secret.
pub(super) fn is_plain(value: &str) -> bool {
    let text = value.trim_matches(['.', ',', ';', ':', '!', '?', ')', '(', '"', '\'', '*', '`']);
    let look = Look::of(text);
    let is_number =
        text.chars().all(|each| each.is_numeric() || ".,:/-+%°€$£ ".contains(each)) && look.marks > 0;
    let is_date = look.digits >= 6
        && look.marks > 0
        && text.chars().all(|each| each.is_numeric() || matches!(each, '-' | ':' | 'T' | 'Z' | '.' | '+'));
    is_number || is_date || is_measure(text) || is_address(text) || is_code(text) || is_term(text)
}

/// `16GB`, `30min`, `10:30am`, `8-16`, `v1.2.3`, `3rd`, `2FA`: digits and a few letters at one end.
fn is_measure(text: &str) -> bool {
    let digits = text.trim_start_matches(['v', 'V', '~', '<', '>', '=', '#', '$', '€']);
    let tail = digits.trim_start_matches(|each: char| each.is_numeric() || ".,:-/".contains(each));
    tail.len() < digits.len()
        && tail.len() <= 4
        && tail.chars().all(char::is_alphabetic)
        && digits.len() - tail.len() <= 5
        || tail.is_empty() && text.len() <= 12 && text.starts_with(['v', 'V'])
}

/// A URL, a mail address, a path, a domain, a file's name.
fn is_address(text: &str) -> bool {
    let is_path = text.starts_with(['/', '~']) || text.starts_with("./") || text.starts_with("../");
    let has_port = text.rsplit_once(':').is_some_and(|(host, port)| {
        host.contains('.') && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    let is_mail = text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
    });
    let is_file = text.rsplit_once('.').is_some_and(|(stem, end)| {
        stem.len() >= 2 && words::holds(words::ENDINGS, &end.to_ascii_lowercase())
    });
    let look = Look::of(text);
    // A random run in Base64 may begin with a slash too.
    let is_path = is_path && !(look.len >= 30 && look.digits >= 2 && look.humps >= 3);
    is_path && text.matches('/').count() > 1 || text.contains("://") || has_port || is_mail || is_file
}

/// An expression that gets the secret from somewhere.
fn is_code(text: &str) -> bool {
    if let Some(at) = text.find(['(', '['])
        && text.get(..at).is_some_and(|name| name.len() >= 2 && is_name(name))
    {
        return true;
    }
    text.starts_with(['<', '{', '(', '['])
        || text.starts_with("$(")
        || text.contains("process.env")
        || text.contains("os.environ")
        || text.contains("getenv")
        || text.contains("::")
        || (text.contains('.') && is_name(text) && Look::of(text).digits == 0)
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b':'))
}

/// Words of the trade that mix letters and digits.
fn is_term(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split(|each: char| !each.is_alphanumeric()).filter(|part| !part.is_empty());
    let is_small = |part: &str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.all(|part| words::holds(words::TERMS, part) || is_small(part))
}

/// How many bytes at the beginning of `text` can be part of a token.
pub(super) fn token_len(text: &str) -> usize {
    text.find(|each: char| !(each.is_ascii_alphanumeric() || "-_./+=~".contains(each))).unwrap_or(text.len())
}
