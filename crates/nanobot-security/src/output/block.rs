//! Private keys in armour: PEM of every kind, PGP, OpenSSH, SSH2, OpenVPN; with line breaks, with `\n` written out,
//! encrypted, cut off before the end. Public keys and certificates pass, and so does talk about the lines themselves.

/// A block longer than this many bytes is no key that people have; it is replaced up to here.
const BLOCK_LIMIT: usize = 64 * 1024;

/// The label between the dashes has at most this many bytes (the longest in use: 33).
const LABEL_LIMIT: usize = 64;

/// After this many words that cannot be part of a key, no end line is waited for.
const PROSE_LIMIT: usize = 24;

/// An end line closes with this many dashes.
const CLOSING: usize = 5;

/// A key has at least one run of this many characters.
const MATERIAL_LEN: usize = 16;

/// What the lines from an opening on are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Not clear yet.
    More,
    /// A key of this many bytes.
    Secret(usize),
    /// No key; this many bytes may pass.
    Harmless(usize),
}

/// Where in a word a block may open.
pub(super) fn opening(word: &str) -> Option<usize> {
    line_in(word, "BEGIN")
}

/// Where in a word a line of dashes and `name` may begin.
fn line_in(word: &str, name: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + word.get(from..)?.find("----")?;
        let label = word.get(at..)?.trim_start_matches('-');
        if label.is_empty() || starts_with(label, name) {
            return Some(at);
        }
        // The end of one block and the beginning of the next can stand in one word.
        from = word.len() - label.len();
    }
}

/// Judges the block that may open at the beginning of `rest`.
pub(super) fn judge(rest: &str, is_end: bool) -> Block {
    let dashes = rest.len() - rest.trim_start_matches('-').len();
    let head = match label(rest, dashes, is_end) {
        Head::Unclear => return Block::More,
        Head::Other => return Block::Harmless(dashes),
        Head::Private { len } => len,
    };
    let is_whole = is_end || rest.len() > BLOCK_LIMIT;
    let window = rest.get(..rest.floor_char_boundary(BLOCK_LIMIT)).unwrap_or(rest);
    let body = window.get(head..).unwrap_or_default();
    let Extent { reach, prose, end } = extent(body, is_whole);
    let line = end.map_or(Line::Other, |at| end_line(body.get(at..).unwrap_or_default()));
    match (line, end) {
        (Line::Whole { len }, Some(at)) => {
            let is_key = has_material(body.get(..at).unwrap_or_default());
            if is_key { Block::Secret(head + at + len) } else { Block::Harmless(head) }
        }
        (Line::Open, _) if !is_whole => Block::More,
        (Line::Other, _) if !is_whole && prose < PROSE_LIMIT => Block::More,
        _ if has_material(body.get(..reach).unwrap_or_default()) => Block::Secret(head + reach),
        _ => Block::Harmless(head),
    }
}

/// An opening line.
enum Head {
    Private { len: usize },
    Other,
    Unclear,
}

/// Reads the opening line.
fn label(rest: &str, dashes: usize, is_end: bool) -> Head {
    let after = rest.get(dashes..).unwrap_or_default();
    let window = after.get(..after.floor_char_boundary(LABEL_LIMIT)).unwrap_or(after);
    let text = window.trim_start_matches(' ');
    let lead = window.len() - text.len();
    let name_len = text
        .find(|each: char| !(each.is_ascii_alphanumeric() || matches!(each, ' ' | '\u{A0}')))
        .unwrap_or(text.len());
    let name = text.get(..name_len).unwrap_or_default().to_ascii_uppercase();
    if !name.starts_with("BEGIN") && !"BEGIN".starts_with(name.as_str()) {
        return Head::Other;
    }
    let tail = text.get(name_len..).unwrap_or_default();
    let closing = tail.len() - tail.trim_start_matches('-').len();
    if tail.len() == closing && after.len() < LABEL_LIMIT && !is_end {
        return Head::Unclear;
    }
    let is_private = name.contains("PRIVATE KEY") || name.contains("STATIC KEY");
    if closing < 4 || !is_private {
        return Head::Other;
    }
    Head::Private { len: dashes + lead + name_len + closing }
}

/// What begins with dashes inside a block.
enum Line {
    /// An end line of this many bytes.
    Whole { len: usize },
    /// It may become one.
    Open,
    /// Something else.
    Other,
}

/// Reads the line of dashes at the beginning of `text`.
fn end_line(text: &str) -> Line {
    let name = text.trim_start_matches('-').trim_start_matches(' ');
    if name.len() < "END".len() {
        return if starts_with("END", name) { Line::Open } else { Line::Other };
    }
    if !starts_with(name, "END") {
        return Line::Other;
    }
    let window = name.get(..name.floor_char_boundary(LABEL_LIMIT)).unwrap_or(name);
    let name_len = window.find(['-', '\n', '"', '`']).unwrap_or(window.len());
    let tail = window.get(name_len..).unwrap_or_default();
    let closing = (tail.len() - tail.trim_start_matches('-').len()).min(CLOSING);
    // More dashes, or more of the label, may still come.
    if tail.len() == closing && closing < CLOSING && name.len() < LABEL_LIMIT {
        return Line::Open;
    }
    Line::Whole { len: text.len() - name.len() + name_len + closing }
}

/// What follows an opening line.
struct Extent {
    /// How far the key goes, when no end line says so.
    reach: usize,
    /// How many words behind it are none of its.
    prose: usize,
    /// Where an end line may begin; nothing behind it was looked at.
    end: Option<usize>,
}

/// Reads a block up to what may be its end line, or up to where it is clear that none comes.
fn extent(body: &str, is_whole: bool) -> Extent {
    let mut extent = Extent { reach: 0, prose: 0, end: None };
    let (mut line, mut seen, mut marks, mut is_after_material) = (0, 0, 0, false);
    let mut header_line = None;
    let base = body.as_ptr().addr();
    let mut words = body.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let start = word.as_ptr().addr() - base;
        if words.peek().is_none() && !is_whole && start + word.len() == body.len() {
            break;
        }
        line += body.get(seen..start).map_or(0, |between| between.matches('\n').count());
        seen = start;
        let dashes = line_in(word, "END");
        // A line of dashes by itself may be any ruler.
        let is_end = dashes
            .is_some_and(|at| !matches!(end_line(body.get(start + at..).unwrap_or_default()), Line::Other));
        let word = match dashes {
            Some(at) if is_end => word.get(..at).unwrap_or_default(),
            _ => word,
        };
        let is_header = is_header(word) || header_line == Some(line);
        if is_header {
            header_line = Some(line);
        }
        let len = material_len(word);
        let is_material = len >= MATERIAL_LEN || (is_after_material && len >= 4 && is_mixed(word.get(..len)));
        if extent.prose == 0 && (is_material || (is_header && !is_after_material)) {
            let len = if is_header { word.len() } else { len };
            extent.reach = start + len;
            extent.prose += usize::from(len < word.len());
            is_after_material |= is_material;
            marks = 0;
        } else if !word.contains(char::is_alphanumeric) && marks < PROSE_LIMIT {
            // Marks of quotations and lists stand in front of lines; they alone say nothing.
            marks += 1;
        } else {
            extent.prose += 1;
        }
        if is_end {
            extent.end = dashes.map(|at| start + at);
            break;
        }
        if extent.prose >= PROSE_LIMIT {
            break;
        }
    }
    extent
}

/// Lines that stand before the key itself.
fn is_header(word: &str) -> bool {
    let names = ["Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Hash:", "Charset:", "Subject:", "x-"];
    names.iter().any(|name| starts_with(word, name))
}

/// How many bytes at the beginning of `word` can be part of a key.
fn material_len(word: &str) -> usize {
    word.find(|each: char| !(each.is_ascii_alphanumeric() || matches!(each, '+' | '/' | '=' | '\\')))
        .unwrap_or(word.len())
}

/// Whether there is a run that only a key has.
fn has_material(body: &str) -> bool {
    body.split(|each: char| !(each.is_ascii_alphanumeric() || matches!(each, '+' | '/' | '=')))
        .any(|run| run.len() >= MATERIAL_LEN && is_mixed(Some(run)))
        || letters_alone(body) >= MATERIAL_LEN * 2
}

/// How many single characters stand in a row: a key that was spelled out.
fn letters_alone(body: &str) -> usize {
    body.split_whitespace().take(BLOCK_LIMIT).filter(|word| word.len() == 1).count()
}

fn is_mixed(run: Option<&str>) -> bool {
    let Some(run) = run else { return false };
    let has = |class: fn(&u8) -> bool| run.as_bytes().iter().any(class);
    let is_dull = run.bytes().all(|byte| matches!(byte, b'x' | b'X' | b'A' | b'a' | b'='));
    let classes = [has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase), has(u8::is_ascii_digit)];
    !is_dull && classes.iter().filter(|is_there| **is_there).count() >= 2
}

fn starts_with(text: &str, head: &str) -> bool {
    text.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
}
