//! Token files, good and bad.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::sync::{Arc, Barrier};

use nanobot_core::ids::TurnId;
use nanobot_core::testing::SequenceIds;
use tempfile::TempDir;

use super::*;

const GOOD: &str = "0123456789abcdef0123456789abcdef";

/// Words of one caller, which differ from those of another.
struct Words(u64, std::sync::atomic::AtomicU64);

impl Words {
    fn of(caller: u64) -> Self {
        Self(caller, std::sync::atomic::AtomicU64::new(0))
    }
}

impl IdGenerator for Words {
    fn turn_id(&self) -> TurnId {
        TurnId::new("turn").unwrap()
    }

    fn token(&self) -> String {
        let number = self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        format!("0123456789abcdef{:08x}{number:08x}", self.0)
    }
}

fn home() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("api-token");
    (home, path)
}

fn write(path: &Path, content: impl AsRef<[u8]>, mode: u32) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn open(path: &Path) -> Result<ApiToken, TokenError> {
    ApiToken::open(path, &Words::of(7))
}

#[test]
fn the_first_start_makes_a_token_that_only_its_owner_can_read() {
    let (home, path) = home();
    let token = open(&path).unwrap();
    let content = fs::read_to_string(&path).unwrap();
    assert_eq!(content, "0123456789abcdef00000007000000000123456789abcdef0000000700000001\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing else is left behind");
    assert!(token.is(content.trim_end().as_bytes()));
    assert!(!token.is(content.as_bytes()));
    assert!(!token.is(b""));
}

#[test]
fn the_second_start_takes_the_token_of_the_first() {
    let (_home, path) = home();
    open(&path).unwrap();
    let before = fs::read(&path).unwrap();
    let again = ApiToken::open(&path, &Words::of(8)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(again.is(before.trim_ascii_end()));
}

#[test]
fn many_starts_at_once_agree() {
    for _ in 0..20 {
        let (home, path) = home();
        let barrier = Arc::new(Barrier::new(8));
        let starts: Vec<_> = (0..8)
            .map(|caller| {
                let (path, barrier) = (path.clone(), Arc::clone(&barrier));
                std::thread::spawn(move || {
                    barrier.wait();
                    ApiToken::open(&path, &Words::of(caller)).unwrap()
                })
            })
            .collect();
        let tokens: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
        let content = fs::read(&path).unwrap();
        assert!(tokens.iter().all(|token| token.is(content.trim_ascii_end())));
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_token_of_ones_own_choice_is_taken_with_any_white_space_around() {
    let (_home, path) = home();
    for around in ["", "\n", "\r\n"] {
        write(&path, format!("{GOOD}{around}"), 0o600);
        assert!(open(&path).unwrap().is(GOOD.as_bytes()), "{around:?}");
    }
    write(&path, format!(" {GOOD} \n\n"), 0o400);
    assert!(open(&path).unwrap().is(GOOD.as_bytes()));
}

#[test]
fn weak_tokens_are_refused() {
    let (_home, path) = home();
    let refusal = |content: &[u8]| {
        write(&path, content, 0o600);
        let error = open(&path).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), content, "nothing is mended");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        error
    };
    assert!(matches!(refusal(b""), TokenError::Blank(_)));
    assert!(matches!(refusal(b" \n\t\r\n"), TokenError::Blank(_)));
    assert!(matches!(refusal(&GOOD.as_bytes()[1..]), TokenError::TooShort(_)));
    assert!(matches!(refusal(b"changeme\n"), TokenError::TooShort(_)));
    assert!(matches!(refusal("ab".repeat(40).as_bytes()), TokenError::TooSimple(_)));
    assert!(matches!(refusal("012345678".repeat(9).as_bytes()), TokenError::TooSimple(_)));
    assert!(matches!(refusal(format!("{GOOD} {GOOD}").as_bytes()), TokenError::Characters(_)));
    assert!(matches!(refusal(format!("{GOOD}\n{GOOD}").as_bytes()), TokenError::Characters(_)));
    assert!(matches!(refusal(format!("{GOOD}ä").as_bytes()), TokenError::Characters(_)));
    assert!(matches!(refusal(format!("{GOOD}\0").as_bytes()), TokenError::Characters(_)));
    let long = GOOD.repeat(MAX_TOKEN_FILE_BYTES / GOOD.len());
    write(&path, &long, 0o600);
    assert!(open(&path).unwrap().is(long.as_bytes()));
    assert!(matches!(refusal(format!("{long}\n").as_bytes()), TokenError::TooLong(_)));
}

#[test]
fn a_file_that_others_can_reach_is_refused_with_the_remedy() {
    let (_home, path) = home();
    for mode in [0o640, 0o604, 0o644, 0o660, 0o620, 0o610, 0o601, 0o666, 0o777] {
        write(&path, GOOD, mode);
        let error = open(&path).unwrap_err();
        assert!(matches!(error, TokenError::Mode { .. }), "{mode:o}: {error}");
        let text = error.to_string();
        assert!(text.contains("chmod 600") && text.contains(&format!("{mode:o}")), "{text}");
        assert!(!text.contains(GOOD));
    }
}

#[test]
fn a_file_of_somebody_else_is_refused() {
    let us = rustix::process::geteuid().as_raw();
    let path = Path::new("api-token");
    let error = file::check_access(path, us + 1, 0o100_600).unwrap_err();
    assert!(matches!(error, TokenError::Owner { .. }), "{error}");
    assert!(file::check_access(path, us, 0o100_600).is_ok());
}

#[test]
fn what_is_no_file_is_refused() {
    let (home, path) = home();
    let target = home.path().join("target");
    write(&target, GOOD, 0o600);
    symlink(&target, &path).unwrap();
    assert!(matches!(open(&path).unwrap_err(), TokenError::Link(_)));
    fs::remove_file(&path).unwrap();
    symlink(home.path().join("nowhere"), &path).unwrap();
    assert!(matches!(open(&path).unwrap_err(), TokenError::Link(_)), "a link to nowhere is no first start");
    fs::remove_file(&path).unwrap();

    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(matches!(open(&path).unwrap_err(), TokenError::NotAFile(_)));
    fs::remove_dir(&path).unwrap();

    let socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    assert!(matches!(open(&path).unwrap_err(), TokenError::NotAFile(_)));
    drop(socket);
    fs::remove_file(&path).unwrap();

    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(matches!(open(&path).unwrap_err(), TokenError::NotAFile(_)), "and a pipe is not waited for");
}

#[test]
fn a_folder_that_is_missing_is_not_made() {
    let (home, _) = home();
    let path = home.path().join("missing").join("api-token");
    let error = open(&path).unwrap_err();
    assert!(matches!(error, TokenError::Io { doing: "making", .. }), "{error}");
    assert!(!home.path().join("missing").exists());
}

#[test]
fn a_mint_that_gives_no_random_words_makes_no_file() {
    let (home, path) = home();
    let error = ApiToken::open(&path, &SequenceIds::new()).unwrap_err();
    assert!(matches!(error, TokenError::TooSimple(_)), "{error}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn a_token_is_never_printed() {
    let (_home, path) = home();
    write(&path, GOOD, 0o600);
    assert_eq!(format!("{:?}", open(&path).unwrap()), "ApiToken { digest: [secret] }");
}

/// Time cannot be measured well enough in a test. So this looks at the code: digests of equal length are compared by
/// `subtle`, and by nothing else.
#[test]
fn tokens_are_compared_as_digests_in_constant_time() {
    let source = include_str!("../token.rs");
    let (_, rest) = source.split_once("fn is(&self").unwrap();
    let (body, _) = rest.split_once("\n    }").unwrap();
    assert!(body.contains("Sha256::digest(presented)") && body.contains(".ct_eq("), "{body}");
    assert!(!body.contains("==") && !body.contains("starts_with"), "{body}");
    assert_eq!(source.matches("digest.expose()").count(), 1, "nobody else looks at it");
}
