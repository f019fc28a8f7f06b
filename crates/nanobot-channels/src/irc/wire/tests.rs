//! The grammar: examples of the standards, and any text at all.

use proptest::prelude::*;

use super::*;

fn parsed(line: &str) -> Message {
    Message::parse(line).unwrap_or_else(|| panic!("{line:?} is a message"))
}

#[test]
fn tags_source_command_and_parameters_are_told_apart() {
    let message =
        parsed("@account=dimi;time=12:00;+x/y=a\\sb\\:c\\\\;flag :n!u@h.example privmsg #a,b  c ::) d");
    assert_eq!(message.tag("account"), Some("dimi"));
    assert_eq!(message.tag("+x/y"), Some("a b;c\\"));
    assert_eq!((message.tag("flag"), message.tag("none")), (Some(""), None));
    assert_eq!(message.nick(), "n");
    assert!(message.source.as_ref().is_some_and(Source::is_full));
    assert_eq!(message.command, "PRIVMSG");
    assert_eq!(message.params(), ["#a,b", "c", ":) d"]);
    assert_eq!((message.param(0), message.param(9), message.last()), ("#a,b", "", ":) d"));
}

#[test]
fn of_a_tag_given_twice_the_last_one_counts() {
    assert_eq!(parsed("@a=1;a=2 PING").tag("a"), Some("2"));
}

#[test]
fn a_server_is_no_full_source() {
    for source in ["irc.example.org", "nick", "nick@host", "nick!user", "!u@h", "n!@h", "n!u@"] {
        assert!(!Source(source.to_owned()).is_full(), "{source}");
    }
}

#[test]
fn what_is_no_message_is_not_read() {
    for line in ["", "   ", ":only.source", "@tags", ":s 12", "12345 x", "PRIV-MSG a", "é x", "@a=b :s"] {
        assert_eq!(Message::parse(line), None, "{line:?}");
    }
    assert_eq!(parsed(": PING x").source, None);
}

#[test]
fn the_last_of_too_many_parameters_takes_the_rest() {
    let message = parsed(&format!("X{}", " p".repeat(20)));
    assert_eq!(message.params().len(), MAX_PARAMS);
    assert_eq!(message.last(), "p p p p p p");
}

#[test]
fn a_middle_parameter_that_could_pass_for_more_is_refused() {
    for middle in ["", ":a", "a b", "a\rQUIT", "a\n", "a\0b"] {
        assert_eq!(OutLine::new("JOIN", &[middle], None), None, "{middle:?}");
    }
}

#[test]
fn debug_output_shows_neither_passwords_nor_words() {
    let line = OutLine::new("PASS", &[], Some("hunter2")).unwrap();
    assert_eq!(format!("{line:?}"), "OutLine(PASS …)");
}

#[test]
fn a_line_of_512_bytes_is_the_longest() {
    assert!(OutLine::new("PRIVMSG", &["#a"], Some(&"x".repeat(498))).is_some());
    assert!(OutLine::new("PRIVMSG", &["#a"], Some(&"x".repeat(499))).is_none());
}

/// A tag value as it stands on the wire.
fn escaped(value: &str) -> String {
    let pieces = value.chars().map(|c| match c {
        ';' => "\\:".to_owned(),
        ' ' => "\\s".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\r' => "\\r".to_owned(),
        '\n' => "\\n".to_owned(),
        other => other.to_string(),
    });
    pieces.collect()
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(line in ".{0,200}") {
        let _ = Message::parse(&line);
    }

    #[test]
    fn any_text_of_the_wires_characters_is_read_or_refused(line in "[@:;=! \\\\a-c#\r\n\u{1}0-9]{0,60}") {
        if let Some(message) = Message::parse(&line) {
            prop_assert!(message.params().len() <= MAX_PARAMS);
        }
    }

    #[test]
    fn what_is_sent_is_what_is_read(
        middle in proptest::collection::vec("[^ :\\p{Cc}][^ \\p{Cc}]{0,8}", 0..5),
        last in "[^\r\n\0]{0,60}",
    ) {
        let params: Vec<&str> = middle.iter().map(String::as_str).collect();
        let line = OutLine::new("PRIVMSG", &params, Some(&last)).unwrap();
        let message = parsed(line.as_str());
        prop_assert_eq!(message.command.as_str(), "PRIVMSG");
        let expected: Vec<String> = middle.iter().cloned().chain([last]).collect();
        prop_assert_eq!(message.params(), expected);
    }

    #[test]
    fn no_text_makes_a_second_line(target in "[\r\n\0 :#a-c]{0,6}", text in "[\r\n\0 :a-zä]{0,30}") {
        if let Some(line) = OutLine::new("PRIVMSG", &[&target], Some(&text)) {
            prop_assert!(!line.as_str().contains(['\r', '\n', '\0']));
            let message = parsed(line.as_str());
            prop_assert_eq!(message.param(0), target.as_str());
        }
    }

    #[test]
    fn tags_come_back_as_they_were_meant(value in ".{0,40}") {
        prop_assume!(!value.contains('\0'));
        let line = format!("@k={} PING", escaped(&value));
        let message = parsed(&line);
        prop_assert_eq!(message.tag("k"), Some(value.as_str()));
    }
}
