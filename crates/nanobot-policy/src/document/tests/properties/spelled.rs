//! One document in another order of members, the other spelling of keys, another layout and with escapes that need not
//! be, as a row of choices says.

use std::fmt::Write as _;
use std::iter::Cycle;
use std::slice::Iter;

use crate::json::{Object, Value, canonical};

/// The same document, written otherwise.
pub(super) fn spelled(value: &Value<'_>, choices: &[u8]) -> String {
    let mut writer = Writer { choices: choices.iter().cycle(), out: String::new() };
    writer.value(value);
    writer.out
}

struct Writer<'c> {
    choices: Cycle<Iter<'c, u8>>,
    out: String,
}

impl Writer<'_> {
    fn choose(&mut self, among: u8) -> u8 {
        self.choices.next().copied().unwrap_or_default() % among
    }

    fn value(&mut self, value: &Value<'_>) {
        self.blank();
        match value {
            Value::Object(members) => self.object(members),
            Value::List(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.out.push(',');
                    }
                    self.value(&item.value);
                }
                self.out.push(']');
            }
            Value::Text(text) => self.text(text),
            Value::Float(number) if self.choose(3) == 0 => self.write(format_args!("\"{number:e}\"")),
            Value::Integer(number) if self.choose(3) == 0 => {
                self.write(format_args!("\" {} \"", number.digits()));
            }
            Value::Bool(flag) if self.choose(3) == 0 => {
                self.out.push_str(if *flag { "\"Yes\"" } else { "0.0" });
            }
            plain => self.out.push_str(&canonical(plain)),
        }
        self.blank();
    }

    fn object(&mut self, members: &Object<'_>) {
        let mut members: Vec<_> = members.iter().collect();
        if !members.is_empty() {
            let turn = usize::from(self.choose(8)) % members.len();
            members.rotate_left(turn);
        }
        if self.choose(2) == 0 {
            members.reverse();
        }
        self.out.push('{');
        for (index, (key, member)) in members.into_iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.blank();
            let key = if self.choose(2) == 0 { snake(key) } else { key.to_owned() };
            self.text(&key);
            self.blank();
            self.out.push(':');
            self.value(&member.value);
        }
        self.out.push('}');
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            if character < ' ' || matches!(character, '"' | '\\') || self.choose(5) == 0 {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    self.write(format_args!("\\u{unit:04x}"));
                }
            } else {
                self.out.push(character);
            }
        }
        self.out.push('"');
    }

    fn write(&mut self, what: std::fmt::Arguments<'_>) {
        self.out.write_fmt(what).expect("a string takes everything");
    }

    fn blank(&mut self) {
        let blank = ["", " ", "\n", "\t\r\n"].get(usize::from(self.choose(4))).copied().unwrap_or_default();
        self.out.push_str(blank);
    }
}

/// The twin of a key. Other names hold no capital letters and have none.
fn snake(key: &str) -> String {
    let mut snake = String::new();
    for character in key.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}
