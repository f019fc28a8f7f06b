//! Runs the recorded cases of the configuration against this crate alone.
//!
//! The cases' code is the one of the workspace's integration tests; this file only stands in for its helper
//! module, so that the crate can be checked without the rest of the workspace.

#![expect(clippy::print_stdout, reason = "the figures are what the cases are for")]

#[path = "../../../tests/it/compat"]
mod compat {
    mod config;

    pub(crate) use super::cases;
}

mod cases {
    //! Reading cases and counting verdicts.

    use std::collections::BTreeMap;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use serde_json::Value;

    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "a test finds its cases and unpacks them"
    )]
    pub(crate) fn rows(folder: &str, file: &str) -> Vec<Value> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/compat");
        let root = std::env::var_os("NANOBOT_CASES").map_or(fixtures, Into::into);
        let plain = root.join(folder).join(file);
        let text = if plain.exists() {
            std::fs::read_to_string(&plain).expect("cases")
        } else {
            let packed = root.join(folder).join(format!("{file}.gz"));
            let output = Command::new("gzip").arg("-dc").arg(&packed).stderr(Stdio::inherit()).output();
            String::from_utf8(output.expect("gzip").stdout).expect("UTF-8")
        };
        let values = serde_json::Deserializer::from_str(&text).into_iter();
        values.collect::<Result<_, _>>().expect("JSON")
    }

    pub(crate) struct Tally {
        name: &'static str,
        agree: u32,
        rules: BTreeMap<&'static str, u32>,
        others: Vec<String>,
    }

    impl Tally {
        pub(crate) fn new(name: &'static str) -> Self {
            Self { name, agree: 0, rules: BTreeMap::new(), others: Vec::new() }
        }

        pub(crate) fn agree(&mut self) {
            self.agree += 1;
        }

        pub(crate) fn by_rule(&mut self, rule: &'static str) {
            *self.rules.entry(rule).or_default() += 1;
        }

        pub(crate) fn other(&mut self, what: String) {
            self.others.push(what);
        }

        pub(crate) fn finish(self) {
            print!("{}: {} agree", self.name, self.agree);
            for (rule, count) in &self.rules {
                print!(", {count} by rule {rule}");
            }
            println!(", {} other", self.others.len());
            assert!(self.others.is_empty(), "{}", self.others.join("\n"));
        }
    }
}
