//! Any bytes as a text that is read in every way.

use std::collections::BTreeSet;

use super::{Broken, Shape, must};
use crate::views::{Strength, View, views};
use crate::{compact, lowered};

/// So many readings there are at most.
const MOST_VIEWS: usize = 40;

/// So large all of them are together, as a multiple of the text; the first one is there in any case.
const MOST_GROWTH: usize = 16;

/// A shorter text counts as this long.
const SHORT: usize = 256;

/// Reads the bytes as a text, in every way, and looks whether all holds that must.
///
/// # Errors
/// When something does not hold.
pub fn readings(bytes: &[u8]) -> Result<Shape, Broken> {
    let text = String::from_utf8_lossy(bytes);
    let all = views(&text);
    let Some(plain) = all.first() else { return Err(Broken("a text has no reading".to_owned())) };
    must(plain.name == "plain" && plain.strength == Strength::Plain, || {
        format!("the first reading is {} and not the plain one", plain.name)
    })?;
    must(is_plain(&plain.text), || "the plain reading is not in one spelling".to_owned())?;
    must(views(&plain.text).first().is_some_and(|again| again.text == plain.text), || {
        "the plain reading reads differently the second time".to_owned()
    })?;
    must(all.len() <= MOST_VIEWS, || format!("{} readings", all.len()))?;
    let bytes = all.iter().skip(1).map(|view| view.text.len()).sum::<usize>();
    must(bytes <= MOST_GROWTH * text.len().max(SHORT), || {
        format!("readings of {bytes} bytes for a text of {}", text.len())
    })?;
    let different: BTreeSet<(&str, bool)> =
        all.iter().map(|view| (view.text.as_str(), view.is_glued)).collect();
    must(different.len() == all.len(), || "two readings say the same".to_owned())?;
    for view in all.iter().skip(1) {
        must(!view.text.is_empty(), || format!("the reading {} says nothing", view.name))?;
    }
    must(all == views(&text), || "the same text reads in two ways".to_owned())?;
    must(!compact(&lowered(&text)).contains(char::is_whitespace), || {
        "the original's compact reading has gaps".to_owned()
    })?;
    Ok(shape(&all))
}

/// Single blanks between words, none at the ends.
fn is_plain(text: &str) -> bool {
    !text.contains("  ") && !text.starts_with(' ') && !text.ends_with(' ') && !text.contains('\n')
}

fn shape(all: &[View]) -> Shape {
    let names: BTreeSet<&str> = all.iter().map(|view| view.name).collect();
    let some: Vec<&str> = names.into_iter().filter(|name| *name != "plain").take(3).collect();
    if some.is_empty() { "plain".to_owned() } else { format!("more: {}", some.join(", ")) }
}
