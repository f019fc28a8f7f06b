//! How a vendor can fail, and for whom.
//!
//! As JSON, for other processes: `{"mood": "rate_limited", "retry_after_seconds": 7, "credential": "key-1", "model":
//! "m", "share": 0.5}`. All but `mood` can be left out. How each looks on the wire stands in `perform.rs`.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

/// What the vendor does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Answers.
    Healthy,
    /// Nothing listens, though the port stays taken; who was connected is cut off. Only as a rule for everybody.
    RefuseConnections,
    /// Reads the request and resets the connection.
    ResetBeforeHeaders,
    /// Sends the head of a good answer and resets the connection.
    ResetAfterHeaders,
    /// Reads the request and says nothing.
    HangBeforeFirstByte,
    /// Says so many pieces of the answer, then nothing more. Of an answer in one piece it sends half.
    StallMidStream {
        /// How many pieces.
        after: usize,
    },
    /// 429.
    RateLimited {
        /// Whole seconds for `Retry-After`; none sends no such header.
        retry_after: Option<Duration>,
    },
    /// That status, with the error that goes with it.
    Status(u16),
    /// 200, and bytes that mean nothing.
    Garbage,
    /// Ends in the middle of a piece, and the connection with it, politely. Of an answer in one piece it sends half.
    HalfSseFrame,
    /// 200 and a web page.
    WrongContentType,
    /// The head comes in two halves with this time between them, then a good answer.
    SlowHeaders {
        /// How long.
        pause: Duration,
    },
    /// 401, for a key that was good until now.
    ExpiredKey,
    /// 400: the conversation is too long for the model.
    ContextOverflow,
    /// Never stops talking.
    TooLong,
    /// 200, so many thoughts, then an error in place of words. The thoughts are charged. An answer in one piece is the
    /// error alone, and charged all the same.
    ErrorInStream {
        /// How many thoughts.
        after: usize,
    },
    /// 200, and nothing but signs of life: comments and pings, or white space before an answer in one piece.
    CommentsForever,
    /// 307, to somewhere else.
    Redirect,
    /// 404 and a web page, as a host has it on which nothing is deployed.
    MissingPage,
    /// 403 and a web page, as firewalls have it.
    ForbiddenPage,
    /// A good answer, and rubbish where its count of tokens should be. An answer in one piece has no room for any.
    TrailingRubbish,
}

/// For whom a mood is, and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The mood.
    pub mood: Mood,
    /// The key; none is any.
    pub credential: Option<String>,
    /// The model; none is any.
    pub model: Option<String>,
    /// Of how many requests, from 0 to 1. The others go on to the next rule.
    pub share: f64,
}

/// What was sent is no rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadMood(String);

impl fmt::Display for BadMood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read a rule: {}", self.0)
    }
}

impl std::error::Error for BadMood {}

impl Mood {
    /// One of each, for tests and for people who ask what there is.
    pub const ALL: [Self; 21] = [
        Self::Healthy,
        Self::RefuseConnections,
        Self::ResetBeforeHeaders,
        Self::ResetAfterHeaders,
        Self::HangBeforeFirstByte,
        Self::StallMidStream { after: 2 },
        Self::RateLimited { retry_after: None },
        Self::Status(500),
        Self::Garbage,
        Self::HalfSseFrame,
        Self::WrongContentType,
        Self::SlowHeaders { pause: Duration::from_millis(200) },
        Self::ExpiredKey,
        Self::ContextOverflow,
        Self::TooLong,
        Self::ErrorInStream { after: 50 },
        Self::CommentsForever,
        Self::Redirect,
        Self::MissingPage,
        Self::ForbiddenPage,
        Self::TrailingRubbish,
    ];

    /// Its name in JSON and in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::RefuseConnections => "refuse_connections",
            Self::ResetBeforeHeaders => "reset_before_headers",
            Self::ResetAfterHeaders => "reset_after_headers",
            Self::HangBeforeFirstByte => "hang_before_first_byte",
            Self::StallMidStream { .. } => "stall_mid_stream",
            Self::RateLimited { .. } => "rate_limited",
            Self::Status(_) => "status",
            Self::Garbage => "garbage",
            Self::HalfSseFrame => "half_sse_frame",
            Self::WrongContentType => "wrong_content_type",
            Self::SlowHeaders { .. } => "slow_headers",
            Self::ExpiredKey => "expired_key",
            Self::ContextOverflow => "context_overflow",
            Self::TooLong => "too_long",
            Self::ErrorInStream { .. } => "error_in_stream",
            Self::CommentsForever => "comments_forever",
            Self::Redirect => "redirect",
            Self::MissingPage => "missing_page",
            Self::ForbiddenPage => "forbidden_page",
            Self::TrailingRubbish => "trailing_rubbish",
        }
    }
}

impl Rule {
    /// For everybody, always.
    pub const fn always(mood: Mood) -> Self {
        Self { mood, credential: None, model: None, share: 1.0 }
    }

    /// For one key, always.
    pub fn for_credential(mood: Mood, credential: &str) -> Self {
        Self { credential: Some(credential.to_owned()), ..Self::always(mood) }
    }

    /// For one model, always.
    pub fn for_model(mood: Mood, model: &str) -> Self {
        Self { model: Some(model.to_owned()), ..Self::always(mood) }
    }

    /// For everybody, of that share of the requests.
    pub fn sometimes(mood: Mood, share: f64) -> Self {
        Self { share, ..Self::always(mood) }
    }

    pub(super) fn is_for(&self, credential: &str, model: &str) -> bool {
        self.credential.as_deref().is_none_or(|wanted| wanted == credential)
            && self.model.as_deref().is_none_or(|wanted| wanted == model)
    }

    /// Nothing may listen, for anybody.
    pub(super) fn shuts_the_door(&self) -> bool {
        self.mood == Mood::RefuseConnections
    }

    /// Reads one rule, or a list of them.
    ///
    /// # Errors
    /// [`BadMood`] when it is none.
    pub fn read_all(json: &Value) -> Result<Vec<Self>, BadMood> {
        match json {
            Value::Array(rules) => rules.iter().map(Self::read).collect(),
            one => Ok(vec![Self::read(one)?]),
        }
    }

    fn read(json: &Value) -> Result<Self, BadMood> {
        let name = json.get("mood").and_then(Value::as_str).ok_or_else(|| BadMood("no mood".to_owned()))?;
        let number = |field: &str| json.get(field).and_then(Value::as_u64);
        let count = |field: &str| number(field).and_then(|count| usize::try_from(count).ok());
        let word = |field: &str| json.get(field).and_then(Value::as_str).map(str::to_owned);
        let known = Mood::ALL.into_iter().find(|mood| mood.name() == name);
        let mood = match known.ok_or_else(|| BadMood(format!("no mood is called {name:?}")))? {
            Mood::StallMidStream { after } => Mood::StallMidStream { after: count("after").unwrap_or(after) },
            Mood::ErrorInStream { after } => Mood::ErrorInStream { after: count("after").unwrap_or(after) },
            Mood::RateLimited { .. } => {
                Mood::RateLimited { retry_after: number("retry_after_seconds").map(Duration::from_secs) }
            }
            Mood::Status(usual) => {
                let status = number("status").map_or(Ok(usual), u16::try_from);
                Mood::Status(status.map_err(|_| BadMood("the status is out of range".to_owned()))?)
            }
            Mood::SlowHeaders { pause } => {
                Mood::SlowHeaders { pause: number("pause_ms").map_or(pause, Duration::from_millis) }
            }
            simple => simple,
        };
        let share =
            json.get("share").map_or(Some(1.0), Value::as_f64).filter(|share| (0.0..=1.0).contains(share));
        let rule = Self {
            mood,
            credential: word("credential"),
            model: word("model"),
            share: share.ok_or_else(|| BadMood("a share is from 0 to 1".to_owned()))?,
        };
        let narrow = rule.credential.is_some() || rule.model.is_some() || rule.share < 1.0;
        if rule.shuts_the_door() && narrow {
            return Err(BadMood("a door is shut for everybody".to_owned()));
        }
        Ok(rule)
    }

    /// The same rule as [`Rule::read_all`] reads it.
    pub fn to_json(&self) -> Value {
        let detail = match self.mood {
            Mood::StallMidStream { after } | Mood::ErrorInStream { after } => Some(("after", json!(after))),
            Mood::RateLimited { retry_after } => {
                retry_after.map(|wait| ("retry_after_seconds", json!(wait.as_secs())))
            }
            Mood::Status(status) => Some(("status", json!(status))),
            Mood::SlowHeaders { pause } => {
                Some(("pause_ms", json!(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX))))
            }
            _ => None,
        };
        let word = |field, word: &Option<String>| word.as_ref().map(|word| (field, json!(word)));
        let always = [("mood", json!(self.mood.name())), ("share", json!(self.share))].map(Some);
        let narrow = [detail, word("credential", &self.credential), word("model", &self.model)];
        let fields = always.into_iter().chain(narrow).flatten();
        Value::Object(fields.map(|(field, value)| (field.to_owned(), value)).collect())
    }
}
