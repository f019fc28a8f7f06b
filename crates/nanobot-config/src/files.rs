//! Reading files within a limit, and replacing them in one step.
//!
//! Private files only: what is written here has mode 0600, whatever it had before.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::{ConfigError, Fault};
use crate::strict::{MAX_BYTES, syntax};

/// The text of a file, or `None` when there is no such file.
pub(crate) fn read_text(path: &Path) -> Result<Option<String>, ConfigError> {
    let fail = |fault| ConfigError::whole(path, fault);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(Fault::Unreadable(error))),
    };
    let metadata = file.metadata().map_err(|error| fail(Fault::Unreadable(error)))?;
    if metadata.is_dir() {
        return Err(fail(Fault::IsDirectory));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| fail(Fault::Unreadable(error)))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        return Err(fail(Fault::TooLarge { limit: MAX_BYTES }));
    }
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        fail(syntax("bytes that are no UTF-8", line, column))
    })
}

/// Replaces a file, or the file that a link points to, in one step.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), ConfigError> {
    let fail = |error| ConfigError::whole(path, Fault::Unwritable(error));
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or_else(|| Path::new("."));
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{}.tmp-", name.trim_start_matches('.'));
    // `tempfile` creates with mode 0600, and the mode moves with the file.
    let mut temporary = tempfile::Builder::new().prefix(&prefix).tempfile_in(directory).map_err(fail)?;
    temporary.write_all(text.as_bytes()).map_err(fail)?;
    temporary.as_file().sync_all().map_err(fail)?;
    temporary.persist(&target).map_err(|error| fail(error.error))?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(fail)
}

/// So many backups of one second are told apart by a number.
const BACKUPS_OF_A_SECOND: u32 = 100;

/// Puts a copy beside a file, never over another one: `NAME.json`, else `NAME-2.json` and so on.
pub(crate) fn back_up(path: &Path, name: &str, text: &str) -> Result<PathBuf, ConfigError> {
    let stem = name.strip_suffix(".json").unwrap_or(name);
    let numbered = (2..=BACKUPS_OF_A_SECOND).map(|number| format!("{stem}-{number}.json"));
    for name in std::iter::once(name.to_owned()).chain(numbered) {
        let backup = path.with_file_name(name);
        match read_text(&backup)? {
            Some(there) if there == text => return Ok(backup),
            Some(_) => {}
            None => return replace(&backup, text).map(|()| backup),
        }
    }
    Err(ConfigError::whole(path.with_file_name(name), Fault::BackupExists))
}
