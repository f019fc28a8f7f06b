//! Support for the integration tests and the benches: the outside world, as fakes that can misbehave, and as a real
//! server where one can run here.
//!
//! Nothing here knows our crates, except that [`fuzzing`] calls what they offer to be fuzzed, and that [`outage`] puts
//! the real router before fake vendors. A fake speaks the real wire format, over a real socket on 127.0.0.1.

mod acting;
pub mod baseline;
pub mod campaign;
mod collector;
pub mod crash;
#[cfg(feature = "weakened")]
pub mod escape;
pub mod fake_vendor;
pub mod fuzzing;
mod http;
pub mod irc;
pub mod measured;
pub mod outage;
mod provider;
mod script;
mod wire;

pub use collector::{Collector, CollectorMood, SentSpan};
pub use http::Request;
pub use provider::FakeProvider;
pub use script::{Script, UnknownScript};
pub use wire::{ANSWER, LISTED, MODEL};
