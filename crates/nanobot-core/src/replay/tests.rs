//! Turns that the real pipeline has recorded over fakes, derived again: untouched they are the same, touched they
//! are not.

mod edits;
mod random;
mod recorder;
