//! The two spellings of a key: `camelCase` in the file, `snake_case` inside.
//!
//! Both conversions follow the original to the letter, oddities included, because its files went through
//! them. What this module does not do is decide which keys are converted: names that people choose
//! (headers, say) are none of its business.

/// Inserts `_` before each upper-case character but the first, then lower-cases everything.
pub fn camel_to_snake(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    for (index, character) in key.chars().enumerate() {
        if index > 0 && character.is_uppercase() {
            out.push('_');
        }
        out.push(character);
    }
    out.to_lowercase()
}

/// Joins the parts between underscores, each but the first in title case. Title case also raises a letter
/// that follows something else than a letter: `my_tts2go` becomes `myTts2Go`.
pub fn snake_to_camel(key: &str) -> String {
    let mut parts = key.split('_');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        push_title_case(&mut out, part);
    }
    out
}

/// The form in which the original ends up knowing a key: there, to the file and back.
///
/// Two spellings with the same canonical form are one key to the original.
pub fn canonical(key: &str) -> String {
    camel_to_snake(&snake_to_camel(&camel_to_snake(key)))
}

/// The file's spelling of a name that a person chose: `camelCase` where reading that gives the same name
/// again, else the name as it stands. The original writes the first form always and so loses names.
pub(crate) fn written_name(name: &str) -> String {
    let camel = snake_to_camel(name);
    if camel_to_snake(&camel) == name { camel } else { name.to_owned() }
}

fn push_title_case(out: &mut String, part: &str) {
    let mut after_letter = false;
    for character in part.chars() {
        if after_letter {
            out.extend(character.to_lowercase());
        } else {
            let mut raised = character.to_uppercase();
            out.extend(raised.next());
            out.extend(raised.flat_map(char::to_lowercase));
        }
        after_letter = character.is_lowercase() || character.is_uppercase();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_open_a_new_word() {
        assert_eq!(camel_to_snake("apiKey"), "api_key");
        assert_eq!(camel_to_snake("APP-Code"), "a_p_p-_code");
        assert_eq!(camel_to_snake("X"), "x");
    }

    #[test]
    fn letters_after_digits_are_raised_in_later_words() {
        assert_eq!(snake_to_camel("fast_gpt4o"), "fastGpt4O");
        assert_eq!(snake_to_camel("tts2go"), "tts2go");
        assert_eq!(snake_to_camel("x_o'neil"), "xO'Neil");
        assert_eq!(snake_to_camel("a__b"), "aB");
    }

    #[test]
    fn a_name_that_would_be_lost_is_written_as_it_stands() {
        assert_eq!(written_name("my_fast"), "myFast");
        assert_eq!(written_name("fast_gpt4o"), "fast_gpt4o");
        assert_eq!(written_name("a__b"), "a__b");
    }
}
