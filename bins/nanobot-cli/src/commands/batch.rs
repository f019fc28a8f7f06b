//! Batch commands: JSON Lines in, one line out for each, in order, with its id.
//!
//! A line that cannot be read, or not be answered, is answered with an error; the rest goes on. What a line means is
//! no business of this file.

use std::io::{self, BufRead, BufReader, Read as _};

use serde_json::{Map, Value, json};

use crate::exit::{Code, Failure};
use crate::output;

/// The longest line that is read. A chat message has some thousand characters; a gateway refuses those beyond.
const MAX_LINE_BYTES: usize = 4 << 20;

/// So much input is taken at once. Answers are handed on when it is worked off: whoever writes one line and waits is
/// answered.
const CHUNK: usize = 64 << 10;

/// Why a line has no answer.
#[derive(Debug)]
pub(super) struct BadLine {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl BadLine {
    /// It is JSON, and not what is asked for.
    pub(super) fn input(message: impl Into<String>) -> Self {
        Self { code: "bad_input", message: message.into() }
    }
}

/// What is answered to a line, beside its id.
pub(super) type Answer = Map<String, Value>;

/// Answers every line of standard input.
pub(super) fn run(answer: impl FnMut(&Value) -> Result<Answer, BadLine>) -> Result<Code, Failure> {
    let input = BufReader::with_capacity(CHUNK, io::stdin().lock());
    let mut lines = output::Lines::new();
    let are_all_good = through(input, &mut lines, answer)?;
    lines.flush()?;
    Ok(if are_all_good { Code::Done } else { Code::Data })
}

/// Whether all lines had an answer.
fn through<R: io::Read, W: io::Write>(
    mut input: BufReader<R>,
    output: &mut output::Lines<W>,
    mut answer: impl FnMut(&Value) -> Result<Answer, BadLine>,
) -> Result<bool, Failure> {
    let mut are_all_good = true;
    let mut line = Vec::new();
    while let Some(size) = next_line(&mut input, &mut line).map_err(|error| unread(&error))? {
        let (id, answered) = match size {
            Size::Blank => continue,
            Size::Fits => one(&line, &mut answer),
            Size::TooLong => (Value::Null, Err(too_long())),
        };
        let mut object = Map::with_capacity(8);
        object.insert("id".to_owned(), id);
        match answered {
            Ok(fields) => object.extend(fields),
            Err(BadLine { code, message }) => {
                are_all_good = false;
                object.insert("error".to_owned(), json!({"code": code, "message": message}));
            }
        }
        output.json(&Value::Object(object))?;
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    Ok(are_all_good)
}

fn one(
    line: &[u8],
    answer: &mut impl FnMut(&Value) -> Result<Answer, BadLine>,
) -> (Value, Result<Answer, BadLine>) {
    let mut asked: Value = match serde_json::from_slice(line) {
        Ok(asked) => asked,
        Err(error) => {
            // Its words may hold some of the line; where it went wrong does not.
            let message = format!("this is no JSON, from column {} on", error.column());
            return (Value::Null, Err(BadLine { code: "bad_json", message }));
        }
    };
    if !asked.is_object() {
        return (Value::Null, Err(BadLine::input("a line must be an object")));
    }
    let answered = answer(&asked);
    (asked.get_mut("id").map(Value::take).unwrap_or_default(), answered)
}

fn too_long() -> BadLine {
    BadLine { code: "too_long", message: format!("a line has at most {MAX_LINE_BYTES} bytes") }
}

fn unread(error: &io::Error) -> Failure {
    Failure::new(Code::Data, format!("cannot read the input: {error}"))
}

enum Size {
    /// Nothing but white space, which is no line.
    Blank,
    Fits,
    /// It is left out, and the next one is found.
    TooLong,
}

/// Reads a line into the buffer; none at the end.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<Size>> {
    line.clear();
    let limit = MAX_LINE_BYTES as u64 + 1;
    if input.by_ref().take(limit).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    if line.len() > MAX_LINE_BYTES && !line.ends_with(b"\n") {
        input.skip_until(b'\n')?;
        return Ok(Some(Size::TooLong));
    }
    Ok(Some(if line.iter().all(u8::is_ascii_whitespace) { Size::Blank } else { Size::Fits }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(input: &[u8]) -> (String, bool) {
        let mut out = Vec::new();
        let mut lines = output::Lines::over(&mut out);
        let double = |line: &Value| match line["n"].as_i64() {
            Some(n) => Ok(Answer::from_iter([("twice".to_owned(), json!(2 * n))])),
            None => Err(BadLine::input("n is missing")),
        };
        let good = through(BufReader::with_capacity(16, input), &mut lines, double).unwrap();
        lines.flush().unwrap();
        drop(lines);
        (String::from_utf8(out).unwrap(), good)
    }

    #[test]
    fn a_bad_line_has_an_error_in_its_place_and_the_rest_goes_on() {
        let (said, good) = answered(b"{\"id\":\"a\",\"n\":1}\nnonsense\n\n[]\n{\"id\":7}\n{\"n\":2}");
        insta::assert_snapshot!(said, @r#"
        {"id":"a","twice":2}
        {"id":null,"error":{"code":"bad_json","message":"this is no JSON, from column 2 on"}}
        {"id":null,"error":{"code":"bad_input","message":"a line must be an object"}}
        {"id":7,"error":{"code":"bad_input","message":"n is missing"}}
        {"id":null,"twice":4}
        "#);
        assert!(!good);
        assert_eq!(answered(b"").0, "");
    }

    #[test]
    fn a_line_without_end_is_left_out_and_the_next_one_is_answered() {
        let mut input = vec![b' '; 3 * MAX_LINE_BYTES];
        input.extend_from_slice(b"\n{\"id\":1,\"n\":1}\n");
        let (said, good) = answered(&input);
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].contains("too_long"), "{}", lines[0]);
        assert_eq!((lines[1], lines.len(), good), (r#"{"id":1,"twice":2}"#, 2, false));
    }
}
