//! The domain of nanobot.
mod secret;
pub use secret::Secret;
