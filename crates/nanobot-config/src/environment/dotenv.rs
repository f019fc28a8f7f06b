//! The lines of a `.env` file: `NAME=value`.
//!
//! No `export`, no comments after a value, no escapes: the original knows none of them, and a file has to
//! mean the same to both.

/// The assignment on a line, if there is one.
pub(crate) fn parse_line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let (name, value) = line.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    (!name.is_empty()).then(|| (name.to_owned(), unquoted(value).to_owned()))
}

/// The lines that assign nothing that anybody could ask for: number, from 1, and why. Never what they hold, which
/// may be a key.
pub(crate) fn not_understood(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    (1..).zip(text.lines()).filter_map(|(number, line)| {
        let line = line.trim();
        let why = match parse_line(line) {
            _ if line.is_empty() || line.starts_with('#') => return None,
            Some((name, _)) if name.starts_with("export ") => "export is not understood; write NAME=value",
            Some((name, _)) if name.contains(char::is_whitespace) => "a name has no blanks; write NAME=value",
            Some(_) => return None,
            None => "not NAME=value",
        };
        Some((number, why))
    })
}

/// The line that assigns a value, or `None` when no line can: the value has a line break, say.
pub(crate) fn assignment(name: &str, value: &str) -> Option<String> {
    let candidates = [format!("{name}={value}"), format!("{name}=\"{value}\""), format!("{name}='{value}'")];
    let wanted = Some((name.to_owned(), value.to_owned()));
    candidates
        .into_iter()
        .filter(|line| !line.contains(char::is_control))
        .find(|line| parse_line(line) == wanted)
}

/// Without one pair of equal quotes around it.
fn unquoted(value: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> Option<String> {
        parse_line(line).map(|(_, value)| value)
    }

    #[test]
    fn lines_mean_what_they_meant_to_the_original() {
        assert_eq!(value(" A = spaced "), Some("spaced".to_owned()));
        assert_eq!(value("A=\"quoted\""), Some("quoted".to_owned()));
        assert_eq!(value("A=\"mixed'"), Some("\"mixed'".to_owned()));
        assert_eq!(value("A=val # comment"), Some("val # comment".to_owned()));
        assert_eq!(value("A=b=c"), Some("b=c".to_owned()));
        assert_eq!(value("A=\""), Some("\"".to_owned()));
        for nothing in ["# A=b", "", "A", "=b"] {
            assert_eq!(parse_line(nothing), None, "{nothing}");
        }
        assert_eq!(parse_line("export A=b"), Some(("export A".to_owned(), "b".to_owned())));
    }

    #[test]
    fn lines_that_lead_to_nothing_are_found_without_their_text() {
        let text = "# note\n\nA=b\nexport KEY=sk-1\nKEY sk-2\n MY KEY = sk-3\nB=\n";
        let found: Vec<(usize, &str)> = not_understood(text).collect();
        assert_eq!(
            found,
            [
                (4, "export is not understood; write NAME=value"),
                (5, "not NAME=value"),
                (6, "a name has no blanks; write NAME=value"),
            ]
        );
    }

    #[test]
    fn an_assignment_reads_back_as_its_value() {
        for text in ["plain", " outer ", "\"quoted\"", "a=b # c", ""] {
            let line = assignment("A", text).expect("a line");
            assert_eq!(value(&line), Some(text.to_owned()), "{line}");
        }
        assert_eq!(assignment("A", "two\nlines"), None);
    }
}
