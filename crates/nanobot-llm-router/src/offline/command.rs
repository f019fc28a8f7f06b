//! The few requests that the offline stand-in recognises.
//!
//! A request is one line of its own; within a longer message, the last line counts, so that context which is put
//! in front of a message does no harm.

/// What a message asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Say what is possible.
    Help,
    /// Call a tool that takes a path.
    Call {
        /// The tool.
        tool: &'static str,
        /// Its `path`.
        path: String,
    },
    /// Nothing that is recognised.
    None,
}

impl Command {
    pub(super) fn read(message: &str) -> Self {
        let line = message.trim().lines().next_back().unwrap_or_default().trim();
        let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match verb.to_lowercase().trim_end_matches(['?', '!', '.']) {
            "help" if rest.is_empty() => Self::Help,
            "list" | "list_dir" | "ls" => match rest.to_lowercase().as_str() {
                "" | "files" => Self::Call { tool: "list_dir", path: ".".to_owned() },
                _ => Self::with_path("list_dir", rest),
            },
            "read" | "read_file" | "cat" => Self::with_path("read_file", rest),
            _ => Self::None,
        }
    }

    /// A path is one word, or anything between double quotes. More words are a sentence, not a request.
    fn with_path(tool: &'static str, text: &str) -> Self {
        let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let path = match quoted {
            Some(inner) => inner.trim(),
            None if text.contains(char::is_whitespace) => return Self::None,
            None => text,
        };
        if path.is_empty() { Self::None } else { Self::Call { tool, path: path.to_owned() } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(tool: &'static str, path: &str) -> Command {
        Command::Call { tool, path: path.to_owned() }
    }

    #[test]
    fn requests_are_recognised() {
        for (message, expected) in [
            ("help", Command::Help),
            (" Help? ", Command::Help),
            ("list files", call("list_dir", ".")),
            ("List", call("list_dir", ".")),
            ("list_dir memory/", call("list_dir", "memory/")),
            ("ls notes", call("list_dir", "notes")),
            ("read AGENTS.md", call("read_file", "AGENTS.md")),
            ("read_file \"my notes.md\"", call("read_file", "my notes.md")),
            ("[reply to: hi]\nread a.txt", call("read_file", "a.txt")),
        ] {
            assert_eq!(Command::read(message), expected, "{message}");
        }
    }

    #[test]
    fn sentences_are_no_requests() {
        for message in
            ["", "read", "read this for me", "help me", "list of things", "Liste meine Dateien", "read \"\""]
        {
            assert_eq!(Command::read(message), Command::None, "{message}");
        }
    }
}
