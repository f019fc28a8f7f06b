//! The variables of the process, captured once; the one place in the workspace that reads them.
//!
//! Everything else takes an [`Environment`], so tests pass a map. It does not know what a variable means.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::Origin;

mod dotenv;

pub(crate) use dotenv::{assignment, not_understood, parse_line};

/// Variables by name, each with where it came from.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
}

#[derive(Clone)]
struct Variable {
    value: String,
    from_file: bool,
}

impl Environment {
    /// The variables of this process, without those that are not UTF-8.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn capture() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|variable| variable.value.as_str())
    }

    /// The value of a variable, trimmed; `None` when nothing is left.
    pub fn get_non_blank(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// With the assignments of a `.env` file; a variable that exists is never replaced.
    #[must_use]
    pub fn with_dotenv(&self, text: &str) -> Self {
        let mut all = self.clone();
        for (name, value) in text.lines().filter_map(parse_line) {
            let variable = Variable { value, from_file: true };
            all.variables.entry(name).or_insert(variable);
        }
        all
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    pub(crate) fn origin(&self, name: &str) -> Origin {
        match self.variables.get(name) {
            Some(Variable { from_file: true, .. }) => Origin::DotEnv(name.to_owned()),
            _ => Origin::Variable(name.to_owned()),
        }
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), Variable { value: value.into(), from_file: false }));
        Self { variables: variables.collect() }
    }
}

/// Names only: values may be keys.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
