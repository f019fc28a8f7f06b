//! What an answer of embeddings means: pure.
//!
//! Numbers come as JSON or as base64 of little-endian 32-bit floats, whatever was asked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nanobot_core::model::{ModelError, ModelErrorKind};
use serde::Deserialize;

use crate::answering::{DecodeError, json_of};
use crate::error::AnswerError;

/// The vectors of one batch.
#[derive(Debug)]
pub(super) struct BatchVectors {
    pub(super) vectors: Vec<Vec<f32>>,
    /// Tokens read, where the server counted.
    pub(super) tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Entry>,
    #[serde(default)]
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    index: Option<usize>,
    embedding: Numbers,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Numbers {
    Plain(Vec<f32>),
    Base64(String),
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    total_tokens: Option<u64>,
}

/// Reads the answer to a batch of `texts` texts; `dimensions` is the length that earlier batches had.
///
/// # Errors
/// `BadAnswer` when it does not hold exactly one usable vector for every text, and what a refusal stands for.
pub(super) fn vectors_of(
    body: &[u8],
    texts: usize,
    dimensions: Option<usize>,
) -> Result<BatchVectors, ModelError> {
    let value = json_of(body, &mut false).map_err(|error| match error {
        DecodeError::Refused(refusal) => refusal.into_error(200, None),
        DecodeError::Unreadable(cause) => bad(cause),
    })?;
    let answer = Answer::deserialize(value).map_err(|_| unusable("they are not written as vectors"))?;
    if answer.data.len() != texts {
        return Err(unusable("there is not one for every text"));
    }
    let mut placed: Vec<Option<Vec<f32>>> = vec![None; texts];
    for (position, entry) in answer.data.into_iter().enumerate() {
        let vector = entry.embedding.read().ok_or_else(|| unusable("one is no base64 of floats"))?;
        match placed.get_mut(entry.index.unwrap_or(position)) {
            Some(place @ None) => *place = Some(vector),
            Some(Some(_)) | None => return Err(unusable("their order is not clear")),
        }
    }
    let vectors: Vec<Vec<f32>> = placed.into_iter().flatten().collect();
    let dimensions = dimensions.or(vectors.first().map(Vec::len));
    if vectors.iter().any(|vector| Some(vector.len()) != dimensions) {
        return Err(unusable("they are of several lengths"));
    }
    let vectors = vectors.into_iter().map(unit).collect::<Option<Vec<_>>>();
    let tokens = answer.usage.and_then(|counts| counts.prompt_tokens.or(counts.total_tokens));
    Ok(BatchVectors { vectors: vectors.ok_or_else(|| unusable("one has no direction"))?, tokens })
}

impl Numbers {
    fn read(self) -> Option<Vec<f32>> {
        match self {
            Self::Plain(numbers) => Some(numbers),
            Self::Base64(text) => {
                let bytes = STANDARD.decode(text).ok()?;
                let (floats, rest) = bytes.as_chunks::<4>();
                rest.is_empty().then(|| floats.iter().map(|float| f32::from_le_bytes(*float)).collect())
            }
        }
    }
}

/// The vector with length 1; none when it has no direction. Squares are summed in double precision, where those of
/// single precision neither overflow nor vanish.
fn unit(vector: Vec<f32>) -> Option<Vec<f32>> {
    let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
    if !length.is_finite() || length <= 0.0 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a quotient of at most 1 needs no more than single precision"
    )]
    let scaled = vector.into_iter().map(|number| (f64::from(number) / length) as f32).collect();
    Some(scaled)
}

fn unusable(why: &'static str) -> ModelError {
    bad(AnswerError::Vectors(why))
}

fn bad(cause: AnswerError) -> ModelError {
    ModelError::caused_by(ModelErrorKind::BadAnswer, cause)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const FLOATS: &str = include_str!("samples/llama_server_floats.json");
    const BASE64: &str = include_str!("samples/llama_server_base64.json");

    fn read(answer: &Value, texts: usize) -> Result<BatchVectors, ModelError> {
        vectors_of(answer.to_string().as_bytes(), texts, None)
    }

    fn failure(answer: &Value) -> String {
        let error = read(answer, 2).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::BadAnswer);
        error.source.unwrap().to_string()
    }

    #[test]
    fn real_answers_of_llama_server_are_the_same_in_both_encodings() {
        let plain = vectors_of(FLOATS.as_bytes(), 2, None).unwrap();
        let packed = vectors_of(BASE64.as_bytes(), 2, None).unwrap();
        assert_eq!((plain.vectors.len(), plain.vectors[0].len(), plain.tokens), (2, 64, Some(10)));
        for (one, other) in plain.vectors.iter().flatten().zip(packed.vectors.iter().flatten()) {
            assert!((one - other).abs() < 1e-6, "{one} {other}");
        }
    }

    #[test]
    fn vectors_are_put_in_order_and_to_unit_length() {
        let answer = json!({"data": [
            {"index": 1, "embedding": [0.0, 1e-30]},
            {"index": 0, "embedding": [-3e30, 0.0]},
        ]});
        let read = read(&answer, 2).unwrap();
        assert_eq!(read.vectors, [[-1.0, 0.0], [0.0, 1.0]]);
        assert_eq!(read.tokens, None);
    }

    #[test]
    fn vectors_that_cannot_be_used_are_called_so() {
        let of = |vectors: Value| {
            let entries = vectors.as_array().unwrap().iter().map(|each| json!({"embedding": each}));
            json!({"data": entries.collect::<Value>()})
        };
        let start = "the embeddings cannot be used: ";
        for (answer, why) in [
            (of(json!([[1.0]])), "there is not one for every text"),
            (of(json!([[1.0], [1.0], [1.0]])), "there is not one for every text"),
            (of(json!([[1.0], [1.0, 2.0]])), "they are of several lengths"),
            (of(json!([[1.0], [0.0]])), "one has no direction"),
            (of(json!([[], []])), "one has no direction"),
            (of(json!([[[1.0]], [[1.0]]])), "they are not written as vectors"),
            (of(json!(["AACAPw==", "AACA"])), "one is no base64 of floats"),
            (
                json!({"data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]}),
                "their order is not clear",
            ),
            (
                json!({"data": [{"index": 0, "embedding": [1.0]}, {"index": 7, "embedding": [1.0]}]}),
                "their order is not clear",
            ),
            (json!({"choices": []}), "they are not written as vectors"),
        ] {
            assert_eq!(failure(&answer), format!("{start}{why}"), "{answer}");
        }
        let mixed = vectors_of(of(json!([[1.0]])).to_string().as_bytes(), 1, Some(2)).unwrap_err();
        assert_eq!(mixed.source.unwrap().to_string(), format!("{start}they are of several lengths"));
        let refused = vectors_of(br#"{"error":{"code":"model_not_found"}}"#, 1, None).unwrap_err();
        assert_eq!(refused.kind, ModelErrorKind::UnknownModel);
    }

    proptest! {
        #[test]
        fn whatever_is_read_has_unit_length(
            numbers in proptest::collection::vec(any::<f32>().prop_filter("finite", |n| n.is_finite()), 1..20),
        ) {
            let packed = STANDARD.encode(numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>());
            let answer = json!({"data": [{"embedding": packed}]});
            if let Ok(read) = read(&answer, 1) {
                let square: f64 = read.vectors[0].iter().map(|n| f64::from(*n).powi(2)).sum();
                prop_assert!((square - 1.0).abs() < 1e-5, "{square}");
            } else {
                prop_assert!(numbers.iter().all(|n| *n == 0.0));
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = vectors_of(&bytes, 1, None);
        }
    }
}
