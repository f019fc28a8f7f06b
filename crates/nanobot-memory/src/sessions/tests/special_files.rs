//! Things in the place of a session file that are no regular files: a pipe would wait for its other end forever.

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;

/// Puts a pipe with nobody at its other end there.
fn put_pipe(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// Runs a test that must end soon; a thread that waits for a pipe all the same is left to the process.
fn soon(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let done = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(10), test).await });
    runtime.shutdown_background();
    done.expect("nothing waits for the other end");
}

/// Asks for everything that opens the file of `a:b`; each answer is an error that names the session.
async fn refuses_everything(home: &Home) {
    let (sessions, key) = (&home.sessions, key("a:b"));
    let errors = [
        sessions.history(&key, 50).await.unwrap_err(),
        sessions.contains(&key).await.unwrap_err(),
        sessions.file_of(&key).await.unwrap_err(),
        sessions.append(&said("a:b", &["x"]), now()).await.unwrap_err(),
        sessions
            .place(&SessionEnd::UNKNOWN.write(said("a:b", &["x"]), "x\n".to_owned()), now())
            .await
            .unwrap_err(),
        sessions.end(&key).await.unwrap_err(),
        sessions.reset(&key, now()).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind, StoreErrorKind::Backend, "{error}");
        assert!(error.to_string().ends_with("session a:b"), "{error}");
    }
    sessions.list().await.unwrap();
    sessions.refresh().await.unwrap();
}

#[test]
fn a_pipe_in_the_place_of_a_session_file_stops_nobody() {
    soon(async {
        let home = Home::new();
        put_pipe(&home.main("a_b.jsonl"));
        refuses_everything(&home).await;
        put(&home.former("a_b.jsonl"), format!("{META}{HELLO}"), 0);
        refuses_everything(&home).await;
        assert_eq!(home.sessions.list().await.unwrap().len(), 1);
    });
}

#[test]
fn a_pipe_in_the_other_place_stops_nobody() {
    soon(async {
        let home = Home::new();
        put_pipe(&home.former("a_b.jsonl"));
        refuses_everything(&home).await;
    });
}

#[test]
fn a_folder_or_a_device_is_no_session_file() {
    soon(async {
        let home = Home::new();
        fs::create_dir_all(home.main("a_b.jsonl")).unwrap();
        refuses_everything(&home).await;
        fs::remove_dir(home.main("a_b.jsonl")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", home.main("a_b.jsonl")).unwrap();
        refuses_everything(&home).await;
    });
}

#[test]
fn a_pipe_that_takes_the_place_of_a_file_in_use_stops_nobody() {
    soon(async {
        let home = Home::new();
        home.say("a:b", "x").await;
        home.say("a:b", "its first line is behind").await;
        fs::remove_file(home.main("a_b.jsonl")).unwrap();
        put_pipe(&home.main("a_b.jsonl"));
        let error = home.sessions.refresh().await.unwrap_err();
        assert_eq!(error.to_string(), "the store failed while refreshing session a:b");
        assert_eq!(home.sessions.list().await.unwrap().len(), 0);
    });
}
