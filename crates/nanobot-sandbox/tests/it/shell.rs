//! Commands in a box: their output, their code, what stays and what does not.

use std::time::Duration;

use nanobot_core::cancel::{CancelSwitch, CancelToken};
use nanobot_core::units::ByteCount;
use nanobot_sandbox::{CellCommand, Profile, RunError};

use crate::rig::{as_nobody, cell, launcher, run, run_for, said, workspace};

#[tokio::test]
async fn output_of_both_streams_comes_in_order_with_the_code() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    let told = said(&mut cell, "echo one; echo two >&2; echo three; (exit 7)").await;
    assert_eq!(told, (Some(7), "one\ntwo\nthree\n".to_owned()));
    assert_eq!(said(&mut cell, "true").await, (Some(0), String::new()));
    cell.kill().await;
}

#[tokio::test]
async fn variables_functions_and_the_shell_itself_stay_between_commands() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    said(&mut cell, "x=5; f() { echo f$x; }; echo $$ >pid").await;
    assert_eq!(said(&mut cell, "f; [ $$ = $(cat pid) ] && echo same").await.1, "f5\nsame\n");
}

#[tokio::test]
async fn leaving_the_shell_gives_its_code_and_the_next_command_a_new_one() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    assert_eq!(said(&mut cell, "x=1; echo bye; exit 3").await, (Some(3), "bye\n".to_owned()));
    assert_eq!(said(&mut cell, "echo [$x]").await, (Some(0), "[]\n".to_owned()));
    assert_eq!(said(&mut cell, "kill -9 $$").await.0, None);
    assert_eq!(said(&mut cell, "echo here").await.1, "here\n");
    assert_eq!(said(&mut cell, "exec echo gone").await, (Some(0), "gone\n".to_owned()));
}

#[tokio::test]
async fn a_syntax_error_is_told_and_ends_nothing() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    said(&mut cell, "x=kept").await;
    let (code, text) = said(&mut cell, "if then (").await;
    assert_eq!(code, Some(2));
    assert!(text.to_lowercase().contains("syntax error"), "{text}");
    assert_eq!(said(&mut cell, "echo $x").await.1, "kept\n");
}

#[tokio::test]
async fn quotes_line_breaks_and_bytes_pass_as_they_are() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    let told = said(&mut cell, "cat <<'X'\nit's \"$HOME\" \\ ü\nX\nprintf '\\001\\n'").await;
    assert_eq!(told.1, "it's \"$HOME\" \\ ü\n\u{1}\n");
    let raw = run(&mut cell, "printf '\\377\\000\\376'").await.unwrap();
    assert_eq!(raw.output, [0xff, 0, 0xfe]);
    let refused = run(&mut cell, "echo \0").await;
    assert!(matches!(refused, Err(RunError::Refused(_))));
    assert_eq!(said(&mut cell, "echo on").await.1, "on\n");
}

#[tokio::test]
async fn input_is_empty_and_a_command_cannot_eat_the_script() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    assert_eq!(said(&mut cell, "cat; read x; echo [$x]").await, (Some(0), "[]\n".to_owned()));
    assert_eq!(said(&mut cell, "cat /proc/self/fd/9; ls /proc/self/fd").await.1.lines().last(), Some("3"));
}

#[tokio::test]
async fn no_process_outlives_its_command() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    let started = said(
        &mut cell,
        "sleep 1000 & (setsid sleep 1001 &) ; nohup sh -c 'trap \"\" TERM HUP; sleep 1002' >/dev/null 2>&1 & echo ok; (exit 5)",
    )
    .await;
    assert_eq!(started, (Some(5), "ok\n".to_owned()));
    let processes =
        "for p in /proc/[0-9]*; do [ \"$(cut -d' ' -f3 $p/stat)\" = Z ] || tr '\\0' ' ' <$p/cmdline; done";
    let left = said(&mut cell, processes).await.1;
    assert!(!left.contains("sleep"), "{left}");
}

/// The state of the process that holds this file open as its descriptor 7.
fn state_of_holder(file: &std::path::Path) -> Option<char> {
    use std::os::unix::fs::MetadataExt;
    let wanted = file.metadata().unwrap();
    std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).find_map(|entry| {
        let held = std::fs::metadata(entry.path().join("fd/7")).ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let state = stat.rsplit_once(") ")?.1.chars().next();
        state.filter(|_| (held.dev(), held.ino()) == (wanted.dev(), wanted.ino()))
    })
}

#[tokio::test]
async fn nothing_that_a_command_leaves_in_the_shell_runs_between_two_calls() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    let trap = "exec 7>mark; trap 'while :; do :; done' CONT; echo 'while :; do :; done' >/proc/$$/fd/10";
    run(&mut cell, trap).await.unwrap();
    let mark = folder.path().join("mark");
    // A stopped process stays so; how soon it stops is the kernel's affair.
    for _ in 0..1_000 {
        if state_of_holder(&mark) == Some('T') {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the shell is {:?}", state_of_holder(&mark));
}

#[tokio::test]
async fn a_forking_command_that_prints_its_end_is_swept_too() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    let forking = "(while :; do (sleep 0.01 &) ; done) >/dev/null 2>&1 & echo begun";
    assert_eq!(said(&mut cell, forking).await.1, "begun\n");
    let count = said(&mut cell, "ls -d /proc/[0-9]* | wc -l").await.1;
    // The first process, the shell, and the two of this very command; dead children wait for the shell.
    assert!(count.trim().parse::<u32>().unwrap() < 12, "{count}");
}

#[tokio::test]
async fn long_output_is_cut_and_counted_in_characters() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    let output = cell
        .run(CellCommand {
            command: "i=0; while [ $i -lt 1000 ]; do printf 'äöü'; i=$((i+1)); done",
            directory: "/",
            timeout: Duration::from_secs(20),
            output_limit: ByteCount::new(1001),
            cancel: &CancelToken::never(),
        })
        .await
        .unwrap();
    assert_eq!(output.output.len(), 1000);
    assert_eq!(output.cut_chars, 2500);
    let much = run(&mut cell, "head -c 30000000 /dev/zero").await.unwrap();
    assert_eq!(much.cut_chars, 30_000_000 - 64 * 1024);
}

#[tokio::test]
async fn what_is_still_in_the_pipe_when_a_command_ends_is_not_lost() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    // A pipe that holds more than is read at once, filled by the shell itself right before it tells the end.
    said(&mut cell, "python3 -c 'import fcntl; fcntl.fcntl(1, 1031, 1 << 20)'").await;
    said(&mut cell, "x=$(head -c 600000 /dev/zero | tr '\\0' x)").await;
    for _ in 0..20 {
        let output = run(&mut cell, "printf %s \"$x\"").await.unwrap();
        assert_eq!(output.output.len() as u64 + output.cut_chars, 600_000);
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    let never = CancelToken::never();
    let command = |directory| CellCommand {
        command: "echo ran",
        directory,
        timeout: Duration::from_secs(10),
        output_limit: ByteCount::kib(1),
        cancel: &never,
    };
    let output = cell.run(command("/workspace/no/'such")).await.unwrap();
    assert!(output.code != Some(0) && !output.output.starts_with(b"ran"));
    assert_eq!(cell.run(command("/tmp")).await.unwrap().code, Some(0));
}

#[tokio::test]
async fn a_command_that_takes_too_long_or_is_stopped_ends_the_box() {
    let (launcher, folder) = (launcher(), workspace());
    let mut first = cell(&launcher, &Profile::default(), folder.path()).await;
    let slow = run_for(&mut first, "sleep 100", Duration::from_millis(200)).await;
    assert!(matches!(slow, Err(RunError::TimedOut(_))));
    assert!(matches!(run(&mut first, "true").await, Err(RunError::Dead { .. })));

    let mut second = cell(&launcher, &Profile::default(), folder.path()).await;
    let (switch, cancel) = CancelSwitch::new();
    let stop = async {
        while !folder.path().join("started").exists() {
            tokio::task::yield_now().await;
        }
        switch.cancel();
    };
    let command = CellCommand {
        command: "touch started; sleep 100",
        directory: "/workspace",
        timeout: Duration::from_secs(30),
        output_limit: ByteCount::kib(1),
        cancel: &cancel,
    };
    let (ended, ()) = tokio::join!(second.run(command), stop);
    assert!(matches!(ended, Err(RunError::Cancelled)));
}

#[tokio::test]
async fn a_box_is_killed_from_elsewhere() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    let killer = cell.killer();
    let stop = async {
        while !folder.path().join("started").exists() {
            tokio::task::yield_now().await;
        }
        killer.kill();
    };
    let (ended, ()) = tokio::join!(run(&mut cell, "touch started; sleep 100"), stop);
    assert!(matches!(ended, Err(RunError::Killed)), "{ended:?}");
}

#[tokio::test]
async fn files_of_the_workspace_belong_to_who_runs_the_box() {
    use std::os::unix::fs::MetadataExt;
    let (launcher, folder) = (launcher(), workspace());
    let mut mine = cell(&launcher, &Profile::default(), folder.path()).await;
    assert_eq!(said(&mut mine, "echo x >mine; id -u").await.1, "1000\n");
    assert_eq!(folder.path().join("mine").metadata().unwrap().uid(), rustix::process::geteuid().as_raw());
    let profile = as_nobody();
    let mut theirs = cell(&launcher, &profile, folder.path()).await;
    said(&mut theirs, "echo x >theirs").await;
    let owner = profile.run_as.map_or(rustix::process::geteuid().as_raw(), |user| user.uid);
    assert_eq!(folder.path().join("theirs").metadata().unwrap().uid(), owner);
}

#[tokio::test]
async fn a_command_that_takes_its_time_is_let_be_as_root_and_as_an_ordinary_user() {
    let (launcher, folder) = (launcher(), workspace());
    for profile in [Profile::default(), as_nobody()] {
        let mut cell = cell(&launcher, &profile, folder.path()).await;
        assert_eq!(said(&mut cell, "sleep 0.5; echo done").await, (Some(0), "done\n".to_owned()));
        cell.kill().await;
    }
}

#[tokio::test]
async fn ordinary_tools_work() {
    let (launcher, folder) = (launcher(), workspace());
    for profile in [Profile::default(), as_nobody()] {
        let mut cell = cell(&launcher, &profile, folder.path()).await;
        for (program, command) in [
            ("awk", "echo a b | awk '{print $2}'"),
            (
                "python3",
                "python3 -c 'import subprocess, tempfile, threading; print(subprocess.check_output([\"true\"]))'",
            ),
            (
                "git",
                "rm -rf r; git init -q r && cd r && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git log --oneline | wc -l",
            ),
            ("gcc", "printf 'int main(){return 0;}' >a.c && gcc -o a.out a.c && ./a.out"),
            ("node", "node -e 'console.log(require(\"child_process\").execSync(\"echo hi\").toString())'"),
            (
                "sqlite3",
                "rm -f d.db; sqlite3 d.db 'create table t(x); insert into t values(1); select * from t'",
            ),
            ("perl", "perl -e 'print 1'"),
            ("tar", "tar cf t.tar a.c 2>/dev/null; tar tf t.tar >/dev/null; seq 100 | sort -n | tail -1"),
        ] {
            if !std::path::Path::new("/usr/bin").join(program).exists()
                && !std::path::Path::new("/usr/local/bin").join(program).exists()
            {
                continue;
            }
            let (code, text) = said(&mut cell, &format!("cd /workspace; {command}")).await;
            assert_eq!(code, Some(0), "{program}: {text}");
        }
        cell.kill().await;
        std::fs::remove_dir_all(folder.path().join("r")).ok();
        for file in ["a.c", "a.out", "d.db", "t.tar"] {
            std::fs::remove_file(folder.path().join(file)).ok();
        }
    }
}
