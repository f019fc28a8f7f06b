//! Writing to a terminal or a pipe: which stream, and whether remarks are dim.
//!
//! Blocks while the stream does; a console has nothing better to do.

use std::io::{self, Write};

use super::screen::Show;

/// The streams of a console. Binaries pass standard output and standard error.
pub struct ConsoleIo<'a> {
    /// For the conversation; in batch mode for answers alone.
    pub out: &'a mut (dyn Write + Send),
    /// For remarks and errors in batch mode.
    pub err: &'a mut (dyn Write + Send),
}

/// Where remarks go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remarks {
    /// Between the words, dim.
    Dim,
    /// Between the words, plain.
    Plain,
    /// To the error stream.
    Apart,
}

/// Writes what the screen shows.
pub(crate) struct Painter<'a> {
    io: ConsoleIo<'a>,
    remarks: Remarks,
}

impl<'a> Painter<'a> {
    /// A painter on these streams.
    pub(crate) fn new(io: ConsoleIo<'a>, remarks: Remarks) -> Self {
        Self { io, remarks }
    }

    /// Writes, and flushes.
    ///
    /// # Errors
    /// When a stream does not take it.
    pub(crate) fn paint(&mut self, shows: &[Show]) -> io::Result<()> {
        for show in shows {
            let stream = match (show, self.remarks) {
                (Show::Note(_), Remarks::Apart) => &mut *self.io.err,
                _ => &mut *self.io.out,
            };
            stream.write_all(drawn(show, self.remarks).as_bytes())?;
            stream.flush()?;
        }
        Ok(())
    }

    /// The same as one text, for a line editor that prints above its prompt.
    pub(crate) fn text_of(&self, shows: &[Show]) -> String {
        shows.iter().map(|show| drawn(show, self.remarks)).collect()
    }
}

/// "Faint" and "reset" of ECMA-48 (SGR 2 and 0).
const FAINT: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

fn drawn(show: &Show, remarks: Remarks) -> String {
    match show {
        Show::Text(text) => text.clone(),
        Show::Note(text) if remarks == Remarks::Dim => format!("{FAINT}{text}{RESET}\n"),
        Show::Note(text) => format!("{text}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(remarks: Remarks) -> (String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let shows = [Show::Text("Hello\n".to_owned()), Show::Note("· list_dir".to_owned())];
        Painter::new(ConsoleIo { out: &mut out, err: &mut err }, remarks).paint(&shows).unwrap();
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn remarks_are_dim_plain_or_apart() {
        assert_eq!(painted(Remarks::Dim).0, "Hello\n\x1b[2m· list_dir\x1b[0m\n");
        assert_eq!(painted(Remarks::Plain).0, "Hello\n· list_dir\n");
        assert_eq!(painted(Remarks::Apart), ("Hello\n".to_owned(), "· list_dir\n".to_owned()));
    }
}
