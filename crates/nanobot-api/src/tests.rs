//! The API over real HTTP on loopback, with fakes for the ports and a clock that a test moves.

mod answers;
mod floods;
mod harness;
mod never;
mod wire;
