//! The fake provider as a program, as benches use it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use nanobot_tests::Script;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fake-provider");

#[test]
fn it_prints_its_address_and_ends_when_nobody_holds_it() {
    let mut command = Command::new(PROGRAM);
    command.args(["--port", "0", "--script", "echo"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let host = address.trim_end().strip_prefix("http://").and_then(|rest| rest.strip_suffix("/v1")).unwrap();

    let mut stream = TcpStream::connect(host).unwrap();
    let body = r#"{"messages": [{"role": "user", "content": "hello"}]}"#;
    let head = format!("POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = BufReader::new(stream);
    let mut line = String::new();
    answer.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 200 OK\r\n");

    drop(child.stdin.take());
    // The end of the program is the end of the connection.
    let mut rest = String::new();
    answer.read_to_string(&mut rest).unwrap();
    assert!(rest.contains(r#""content":"hello""#), "{rest}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_it_does_not_know_it_says() {
    for (args, told) in [
        (["--script", "no-such"], "no script is called \"no-such\""),
        (["--port", "many"], "--port many"),
        (["--frobnicate", "1"], "--frobnicate is no flag"),
    ] {
        let ran = Command::new(PROGRAM).args(args).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(!ran.status.success() && said.contains(told), "{args:?}: {said}");
    }
}

#[test]
fn every_script_goes_by_its_name() {
    for script in Script::ALL {
        assert_eq!(script.name().parse::<Script>().unwrap(), script);
    }
}
