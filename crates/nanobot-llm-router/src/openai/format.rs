//! How a document is asked for in chat completions: pure.
//!
//! Whether the answer is one is checked by whoever asked.

use nanobot_core::model::{AnswerFormat, ModelRequest};
use serde::Serialize;
use serde_json::Value;

use crate::conversation::format_in_words;
use crate::registry::StructuredOutput;
use crate::schema::is_strict;

/// The field `response_format`.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ResponseFormat<'a> {
    JsonSchema { json_schema: NamedSchema<'a> },
    JsonObject,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct NamedSchema<'a> {
    name: &'a str,
    /// Whether the server has to promise the schema. It refuses schemas that it cannot promise, so that only those
    /// get the mark which every server can.
    strict: bool,
    schema: &'a Value,
}

impl<'a> ResponseFormat<'a> {
    /// The field, and what has to be said in words besides.
    pub(super) fn for_request(
        request: &'a ModelRequest,
        structured: StructuredOutput,
    ) -> (Option<Self>, Option<String>) {
        let AnswerFormat::Json { name, schema } = &request.format else { return (None, None) };
        match structured {
            StructuredOutput::Schema => {
                let json_schema = NamedSchema { name, strict: is_strict(schema), schema };
                (Some(Self::JsonSchema { json_schema }), None)
            }
            StructuredOutput::Object => {
                let field = request.tools.is_empty().then_some(Self::JsonObject);
                (field, Some(format_in_words(schema)))
            }
        }
    }
}
