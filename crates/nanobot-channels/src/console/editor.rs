//! The line editor: rustyline on a thread of its own, since it blocks while a person thinks.
//!
//! The thread ends when the [`Editor`] is dropped; while a prompt is open, with the line that closes it.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc as blocking;

use async_trait::async_trait;
use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor, ExternalPrinter};
use tokio::sync::{mpsc, oneshot};

use super::interactive::{LineSource, Typed};
use crate::error::ConsoleError;

/// Lines that the history file keeps.
const MAX_HISTORY: usize = 1_000;

/// The longest text that goes into the history, in bytes.
const MAX_HISTORY_ENTRY: usize = 16 * 1024;

/// What stands before the cursor.
const PROMPT: &str = "> ";

type Printer = Box<dyn ExternalPrinter + Send>;

/// The terminal's line editor.
pub(crate) struct Editor {
    asking: blocking::Sender<()>,
    typed: mpsc::Receiver<Result<Typed, ConsoleError>>,
    printer: Option<Printer>,
    open: bool,
}

impl Editor {
    /// Takes the terminal. A history file that cannot be read is left alone and not written.
    ///
    /// # Errors
    /// When there is no terminal.
    pub(crate) async fn open(history: Option<PathBuf>) -> Result<Self, ConsoleError> {
        let (asking, asked) = blocking::channel();
        let (answers, typed) = mpsc::channel(1);
        let (ready, opened) = oneshot::channel();
        std::thread::Builder::new()
            .name("console-editor".to_owned())
            .spawn(move || match Terminal::open(history) {
                Ok(mut terminal) => {
                    let printer = terminal.printer();
                    if ready.send(Ok(printer)).is_ok() {
                        terminal.serve(&asked, &answers);
                    }
                }
                // Whoever opened it has gone; there is nobody to tell.
                Err(error) => drop(ready.send(Err(error))),
            })
            .map_err(|error| ConsoleError::Editor(Box::new(error)))?;
        let printer = opened.await.map_err(|error| ConsoleError::Editor(Box::new(error)))??;
        Ok(Self { asking, typed, printer, open: false })
    }
}

#[async_trait]
impl LineSource for Editor {
    async fn next(&mut self) -> Result<Typed, ConsoleError> {
        if !self.open {
            self.asking.send(()).map_err(|_| gone())?;
            self.open = true;
        }
        let typed = self.typed.recv().await;
        self.open = false;
        typed.ok_or_else(gone)?
    }

    fn above(&mut self, text: &str) -> bool {
        match &mut self.printer {
            Some(printer) if self.open => printer.print(text.to_owned()).is_ok(),
            _ => false,
        }
    }
}

fn gone() -> ConsoleError {
    ConsoleError::Input(io::Error::from(io::ErrorKind::UnexpectedEof))
}

/// The thread's side.
struct Terminal {
    editor: DefaultEditor,
    history: Option<PathBuf>,
}

impl Terminal {
    fn open(history: Option<PathBuf>) -> Result<Self, ConsoleError> {
        let editor = |error: ReadlineError| ConsoleError::Editor(Box::new(error));
        let config = Config::builder()
            .max_history_size(MAX_HISTORY)
            .map_err(editor)?
            .history_ignore_space(true)
            .bracketed_paste(true)
            .build();
        let mut terminal = Self { editor: DefaultEditor::with_config(config).map_err(editor)?, history };
        terminal.load();
        Ok(terminal)
    }

    fn load(&mut self) {
        let Some(path) = &self.history else { return };
        match self.editor.load_history(path) {
            Ok(()) => {}
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "the history cannot be read and is not kept");
                self.history = None;
            }
        }
    }

    fn printer(&mut self) -> Option<Printer> {
        self.editor.create_external_printer().ok().map(|printer| Box::new(printer) as Printer)
    }

    /// Reads one line for each request, until nobody asks any more.
    fn serve(&mut self, asked: &blocking::Receiver<()>, answers: &mpsc::Sender<Result<Typed, ConsoleError>>) {
        while asked.recv().is_ok() {
            let typed = match self.editor.readline(PROMPT) {
                Ok(line) => {
                    self.remember(&line);
                    Ok(Typed::Line(line))
                }
                Err(ReadlineError::Interrupted) => Ok(Typed::Interrupted),
                Err(ReadlineError::Eof) => Ok(Typed::End),
                Err(ReadlineError::Io(error)) => Err(ConsoleError::Input(error)),
                Err(error) => Err(ConsoleError::Editor(Box::new(error))),
            };
            if answers.blocking_send(typed).is_err() {
                return;
            }
        }
    }

    /// Adds a line to the history file, whose mode rustyline keeps at 0600.
    fn remember(&mut self, line: &str) {
        if line.trim().is_empty() || line.len() > MAX_HISTORY_ENTRY {
            return;
        }
        let added = self.editor.add_history_entry(line);
        let Some(path) = &self.history else { return };
        if let Err(error) = added.and_then(|_| self.editor.append_history(path)) {
            tracing::warn!(%error, path = %path.display(), "the history cannot be written");
            self.history = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_history_is_bounded_private_and_survives_line_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        let mut terminal = Terminal::open(Some(path.clone())).unwrap();
        terminal.remember("two\nlines");
        terminal.remember("  a secret");
        terminal.remember("   ");
        terminal.remember(&"x".repeat(MAX_HISTORY_ENTRY + 1));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap(), "#V2\ntwo\\nlines\n");

        for number in 0..MAX_HISTORY + 5 {
            terminal.remember(&format!("line {number}"));
        }
        drop(terminal);
        let again = Terminal::open(Some(path.clone())).unwrap();
        assert_eq!(again.editor.history().iter().count(), MAX_HISTORY);
        assert_eq!(again.editor.history().iter().next_back().unwrap(), "line 1004");
        assert!(fs::read_to_string(&path).unwrap().lines().count() <= MAX_HISTORY + 1);
    }

    #[test]
    fn a_history_that_cannot_be_read_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        fs::write(&path, b"\xff\xfe\n").unwrap();
        let mut terminal = Terminal::open(Some(path.clone())).unwrap();
        terminal.remember("hello");
        assert_eq!(fs::read(&path).unwrap(), b"\xff\xfe\n");
    }
}
