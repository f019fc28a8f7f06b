//! What a campaign is told.

use anyhow::{Context as _, Result, bail};

use super::catalogue;

/// How it is asked for.
pub const USAGE: &str = "usage: escape-campaign [--as root|user] [--only CLASS] [--seed N] [--sample N] [--json]; CLASS may be an attempt";

/// Who starts the boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Root of the outer box.
    Root,
    /// An ordinary user.
    User,
}

impl Who {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::User => "user",
        }
    }

    pub(super) fn from_name(name: &str) -> Result<Self> {
        match name {
            "root" => Ok(Self::Root),
            "user" => Ok(Self::User),
            _ => bail!("--as wants root or user"),
        }
    }
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// By whom; both if none is named.
    pub who: Option<Who>,
    /// Only this class, or this attempt.
    pub only: Option<String>,
    /// Words and the sample follow from it.
    pub seed: u64,
    /// So many attempts are shown to be able to succeed; all if no number is given. All are made against the closed box.
    pub sample: Option<usize>,
    /// One document instead of lines and a table.
    pub json: bool,
}

impl Options {
    /// Reads a command line, without the name of the program.
    ///
    /// # Errors
    /// Which word is not understood.
    pub fn parse(words: impl IntoIterator<Item = String>, seed: u64) -> Result<Self> {
        let mut options = Self { who: None, only: None, seed, sample: None, json: false };
        let mut words = words.into_iter();
        while let Some(flag) = words.next() {
            if flag == "--json" {
                options.json = true;
                continue;
            }
            let value = words.next().with_context(|| format!("{flag} needs a value; {USAGE}"))?;
            match flag.as_str() {
                "--as" => options.who = Some(Who::from_name(&value)?),
                "--only" => options.only = Some(known(value)?),
                "--seed" => options.seed = value.parse().context("--seed wants a number")?,
                "--sample" => options.sample = Some(value.parse().context("--sample wants a number")?),
                _ => bail!("{flag} is no flag; {USAGE}"),
            }
        }
        Ok(options)
    }

    /// The same as a command line.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = vec!["--seed".to_owned(), self.seed.to_string()];
        if let Some(only) = &self.only {
            words.extend(["--only".to_owned(), only.clone()]);
        }
        if let Some(sample) = self.sample {
            words.extend(["--sample".to_owned(), sample.to_string()]);
        }
        words
    }
}

fn known(name: String) -> Result<String> {
    let all = catalogue::all();
    if all.iter().any(|attempt| attempt.is(&name)) {
        return Ok(name);
    }
    let mut classes: Vec<&str> = all.iter().map(|attempt| attempt.class).collect();
    classes.dedup();
    bail!("no class `{name}`; known: {}", classes.join(", "))
}
