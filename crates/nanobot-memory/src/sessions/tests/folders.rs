//! The two folders that a session file may lie in, and the copies that are kept of what was replaced.

use super::*;

/// A time that has not come yet, as an age.
const TOMORROW: i64 = -2_000_000_000;

fn put_at(path: &Path, content: &str, age: i64) {
    put(path, content, 0);
    let base = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let modified = match u64::try_from(age) {
        Ok(age) => base - Duration::from_secs(age),
        Err(_) => base + Duration::from_secs(age.unsigned_abs()),
    };
    let times = FileTimes::new().set_modified(modified);
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}

fn olders(home: &Home) -> usize {
    let names = fs::read_dir(home.main("")).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_str().unwrap().contains(".older")).count()
}

#[tokio::test]
async fn a_file_from_the_future_is_brought_over_once() {
    let mut home = Home::new();
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}"), 0);
    put_at(&home.former("a_b.jsonl"), &format!("{META}{HELLO}{HELLO}"), TOMORROW);
    let mut expected = vec!["hello".to_owned(), "hello".to_owned()];
    for n in 0..20 {
        let text = n.to_string();
        home.say("a:b", &text).await;
        expected.push(text);
        assert_eq!(home.words("a:b").await, expected);
        if n % 3 == 0 {
            home.restart();
        }
    }
    assert_eq!(olders(&home), 1);
    let listed = home.sessions.list().await.unwrap();
    assert_eq!((listed.len(), listed[0].messages), (1, 22));
}

#[tokio::test]
async fn names_that_are_taken_stop_no_append() {
    let home = Home::new();
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}"), 10);
    put(&home.former("a_b.jsonl"), format!("{META}{HELLO}"), 0);
    put(&home.main("a_b.jsonl.older"), "kept", 0);
    for n in 2..=30 {
        put(&home.main(&format!("a_b.jsonl.older-{n}")), "kept", 0);
    }
    home.say("a:b", "x").await;
    assert_eq!(home.words("a:b").await, ["hello", "x"]);
    assert_eq!(olders(&home), 31);
    assert_eq!(home.read("a_b.jsonl.older-31"), format!("{META}{HELLO}"));
}

#[tokio::test]
async fn a_name_of_full_length_can_be_replaced_too() {
    let home = Home::new();
    let session = format!("matrix:{}", "x".repeat(242));
    let name = file_name(&session);
    assert_eq!(name.len(), 255);
    put(&home.main(&name), format!("{META}{HELLO}"), 10);
    put(&home.former(&name), format!("{META}{HELLO}"), 0);
    home.say(&session, "x").await;
    assert_eq!(home.words(&session).await, ["hello", "x"]);
    assert_eq!(olders(&home), 1);
    home.sessions.reset(&key(&session), now()).await.unwrap();
    assert_eq!(olders(&home), 0);
}

#[tokio::test]
async fn a_reset_forgets_the_copies_too() {
    let home = Home::new();
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}"), 10);
    put(&home.former("a_b.jsonl"), format!("{META}{HELLO}"), 0);
    home.say("a:b", "x").await;
    put(&home.main("a_b.jsonl.older-2"), "hello", 0);
    for kept in ["a_b.jsonl.older-2.jsonl", "a_b.jsonl.older-mine", "a_b.jsonl.olderly", "a_bc.jsonl.older"] {
        put(&home.main(kept), "kept", 0);
    }
    assert_eq!(home.sessions.reset(&key("a:b"), now()).await.unwrap(), 2);
    let mut left: Vec<String> = fs::read_dir(home.main(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            "a_b.jsonl",
            "a_b.jsonl.older-2.jsonl",
            "a_b.jsonl.older-mine",
            "a_b.jsonl.olderly",
            "a_bc.jsonl.older"
        ]
    );
    assert!(!fs::read_to_string(home.former("a_b.jsonl")).unwrap().contains("hello"));
}

#[tokio::test]
async fn the_file_that_counts_is_the_one_that_names_its_owner_however_old() {
    let home = Home::new();
    let file_of = async || home.sessions.file_of(&key("a:b")).await.unwrap();
    assert_eq!(file_of().await, None);
    put(&home.former("a_b.jsonl"), format!("{META}{HELLO}"), 10);
    assert_eq!(file_of().await, Some(home.former("a_b.jsonl")));
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}"), 20);
    assert_eq!(file_of().await, Some(home.former("a_b.jsonl")), "of two that name nobody, the newer");
    home.say("a:b", "x").await;
    put_at(&home.former("a_b.jsonl"), &format!("{META}{HELLO}"), TOMORROW);
    assert_eq!(file_of().await, Some(home.main("a_b.jsonl")), "the date no longer matters");
}
