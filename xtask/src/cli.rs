//! The command line: what can be asked for, and the help text.
//!
//! Parsed by hand: a few words and flags are not worth an argument parser that must be compiled before
//! `cargo xtask` can say anything. Names of stages and benches are checked here, so that a mistyped one is
//! a usage error.

use std::ffi::OsString;

use crate::bench::{self, Bench, Effort, Output};
use crate::ci::{Advisories, Options as CiOptions, Stage};
use crate::fuzz::{self, Options as FuzzOptions, Way};

/// Printed by `cargo xtask help`.
pub(crate) const HELP: &str = "\
usage: cargo xtask COMMAND

  run [--debug] [ARGS…]        build nanobot, then `nanobot-cli chat ARGS…` (--home DIR, …);
                               ARGS after `--` are passed on even when they are --debug or --help
  test [-- NEXTEST_ARGS…]      all tests, documentation tests and examples;
                               with NEXTEST_ARGS only what nextest then selects
  ci [--only A,B] [--skip A,B] [--advisories]
                               the whole gate: tidy, boundaries, fmt, deny, clippy, docs, test;
                               --advisories also asks the RustSec database, which needs a network
  crash [--runs N] [--seed N] [--from N] [--sites N] [--json] [--sabotage NAME] [--trace]
                               kill the daemon at every fault point and at random moments, and look at what it
                               promised; then trace whether it waits for the disk (--trace: only that)
  escape [--as root|user] [--only CLASS] [--seed N] [--sample N] [--json]
                               try to get out of the sandbox in every way that we know: each attempt must fail
                               against the closed box and succeed without the parts that are said to stop it
  outage [--turns N] [--seed N] [--json] [--sabotage NAME]
                               50 chats while their provider fails in every way that we know: every turn is answered
                               once, in time; beside it a plain client with three retries
  outage --budget [--kills N] [--seed N] [--json] [--sabotage NAME]
                               a hard budget under a process that is killed at random moments
  tidy                         file headers, lengths, stubs, manifests, no clock or file in core
  boundaries                   which crate may depend on which
  bench NAME [--quick] [--json]
                               measure, with a baseline in the same run
  fuzz NAME [--minutes N] [--seed N] [--seeded]
                               try a fuzz target for 5 minutes: under libFuzzer where nightly Rust and cargo-fuzz are
                               there, otherwise (or with --seeded) on seeded mutations of the recorded cases
  help                         this text

`run`, `test`, `crash` and `escape` install what they miss (Debian and Ubuntu): as root straight away, with sudo after one
question on a terminal. Otherwise `run` says what is off and goes on; the others say NOT RUN and fail.
A call of apt-get is ended after 10 minutes; `run` gives up after 1 minute when no mirror answers.
`test` also installs cargo-nextest and `ci` cargo-deny into cargo's bin folder, if they are not there.

exit codes: 0 done, 1 failed, 2 usage; `run` ends with that of the chat";

/// Optimised or quick to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Release,
    Debug,
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Run { profile: Profile, chat_args: Vec<OsString> },
    Test { nextest_args: Vec<OsString> },
    Ci(CiOptions),
    Crash { campaign_args: Vec<OsString> },
    Escape { campaign_args: Vec<OsString> },
    Outage { campaign_args: Vec<OsString> },
    Tidy,
    Boundaries,
    Bench { bench: &'static Bench, effort: Effort, output: Output },
    Fuzz(FuzzOptions),
}

/// Reads the words after `cargo xtask`.
///
/// # Errors
///
/// A sentence that says which word is not understood and what would be.
pub(crate) fn parse(words: Vec<OsString>) -> Result<Command, String> {
    let (words, passed_on) = split_at_dashes(words);
    let mut words = words.into_iter();
    let Some(name) = words.next() else { return Ok(Command::Help) };
    let words: Vec<OsString> = words.collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        return Ok(Command::Help);
    }
    match name.to_string_lossy().as_ref() {
        "help" | "--help" | "-h" => Ok(Command::Help),
        "run" => Ok(run(words, passed_on)),
        "test" => none_left(&words).map(|()| Command::Test { nextest_args: passed_on }),
        "ci" => nothing_passed_on(&passed_on).and_then(|()| ci(&words)),
        "crash" => nothing_passed_on(&passed_on).and_then(|()| crash(words)),
        "escape" => nothing_passed_on(&passed_on).and_then(|()| escape(words)),
        "outage" => nothing_passed_on(&passed_on).and_then(|()| outage(words)),
        "tidy" => bare(&words, &passed_on).map(|()| Command::Tidy),
        "boundaries" => bare(&words, &passed_on).map(|()| Command::Boundaries),
        "bench" => nothing_passed_on(&passed_on).and_then(|()| bench(&words)),
        "fuzz" => nothing_passed_on(&passed_on).and_then(|()| fuzz(&words)),
        other => Err(format!("no command `{other}`")),
    }
}

fn split_at_dashes(mut words: Vec<OsString>) -> (Vec<OsString>, Vec<OsString>) {
    match words.iter().position(|word| word == "--") {
        Some(dashes) => {
            let passed_on = words.split_off(dashes);
            (words, passed_on.into_iter().skip(1).collect())
        }
        None => (words, Vec::new()),
    }
}

fn run(words: Vec<OsString>, passed_on: Vec<OsString>) -> Command {
    let profile = if words.iter().any(|word| word == "--debug") { Profile::Debug } else { Profile::Release };
    let chat_args = words.into_iter().filter(|word| word != "--debug").chain(passed_on).collect();
    Command::Run { profile, chat_args }
}

fn ci(words: &[OsString]) -> Result<Command, String> {
    let mut options = CiOptions { stages: Stage::ALL.to_vec(), advisories: Advisories::Skip };
    let mut words = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        match word.as_ref() {
            "--only" => {
                let only = stages(words.next().as_deref())?;
                options.stages.retain(|stage| only.contains(stage));
            }
            "--skip" => {
                let skip = stages(words.next().as_deref())?;
                options.stages.retain(|stage| !skip.contains(stage));
            }
            "--advisories" => options.advisories = Advisories::Check,
            other => return Err(not_understood(other)),
        }
    }
    if options.stages.is_empty() {
        return Err("no stage is left to run".to_owned());
    }
    Ok(Command::Ci(options))
}

fn stages(list: Option<&str>) -> Result<Vec<Stage>, String> {
    let known = Stage::ALL.map(Stage::name).join(", ");
    let list = list.ok_or_else(|| format!("--only and --skip want stages, separated by commas: {known}"))?;
    list.split(',')
        .map(|name| {
            Stage::ALL
                .into_iter()
                .find(|stage| stage.name() == name)
                .ok_or_else(|| format!("no stage `{name}`; known: {known}"))
        })
        .collect()
}

fn bench(words: &[OsString]) -> Result<Command, String> {
    let (mut name, mut effort, mut output) = (None, Effort::Full, Output::Table);
    for word in words.iter().map(|word| word.to_string_lossy()) {
        match word.as_ref() {
            "--quick" => effort = Effort::Quick,
            "--json" => output = Output::Json,
            flag if flag.starts_with('-') => return Err(not_understood(flag)),
            word if name.is_none() => name = Some(word.to_owned()),
            second => return Err(not_understood(second)),
        }
    }
    let bench = bench::find(name.as_deref().unwrap_or_default())?;
    Ok(Command::Bench { bench, effort, output })
}

fn fuzz(words: &[OsString]) -> Result<Command, String> {
    let (mut name, mut minutes, mut seed, mut way) = (None, fuzz::MINUTES, None, Way::Best);
    let mut words = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        match word.as_ref() {
            "--minutes" => {
                let given = words.next().and_then(|value| value.parse().ok());
                let given = given.filter(|minutes| (1..=fuzz::MAX_MINUTES).contains(minutes));
                minutes = given.ok_or_else(|| format!("--minutes wants 1 to {}", fuzz::MAX_MINUTES))?;
            }
            "--seed" => {
                let given = words.next().and_then(|value| value.parse().ok()).filter(|seed| *seed != 0);
                seed = Some(given.ok_or_else(|| format!("--seed wants a number from 1 to {}", u32::MAX))?);
            }
            "--seeded" => way = Way::Seeded,
            flag if flag.starts_with('-') => return Err(not_understood(flag)),
            word if name.is_none() => name = Some(word.to_owned()),
            second => return Err(not_understood(second)),
        }
    }
    let target = fuzz::find(name.as_deref().unwrap_or_default())?;
    Ok(Command::Fuzz(FuzzOptions { target, minutes, seed, way }))
}

/// The campaign reads its flags itself; here they are only known by name.
fn crash(words: Vec<OsString>) -> Result<Command, String> {
    let mut rest = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = rest.next() {
        match word.as_ref() {
            "--json" | "--trace" => {}
            "--sabotage" if rest.next().is_some() => {}
            "--runs" | "--seed" | "--from" | "--sites" => {
                let is_number = rest.next().is_some_and(|value| value.parse::<u64>().is_ok());
                if !is_number {
                    return Err(format!("{word} wants a number"));
                }
            }
            other => return Err(not_understood(other)),
        }
    }
    drop(rest);
    Ok(Command::Crash { campaign_args: words })
}

/// The same: which classes there are, only the campaign knows.
fn escape(words: Vec<OsString>) -> Result<Command, String> {
    let mut rest = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = rest.next() {
        match word.as_ref() {
            "--json" => {}
            "--as" => match rest.next().as_deref() {
                Some("root" | "user") => {}
                _ => return Err("--as wants root or user".to_owned()),
            },
            "--only" => {
                rest.next().ok_or("--only wants a class")?;
            }
            "--seed" | "--sample" => {
                let is_number = rest.next().is_some_and(|value| value.parse::<u64>().is_ok());
                if !is_number {
                    return Err(format!("{word} wants a number"));
                }
            }
            other => return Err(not_understood(other)),
        }
    }
    drop(rest);
    Ok(Command::Escape { campaign_args: words })
}

/// The same: which sabotages there are, only the campaign knows.
fn outage(words: Vec<OsString>) -> Result<Command, String> {
    let mut rest = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = rest.next() {
        match word.as_ref() {
            "--json" | "--budget" => {}
            "--sabotage" if rest.next().is_some() => {}
            "--turns" | "--seed" | "--kills" => {
                let is_number = rest.next().is_some_and(|value| value.parse::<u64>().is_ok());
                if !is_number {
                    return Err(format!("{word} wants a number"));
                }
            }
            other => return Err(not_understood(other)),
        }
    }
    drop(rest);
    Ok(Command::Outage { campaign_args: words })
}

fn bare(words: &[OsString], passed_on: &[OsString]) -> Result<(), String> {
    none_left(words).and_then(|()| nothing_passed_on(passed_on))
}

fn none_left(words: &[OsString]) -> Result<(), String> {
    words.first().map_or(Ok(()), |word| Err(not_understood(&word.to_string_lossy())))
}

fn nothing_passed_on(passed_on: &[OsString]) -> Result<(), String> {
    if passed_on.is_empty() { Ok(()) } else { Err("nothing may follow `--` here".to_owned()) }
}

fn not_understood(word: &str) -> String {
    format!("`{word}` is not understood here")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn nothing_and_any_help_flag_ask_for_help() {
        for line in ["", "help", "--help", "-h", "run --help", "bench -h"] {
            assert_eq!(parsed(line), Ok(Command::Help), "{line}");
        }
    }

    #[test]
    fn run_keeps_debug_and_hands_the_rest_to_the_chat() {
        let command = parsed("run --home /tmp/h --debug -- --debug --help").unwrap();
        let chat_args = ["--home", "/tmp/h", "--debug", "--help"].map(OsString::from).to_vec();
        assert_eq!(command, Command::Run { profile: Profile::Debug, chat_args });
    }

    #[test]
    fn test_hands_only_what_follows_the_dashes_to_nextest() {
        let nextest_args = vec![OsString::from("compat")];
        assert_eq!(parsed("test -- compat"), Ok(Command::Test { nextest_args }));
        assert_eq!(parsed("test compat"), Err("`compat` is not understood here".to_owned()));
    }

    #[test]
    fn ci_keeps_the_order_of_stages_whatever_the_order_asked_for() {
        let Ok(Command::Ci(options)) = parsed("ci --only clippy,tidy,test --skip test") else { panic!() };
        assert_eq!(options.stages, [Stage::Tidy, Stage::Clippy]);
        assert_eq!(options.advisories, Advisories::Skip);
    }

    #[test]
    fn crash_hands_its_flags_on_when_it_knows_them() {
        let Ok(Command::Crash { campaign_args }) = parsed("crash --runs 9 --json") else { panic!() };
        assert_eq!(campaign_args, ["--runs", "9", "--json"].map(OsString::from));
        assert_eq!(parsed("crash --runs many"), Err("--runs wants a number".to_owned()));
        assert_eq!(parsed("crash --sabotage"), Err("`--sabotage` is not understood here".to_owned()));
        assert_eq!(parsed("crash 9"), Err("`9` is not understood here".to_owned()));
    }

    #[test]
    fn escape_hands_its_flags_on_when_it_knows_them() {
        let Ok(Command::Escape { campaign_args }) = parsed("escape --as user --only tty") else { panic!() };
        assert_eq!(campaign_args, ["--as", "user", "--only", "tty"].map(OsString::from));
        assert_eq!(parsed("escape --as nobody"), Err("--as wants root or user".to_owned()));
        assert_eq!(parsed("escape --sample"), Err("--sample wants a number".to_owned()));
        assert_eq!(parsed("escape tty"), Err("`tty` is not understood here".to_owned()));
    }

    #[test]
    fn outage_hands_its_flags_on_when_it_knows_them() {
        let Ok(Command::Outage { campaign_args }) = parsed("outage --turns 300 --budget") else { panic!() };
        assert_eq!(campaign_args, ["--turns", "300", "--budget"].map(OsString::from));
        assert_eq!(parsed("outage --turns all"), Err("--turns wants a number".to_owned()));
        assert_eq!(parsed("outage 9"), Err("`9` is not understood here".to_owned()));
    }

    #[test]
    fn fuzz_takes_a_known_target_and_a_time_with_an_end() {
        let asked = |minutes, seed, way| {
            Ok(Command::Fuzz(FuzzOptions { target: "policy_document", minutes, seed, way }))
        };
        assert_eq!(parsed("fuzz policy_document"), asked(5, None, Way::Best));
        let line = "fuzz --seeded --minutes 1 policy_document --seed 7";
        assert_eq!(parsed(line), asked(1, Some(7), Way::Seeded));
        let unknown = parsed("fuzz polisy_document").unwrap_err();
        assert!(unknown.starts_with("no target `polisy_document`; known: policy_document, "), "{unknown}");
        assert_eq!(parsed("fuzz policy_document --minutes 0"), Err("--minutes wants 1 to 1440".to_owned()));
        assert!(parsed("fuzz policy_document --seed 0").is_err(), "to libFuzzer it means: any");
    }

    #[test]
    fn a_mistyped_stage_is_refused_and_the_known_ones_are_named() {
        let error = parsed("ci --only clipy").unwrap_err();
        assert_eq!(error, "no stage `clipy`; known: tidy, boundaries, fmt, deny, clippy, docs, test");
        assert_eq!(parsed("ci --only tidy --skip tidy"), Err("no stage is left to run".to_owned()));
    }

    #[test]
    fn a_mistyped_command_or_flag_is_refused() {
        assert_eq!(parsed("tset"), Err("no command `tset`".to_owned()));
        assert_eq!(parsed("tidy --fast"), Err("`--fast` is not understood here".to_owned()));
        assert_eq!(parsed("ci -- x"), Err("nothing may follow `--` here".to_owned()));
    }
}
