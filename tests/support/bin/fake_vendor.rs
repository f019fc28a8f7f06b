//! `fake-vendor`: the fake vendor as a program. Prints its base address and the one for the ledger and the mood, and
//! ends when stdin closes.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nanobot_tests::fake_vendor::{FakeOptions, FakeVendor, Rule, TokenPrices};

const USAGE: &str = "usage: fake-vendor [--port N] [--print-base] [--name NAME] [--credential KEY]… \
                     [--price MODEL=INPUT,OUTPUT]… [--pieces N] [--think-ms N] [--pause-ms N] [--seed N] \
                     [--mood JSON]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without anybody who reads it there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "fake-vendor: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<()> {
    let mut options = FakeOptions::default();
    let (mut base_only, mut rules) = (false, Vec::new());
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        match flag.as_str() {
            "--print-base" => {
                base_only = true;
                continue;
            }
            "-h" | "--help" => {
                writeln!(std::io::stdout(), "{USAGE}")?;
                return Ok(());
            }
            _ => {}
        }
        let value = args.next().with_context(|| format!("{flag} needs a value; {USAGE}"))?;
        let told = || format!("{flag} {value}");
        let milliseconds = || value.parse().map(Duration::from_millis).with_context(told);
        match flag.as_str() {
            "--port" => options.port = value.parse().with_context(told)?,
            "--name" => options.name = value,
            "--credential" => options.credentials.push(value),
            "--price" => {
                let (model, prices) = price(&value).with_context(told)?;
                options.prices.insert(model, prices);
            }
            "--pieces" => options.pieces = value.parse().with_context(told)?,
            "--think-ms" => options.think = milliseconds()?,
            "--pause-ms" => options.pause = milliseconds()?,
            "--seed" => options.seed = value.parse().with_context(told)?,
            "--mood" => rules = Rule::read_all(&serde_json::from_str(&value).with_context(told)?)?,
            _ => bail!("{flag} is no flag; {USAGE}"),
        }
    }
    let vendor = FakeVendor::start(options).context("the port cannot be had")?;
    vendor.set_rules(rules);
    let mut out = std::io::stdout();
    writeln!(out, "{}", vendor.base())?;
    if !base_only {
        writeln!(out, "{}", vendor.admin_base())?;
    }
    out.flush()?;
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

/// `MODEL=INPUT,OUTPUT`, in billionths of a dollar for each token.
fn price(text: &str) -> Result<(String, TokenPrices)> {
    let (model, prices) = text.rsplit_once('=').context("no =")?;
    let (input, output) = prices.split_once(',').context("no comma")?;
    Ok((model.to_owned(), TokenPrices { input: input.parse()?, output: output.parse()? }))
}
