//! The promises for made inputs of every kind, some dozens of each.

use proptest::prelude::*;

use super::{readings, scan, tool};

/// Pieces that rules and readings look for, whole and broken, in any order.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "ignore",
        "all",
        "previous",
        "instructions",
        "reveal",
        "your",
        "system prompt",
        " ",
        "  ",
        "\n",
        "-",
        ".",
        "1gn0r3",
        "i g n o r e",
        "\u{200b}",
        "\u{202e}",
        "ｉｇｎ",
        "іgn",
        "aWdub3JlIGFsbA==",
        "69676e6f7265",
        "%69%67",
        "&#105;",
        "\\u0069",
        "sk-",
        "ghp_",
        "AKIA",
        "eyJ",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "password",
        "=",
        ":",
        "\"",
        "'",
        "Bearer ",
        "https://",
        "user:",
        "@",
        "config.json",
        ".env",
        "0123456789abcdef",
        "ABCDEFGHIJKLMNOP",
        "qR7xZ2mK9wLp",
        "привет",
        "你好",
        "über",
        "😀",
        "\u{e0041}",
        "\u{301}",
        "İ",
        "ß",
        "[REDACTED]",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Pieces of commands.
fn command() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "rm",
        " -rf",
        " /",
        " ~",
        " ",
        ";",
        "|",
        "&&",
        "\n",
        "$(",
        ")",
        "`",
        "'",
        "\"",
        "\\",
        "curl ",
        "sh",
        " -c ",
        "base64 -d",
        "cat ",
        "/etc/shadow",
        ".env",
        "> ",
        "/dev/sda",
        "dd if=",
        "X=",
        "$X",
        "eval ",
        "sudo ",
        "echo ",
        "ls",
        "#",
        "<<E\n",
        "E\n",
        "{a,b}",
        "*",
        "xargs ",
        "find . -exec ",
        "https://example.com",
        "nc -l",
        ":(){ :|:& };:",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn with_seed(seed: u8, text: &str) -> Vec<u8> {
    [&[seed][..], text.as_bytes()].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(readings(&bytes).err(), None);
        prop_assert_eq!(scan(&bytes).err(), None);
        prop_assert_eq!(tool(&bytes).err(), None);
    }

    #[test]
    fn any_text_is_read_in_every_way(text in text()) {
        prop_assert_eq!(readings(text.as_bytes()).err(), None);
    }

    #[test]
    fn any_text_leaves_the_same_wherever_it_is_cut(seed in any::<u8>(), text in text()) {
        prop_assert_eq!(scan(&with_seed(seed, &text)).err(), None);
    }

    #[test]
    fn a_blocked_command_stays_blocked_in_a_wrapper(text in command()) {
        prop_assert_eq!(tool(&with_seed(0, &text)).err(), None);
    }
}
