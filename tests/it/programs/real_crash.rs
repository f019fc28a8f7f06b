//! A provider that really dies: the real server, which aborts in the middle of a request that it cannot bear, or is
//! killed in the middle of an answer.
//!
//! `calls` looks at single calls, with every fact that the router tells; `chats` at what somebody sees who talks to the
//! daemon. Fakes that only play dead are in `provider_faults.rs` and in the outage campaign.

mod calls;
mod chats;
mod relay;
mod world;

/// How the server's process ends by an abort: signal 6.
const ABORTED: i32 = 128 + 6;
/// And by `kill -9`.
const KILLED: i32 = 128 + 9;

/// The vendor that stands in.
const SPARE: &str = "spare";
/// What its answers begin with.
const BY_THE_SPARE: &str = "spare with spare-model answers: ";
/// What the tiny agent says when there is nothing to call.
const LISTED: &str = "the folder has been listed";
/// What the tiny talker says.
const PONG: &str = "pong from the tiny model";
/// Makes the tiny talker go on after its text for thousands of tokens, seconds of them: time to die in.
const ENDLESS: [&str; 1] = ["--ignore-eos"];

/// Whether a text is what the tiny talker says, or begins to say.
fn begins_as_the_talker(text: &str) -> bool {
    !text.is_empty() && (PONG.starts_with(text) || text.starts_with(PONG))
}
