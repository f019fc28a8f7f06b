//! Reads POSIX and bash command lines without running them: words, quoting, expansions, pipes, redirections, and
//! what they come to where that is certain. Pure, total, linear: no text makes it panic, and none takes it long.
//!
//! [`parse`] gives the tree; [`effective`] gives the commands that would run, whatever they are wrapped in. It does
//! not judge: what is dangerous is the business of whoever asks.

mod ast;
mod cursor;
mod decode;
mod effective;
mod effort;
mod escape;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod glob;
mod parse;

pub use ast::{
    Assignment, Block, Command, Compound, CompoundKind, Fault, FaultKind, Function, Part, Pipeline,
    RedirectOperator, Redirection, Script, Separator, Simple, Variable, Word,
};
pub use cursor::{MAX_BYTES, MAX_DEPTH};
pub use effective::{Effective, Effects, Link, Place, Redirected, Value, effective, is_shell};
pub use escape::ansi_c;
pub use glob::Pattern;
pub use parse::parse;
