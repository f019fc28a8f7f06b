//! The fakes and stand-ins keep the contracts; broken adapters do not, so the suites can fail.

mod broken;
mod broken_journals;
mod broken_sessions;
mod fakes;
