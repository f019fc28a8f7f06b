//! Whose a session file is: said by its first line before the first word is in it, never by reading.

use std::os::unix::fs::MetadataExt;

use super::super::folders::Folders;
use super::super::located::{Located, locate};
use super::super::names::candidates;
use super::super::tail;
use super::*;

#[tokio::test]
async fn what_was_said_before_a_crash_stays_with_its_chat() {
    for (first, second) in [("cli:my_notes", "cli:my:notes"), ("irc:#a_b", "irc:#a|b")] {
        for refresh in [false, true] {
            let mut home = Home::new();
            put(&home.main(&file_name(first)), format!("{META}{HELLO}"), 0);
            home.say(first, "mine").await;
            home.restart();
            if refresh {
                home.sessions.refresh().await.unwrap();
            }
            assert_eq!(home.words(second).await, [""; 0]);
            home.say(second, "other").await;
            home.restart();
            assert_eq!(home.words(second).await, ["other"]);
            assert_eq!(home.words(first).await, ["hello", "mine"]);
        }
    }
}

#[tokio::test]
async fn the_first_append_records_the_owner_and_later_ones_only_append() {
    let home = Home::new();
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}\r\n{{torn"), 0);
    home.say("a:b", "one").await;
    let after = home.read("a_b.jsonl");
    let (first, rest) = after.split_once('\n').unwrap();
    assert_eq!(
        first,
        "{\"_type\": \"metadata\", \"created_at\": \"2025-11-02T10:00:00\", \"updated_at\": \"2025-11-02T11:00:00\", \"metadata\": {\"k\": \"v\", \"nanobot_key\": \"a:b\"}}"
    );
    assert!(rest.starts_with(&format!("{HELLO}\r\n{{torn\n{{\"role\"")), "every other byte stays: {rest}");
    let inode = || fs::metadata(home.main("a_b.jsonl")).unwrap().ino();
    let before = inode();
    home.say("a:b", "two").await;
    assert_eq!(inode(), before, "the same file");
    assert!(home.read("a_b.jsonl").starts_with(&after), "only its end is new");
}

#[tokio::test]
async fn reading_claims_nothing() {
    let home = Home::new();
    put(&home.main("a_b_c.jsonl"), format!("{META}{HELLO}"), 0);
    assert_eq!(home.words("a:b:c").await, ["hello"], "the key that is guessed from the name");
    assert_eq!(home.words("a:b_c").await, ["hello"], "the chat itself");
    assert_eq!(home.read("a_b_c.jsonl"), format!("{META}{HELLO}"));
    home.say("a:b_c", "mine").await;
    assert_eq!(home.words("a:b:c").await, [""; 0]);
    assert_eq!(home.words("a:b_c").await, ["hello", "mine"]);
    assert_eq!(fs::read_dir(home.main("")).unwrap().count(), 1);
}

#[tokio::test]
async fn whoever_opened_a_file_before_it_had_an_owner_sees_nothing_of_the_owners() {
    for before in ["", META, HELLO] {
        let home = Home::new();
        put(&home.main("a_b.jsonl"), before, 0);
        let folders = Folders::new(home.folder.path());
        let Located::At(opened) = locate(&folders, &key("a_b")).unwrap() else { panic!("it may be read") };
        home.say("a:b", "secret").await;
        home.say("a:b", "secret").await;
        let words = tail::last_messages(&opened.file, 50).unwrap();
        assert!(words.iter().all(|message| message.content == "hello"), "{words:?}");
    }
}

#[tokio::test]
async fn the_list_guesses_a_key_until_the_chat_has_spoken() {
    let home = Home::new();
    put(&home.main("cli_my_notes.jsonl"), format!("{META}{HELLO}"), 0);
    let listed = async || {
        let list = home.sessions.list().await.unwrap();
        list.into_iter().map(|summary| summary.session.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, ["cli:my:notes"]);
    assert_eq!(home.words("cli:my:notes").await, ["hello"], "what is listed can be shown");
    assert_eq!(listed().await, ["cli:my:notes"]);
    home.say("cli:my_notes", "mine").await;
    assert_eq!(listed().await, ["cli:my_notes"]);
}

#[tokio::test]
async fn a_reset_by_a_guessed_key_leaves_the_file_to_its_chat() {
    let home = Home::new();
    put(&home.main("cli_my_notes.jsonl"), format!("{META}{HELLO}"), 0);
    assert_eq!(home.sessions.reset(&key("cli:my:notes"), now()).await.unwrap(), 1);
    home.say("cli:my_notes", "mine").await;
    assert!(home.read("cli_my_notes.jsonl").contains("\"nanobot_key\": \"cli:my_notes\""));
}

#[tokio::test]
async fn metadata_of_any_shape_can_have_an_owner() {
    for metadata in ["[1]", "\"text\"", "7", "null", "{}", "{\"nanobot_key\": 7}"] {
        let mut home = Home::new();
        put(
            &home.main("a_b.jsonl"),
            format!("{{\"_type\": \"metadata\", \"metadata\": {metadata}}}\n{HELLO}"),
            0,
        );
        home.say("a:b", "mine").await;
        home.restart();
        home.sessions.refresh().await.unwrap();
        assert_eq!(home.words("a_b").await, [""; 0], "{metadata}");
        assert_eq!(home.words("a:b").await, ["hello", "mine"], "{metadata}");
    }
}

/// What a chat does, or happens to all.
#[derive(Debug, Clone, Copy)]
enum Step {
    Say,
    Read,
    Reset,
    List,
    Refresh,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = prop_oneof![
        4 => Just(Step::Say),
        3 => Just(Step::Read),
        1 => Just(Step::Reset),
        1 => Just(Step::List),
        1 => Just(Step::Refresh),
        3 => Just(Step::Restart),
    ];
    prop::collection::vec((0..4_usize, step), 1..30)
}

/// Files of the original, by their beginning; and how old, against the other folder.
fn original() -> impl Strategy<Value = Option<(&'static str, u64)>> {
    let head = prop::sample::select(vec![
        META,
        "",
        "garbage\n",
        "{\"_type\": \"metadata\", \"metadata\": [1]}\n",
        "\u{feff}\n",
    ]);
    prop::option::of((head, 0..3_u64))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_chat_ever_reads_what_another_said(main in original(), former in original(), steps in steps()) {
        let taken = candidates(&key("irc:#a|b"))[1].trim_end_matches(".jsonl").to_owned();
        let keys = ["irc:#a_b", "irc:#a|b", "irc:#a:b", &taken];
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut home = Home::new();
            for (path, file) in [(home.main("irc_#a_b.jsonl"), main), (home.former("irc_#a_b.jsonl"), former)] {
                if let Some((head, age)) = file {
                    put(&path, format!("{head}{HELLO}"), age);
                }
            }
            let mut said = vec![Vec::new(); keys.len()];
            let mut spoke = [false; 4];
            for (number, (which, step)) in steps.into_iter().enumerate() {
                let session = keys[which];
                match step {
                    Step::Say => {
                        let text = format!("{which} {number}");
                        home.say(session, &text).await;
                        said[which].push(text);
                        spoke[which] = true;
                    }
                    Step::Read => drop(home.words(session).await),
                    Step::Reset => {
                        let done = home.sessions.reset(&key(session), now()).await;
                        assert!(done.is_ok() || !spoke[which], "{done:?}");
                        said[which].clear();
                    }
                    Step::List => drop(home.sessions.list().await.unwrap()),
                    Step::Refresh => home.sessions.refresh().await.unwrap(),
                    Step::Restart => home.restart(),
                }
                let mut readers_of_the_original = 0;
                for (session, said) in keys.iter().zip(&said) {
                    let mut words = home.words(session).await;
                    let before = words.len();
                    words.retain(|word| word != "hello");
                    readers_of_the_original += usize::from(words.len() < before);
                    assert_eq!(&words, said, "{session}");
                }
                assert!(!spoke[..3].contains(&true) || readers_of_the_original <= 1);
            }
        });
    }
}
