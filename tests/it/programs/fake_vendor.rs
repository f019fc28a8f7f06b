//! The fake vendor as a program, as other processes use it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fake-vendor");

/// What comes for one request on a connection of its own, without the head.
fn ask(base: &str, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(base.strip_prefix("http://").unwrap()).unwrap();
    let head = format!("{request} HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    all.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn it_prints_both_addresses_takes_a_mood_keeps_the_book_and_ends_with_stdin() {
    let mut command = Command::new(PROGRAM);
    command.args(["--name", "v1", "--price", "m=2,3"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let base = lines.next().unwrap().unwrap();
    let base = base.strip_suffix("/v1").unwrap();
    let admin = lines.next().unwrap().unwrap();

    let question = r#"{"model": "m", "messages": [{"role": "user", "content": "turn-1"}]}"#;
    let said = ask(base, "POST /v1/chat/completions", question);
    assert!(said.contains("v1 with m answers: turn-1"), "{said}");
    ask(&admin, "POST /__mood", r#"{"mood": "status", "status": 503}"#);
    let said = ask(base, "POST /v1/chat/completions", question);
    assert!(said.contains("overloaded"), "{said}");
    let book = ask(&admin, "GET /__ledger?totals", "");
    assert!(book.contains(r#""answered":1,"refused":1"#), "{book}");

    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_flag_that_it_does_not_know_it_says() {
    for (args, told) in [
        (["--frobnicate", "1"], "--frobnicate is no flag"),
        (["--port", "many"], "--port many"),
        (["--price", "m"], "--price m"),
        (["--mood", r#"{"mood": "grumpy"}"#], "grumpy"),
    ] {
        let ran = Command::new(PROGRAM).args(args).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(!ran.status.success() && said.contains(told), "{args:?}: {said}");
    }
}

#[test]
fn help_is_no_error_and_a_wrong_flag_is_one_line() {
    let run = |flag: &str| {
        let mut command = Command::new(PROGRAM);
        command.args([flag, "x"]).stdin(Stdio::null()).env("RUST_BACKTRACE", "1").output().unwrap()
    };
    for flag in ["--help", "-h"] {
        let ran = run(flag);
        assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}");
        assert!(ran.stdout.starts_with(b"usage: fake-vendor [--port N]"), "{ran:?}");
    }
    let ran = run("--prot");
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!((ran.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.starts_with("fake-vendor: --prot is no flag; usage: "), "{said}");
}
