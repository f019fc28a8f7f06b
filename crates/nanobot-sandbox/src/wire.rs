//! What the daemon and the program in the box say to each other: frames over two pipes.
//!
//! A frame is one byte for its kind, four for the length of what follows (little-endian), and the rest. Both sides
//! refuse a frame longer than [`LONGEST_FRAME`]. Output travels as it is; everything else is JSON.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

/// The longest frame: a command of [`LONGEST_COMMAND`] with every byte escaped in JSON, or a list of masks.
pub(crate) const LONGEST_FRAME: usize = 4 * 1024 * 1024;
/// The longest command in bytes. A shell reads more, but nobody writes more.
pub(crate) const LONGEST_COMMAND: usize = 128 * 1024;
/// What is read from a pipe at once.
pub(crate) const CHUNK: usize = 64 * 1024;
const HEADER: usize = 5;

/// Which frame it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// To the box, first: a [`Setup`].
    Setup,
    /// To the box: a [`Request`].
    Request,
    /// From the box, first: a [`Hello`].
    Hello,
    /// From the box: bytes that a command printed.
    Output,
    /// From the box: an [`End`].
    End,
    /// From the box, last: a [`Failure`].
    Failure,
}

/// What the program in the box has to do before it serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub processes: u64,
    pub open_files: u64,
    pub file_size: u64,
    pub process_memory: u64,
    pub address_space: Option<u64>,
    pub cpu_seconds: u64,
    pub memory: u64,
    /// Whether Landlock leaves TCP alone.
    pub network: bool,
    /// Files and folders that may be written, besides the folders in memory.
    pub writable: Vec<Vec<u8>>,
    /// Places that must be mount points of their own.
    pub covered: Vec<Vec<u8>>,
    /// What is left out.
    #[cfg(feature = "weakened")]
    #[serde(default)]
    pub without: Vec<String>,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    pub id: u64,
    pub command: String,
    pub directory: String,
    /// Ends the command's status line, so that no earlier command can write it.
    pub marker: String,
}

/// What holds in the box, as the program in it found out.
#[expect(clippy::struct_excessive_bools, reason = "each is one fact that is judged by itself")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hello {
    /// The version of Landlock in force; 0 is none.
    pub landlock: i32,
    /// As in `/proc/self/status`.
    pub no_new_privs: bool,
    /// As in `/proc/self/status`; 2 is a filter.
    pub seccomp: u32,
    /// No bit in any of the five sets.
    pub capabilities_empty: bool,
    /// Its number; 1 in a box.
    pub pid: u32,
    /// Descriptors beyond the three.
    pub extra_descriptors: Vec<i32>,
    /// Network interfaces besides the loopback.
    pub interfaces: Vec<String>,
    /// Whether a socket of a network family could be made.
    pub network_socket: bool,
    /// Whether a Unix socket could be made.
    pub unix_socket: bool,
    /// Places outside of the writable ones where something could be opened for writing.
    pub writable_places: Vec<String>,
    /// What the root holds.
    pub root: Vec<String>,
    /// Names of limits that are not what they should be.
    pub loose_limits: Vec<String>,
    /// Places that should be covered and are not: so many.
    pub uncovered: usize,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    pub id: u64,
    /// None when the shell was killed by a signal.
    pub code: Option<i32>,
}

/// Why the box gives up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Failure {
    /// More was used than allowed.
    OverLimit(String),
    /// Something did not work.
    Broken(String),
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Setup => b'S',
            Self::Request => b'R',
            Self::Hello => b'H',
            Self::Output => b'O',
            Self::End => b'E',
            Self::Failure => b'F',
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Self::Setup, Self::Request, Self::Hello, Self::Output, Self::End, Self::Failure]
            .into_iter()
            .find(|kind| kind.byte() == byte)
    }
}

/// The header of a frame.
///
/// # Errors
/// `InvalidInput` if it would be too long.
pub(crate) fn header(kind: Kind, len: usize) -> io::Result<[u8; HEADER]> {
    let len = u32::try_from(len)
        .ok()
        .filter(|len| *len as usize <= LONGEST_FRAME)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the frame is too long"))?;
    let [a, b, c, d] = len.to_le_bytes();
    Ok([kind.byte(), a, b, c, d])
}

/// Reads a header.
///
/// # Errors
/// `InvalidData` if it is none.
pub(crate) fn parse_header(bytes: [u8; HEADER]) -> io::Result<(Kind, usize)> {
    let [kind, len @ ..] = bytes;
    let kind = Kind::of(kind)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "an unknown kind of frame"))?;
    let len = u32::from_le_bytes(len) as usize;
    if len > LONGEST_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the frame is too long"));
    }
    Ok((kind, len))
}

/// A frame of JSON.
///
/// # Errors
/// `InvalidInput` if it would be too long.
pub(crate) fn message(kind: Kind, content: &impl Serialize) -> io::Result<Vec<u8>> {
    let body = serde_json::to_vec(content)?;
    let mut frame = header(kind, body.len())?.to_vec();
    frame.extend_from_slice(&body);
    Ok(frame)
}

/// Writes a frame.
///
/// # Errors
/// Those of the pipe; `InvalidInput` if it is too long.
pub(crate) fn write(to: &mut impl Write, kind: Kind, body: &[u8]) -> io::Result<()> {
    to.write_all(&header(kind, body.len())?)?;
    to.write_all(body)?;
    to.flush()
}

/// Reads a frame; none at the end of the pipe.
///
/// # Errors
/// Those of the pipe; `InvalidData` if it is no frame.
pub(crate) fn read(from: &mut impl Read) -> io::Result<Option<(Kind, Vec<u8>)>> {
    let mut bytes = [0; HEADER];
    match from.read_exact(&mut bytes) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let (kind, len) = parse_header(bytes)?;
    let mut body = vec![0; len];
    from.read_exact(&mut body)?;
    Ok(Some((kind, body)))
}

/// The length of a header.
pub(crate) const fn header_len() -> usize {
    HEADER
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut pipe = Vec::new();
            write(&mut pipe, Kind::Output, &body).unwrap();
            let read = read(&mut pipe.as_slice()).unwrap();
            prop_assert_eq!(read, Some((Kind::Output, body)));
        }

        #[test]
        fn no_bytes_make_the_reader_panic_or_reserve_much(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(Some((_, body))) = read(&mut bytes.as_slice()) {
                prop_assert!(body.len() <= bytes.len());
            }
        }
    }

    #[test]
    fn a_frame_that_is_too_long_is_neither_written_nor_read() {
        assert!(header(Kind::Output, LONGEST_FRAME + 1).is_err());
        assert!(parse_header([b'O', 0xff, 0xff, 0xff, 0xff]).is_err());
    }
}
