//! Runs the recorded sessions against this crate alone, without the rest of the workspace.

#[cfg(test)]
#[path = "../../../tests/it/compat/sessions.rs"]
mod sessions;

/// Where the cases are, and how they are counted.
#[cfg(test)]
mod cases {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    pub(crate) fn folder(kind: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/compat").join(kind)
    }

    pub(crate) struct Tally {
        name: &'static str,
        agree: usize,
        rules: BTreeMap<&'static str, usize>,
        other: Vec<String>,
    }

    impl Tally {
        pub(crate) fn new(name: &'static str) -> Self {
            Self { name, agree: 0, rules: BTreeMap::new(), other: Vec::new() }
        }

        pub(crate) fn agree(&mut self) {
            self.agree += 1;
        }

        pub(crate) fn by_rule(&mut self, rule: &'static str) {
            *self.rules.entry(rule).or_default() += 1;
        }

        pub(crate) fn other(&mut self, what: String) {
            self.other.push(what);
        }

        pub(crate) fn finish(self) {
            println!(
                "{}: {} agree, {:?} by rule, {} other",
                self.name,
                self.agree,
                self.rules,
                self.other.len()
            );
            assert!(self.other.is_empty(), "{}", self.other.join("\n"));
        }
    }
}
