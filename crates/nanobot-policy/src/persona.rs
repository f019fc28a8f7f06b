//! Persona files: where one may lie, and how its text is read. Opening it is an adapter's business.

use std::path::{Path, PathBuf};

use crate::places::{Places, at_home};

/// Where personas lay before they moved to `personas/`.
const FORMER_FOLDER: &str = "memory/personas";
const FOLDER: &str = "personas";

/// A persona file that would lie outside the workspace, or whose `~user` is nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("persona file must be inside the workspace: {0}")]
pub struct NoPersona(pub String);

/// Where the persona `file` of a policy may lie, the first that exists counts. Relative names are below `workspace`;
/// `memory/personas/x` may have become `personas/x`.
///
/// # Errors
/// [`NoPersona`] when it leads out of the workspace.
pub fn persona_paths(file: &str, workspace: &Path, places: &dyn Places) -> Result<Vec<PathBuf>, NoPersona> {
    let refused = || NoPersona(file.to_owned());
    let workspace = places.resolve(workspace);
    let path = places.resolve(&workspace.join(at_home(file, places).map_err(|_| refused())?));
    let below = path.strip_prefix(&workspace).map_err(|_| refused())?;
    let moved = below.strip_prefix(FORMER_FOLDER).ok().map(|name| workspace.join(FOLDER).join(name));
    // The new place must lie inside as well: it may be a link.
    let moved = moved.map(|path| places.resolve(&path)).filter(|path| path.starts_with(&workspace));
    Ok(std::iter::once(path).chain(moved).collect())
}

/// The text of a persona file: line ends of any system become LF, everything else stays, a byte order mark too.
///
/// # Errors
/// When it is no UTF-8.
pub fn persona_text(bytes: Vec<u8>) -> Result<String, std::string::FromUtf8Error> {
    let text = String::from_utf8(bytes)?;
    Ok(if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::LexicalPlaces;

    fn paths(file: &str) -> Result<Vec<PathBuf>, NoPersona> {
        persona_paths(file, Path::new("/w/s"), &LexicalPlaces { home: Some("/w".into()) })
    }

    #[test]
    fn a_persona_lies_in_the_workspace() {
        for file in [
            "personas/a.md",
            "./personas//a.md",
            "personas/../personas/a.md",
            "/w/s/personas/a.md",
            "~/s/personas/a.md",
        ] {
            assert_eq!(paths(file), Ok(vec!["/w/s/personas/a.md".into()]), "{file}");
        }
        for file in ["../a.md", "/etc/passwd", "~/a.md", "~bob/a.md", "personas/../../x", "/w/s2/a.md"] {
            assert_eq!(paths(file), Err(NoPersona(file.to_owned())), "{file}");
        }
    }

    #[test]
    fn quirk_the_former_folder_falls_back_to_the_present_one() {
        let both =
            vec![PathBuf::from("/w/s/memory/personas/sub/a.md"), PathBuf::from("/w/s/personas/sub/a.md")];
        assert_eq!(paths("memory/personas/sub/a.md"), Ok(both));
    }

    #[test]
    fn quirk_line_ends_become_lf_and_a_byte_order_mark_stays() {
        let text = persona_text(b"\xef\xbb\xbfa\r\nb\rc\r\r\n\n".to_vec());
        assert_eq!(text.unwrap(), "\u{feff}a\nb\nc\n\n\n");
        assert!(persona_text(vec![0xff]).is_err());
    }
}
