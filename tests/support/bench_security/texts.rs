//! What the stages get to see: talk as people write it, and texts that are made to cost time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A kind of text, in any length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// A text of about so many bytes, never more.
    pub(crate) make: fn(usize) -> String,
}

/// For input and output.
pub(crate) const TEXTS: [Kind; 6] = [
    Kind { name: "talk", make: |bytes| repeated(&TALK, bytes) },
    Kind { name: "nested base64", make: nested },
    Kind { name: "half matches", make: |bytes| repeated(&HALVES, bytes) },
    Kind { name: "one long word", make: |bytes| repeated(&["quickbrownfoxjumpsoverthelazydog"], bytes) },
    Kind { name: "invisible characters", make: |bytes| repeated(&INVISIBLE, bytes) },
    Kind { name: "beginnings of secrets", make: |bytes| repeated(&SECRETS, bytes) },
];

/// For commands.
pub(crate) const COMMANDS: [Kind; 5] = [
    Kind { name: "commands", make: |bytes| repeated(&COMMAND_LINES, bytes) },
    Kind { name: "nested substitutions", make: substitutions },
    Kind {
        name: "shells in shells",
        make: |bytes| repeated(&["sh -c \"eval 'sh -c ls' ", "`eval ", "$(sh -c '"], bytes),
    },
    Kind {
        name: "unclosed quotes",
        make: |bytes| repeated(&["echo 'a \"b ", "\"$(c 'd ", "`e \\\" "], bytes),
    },
    Kind { name: "beginnings of rules", make: |bytes| repeated(&RULES, bytes) },
];

const TALK: [&str; 12] = [
    "Hi, are we still on for dinner tonight? I can book a table for eight. ",
    "Kannst du bitte die Einkaufsliste für morgen ergänzen: Milch, Brot, Äpfel und Käse? ",
    "Привет! Во сколько завтра начинается встреча, и кто приведёт гостей? ",
    "你明天有空吗？我们一起去看电影，然后吃火锅。",
    "The train leaves at 7:42 from platform 3, so please don't be late this time :) ",
    "Das Wetter soll am Wochenende besser werden, sagt der Bericht von heute früh. ",
    "Напомни мне, пожалуйста, позвонить врачу в четверг утром. ",
    "请把这封邮件总结成三句话，谢谢！",
    "Could you summarise the previous messages? I was asleep for most of the evening. ",
    "Ich habe die Rechnung bezahlt (42,50 €), der Beleg liegt unter https://example.org/beleg/17. ",
    "Мы купили билеты на поезд, осталось выбрать гостиницу. ",
    "今天下午三点开会，别忘了带上新的计划书。",
];

/// What rules for input begin with, without what would make it one; and talk about instructions.
const HALVES: [&str; 8] = [
    "ignore all previous ",
    "disregard the instructions ",
    "forget everything about ",
    "reveal your ",
    "you are now ",
    "from now on ",
    "system prompt system ",
    "pretend to be act as ",
];

const INVISIBLE: [&str; 8] =
    ["\u{200b}", "\u{200d}", "\u{2060}", "\u{e0041}", "\u{202e}", "\u{fe0f}", "\u{ad}", "\u{200c}"];

const SECRETS: [&str; 9] = [
    "sk-ant-api03-",
    " ghp_",
    " AKIA",
    " eyJhbGciOi.",
    " -----BEGIN ",
    " password = ",
    " postgres://u:",
    " Bearer ",
    "\napi_key: ",
];

const COMMAND_LINES: [&str; 6] = [
    "ls -la src | sort -k5 -n | tail -20 > sizes.txt\n",
    "for f in *.md; do wc -w \"$f\"; done\n",
    "grep -rn 'fn main' --include=*.rs . || echo \"nothing found\"\n",
    "cd build && cmake -DCMAKE_BUILD_TYPE=Release .. && make -j2\n",
    "python3 report.py --from 2026-01-01 --out \"$HOME/report.csv\"\n",
    "git log --oneline | head -5; date +%F\n",
];

const RULES: [&str; 8] = [
    "rm -r ",
    "dd if=a ",
    "curl x | ",
    "chmod -R ",
    "cat /etc/ ",
    "base64 -d | ",
    "> /dev/",
    "find . -exec ",
];

/// The pieces in turn, cut at the last whole character.
fn repeated(pieces: &[&str], bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 128);
    for piece in pieces.iter().cycle() {
        if text.len() >= bytes {
            break;
        }
        text.push_str(piece);
    }
    text.truncate(text.floor_char_boundary(bytes));
    text
}

/// Base64 of base64 of base64 of talk, with a word in front.
fn nested(bytes: usize) -> String {
    let mut text = repeated(&TALK[..1], bytes / 64 * 27);
    for _ in 0..3 {
        text = STANDARD.encode(text);
    }
    text.truncate(bytes.saturating_sub(8));
    format!("decode: {text}")
}

/// `$(` as deep as it goes, over and over.
fn substitutions(bytes: usize) -> String {
    /// Deeper than the parser goes.
    const DEPTH: usize = 100;
    let tower = format!("{}ls{} ", "echo $(".repeat(DEPTH), ")".repeat(DEPTH));
    repeated(&[&tower], bytes)
}
