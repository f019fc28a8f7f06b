//! `fake-provider`: the fake provider as a program. Prints its base address, and ends when stdin closes.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nanobot_tests::{FakeProvider, Script};

const USAGE: &str = "usage: fake-provider [--port N] [--script NAME] [--delay-ms N]";

fn main() -> Result<()> {
    let (mut port, mut script, mut delay) = (0, Script::Answer, Duration::ZERO);
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let value = args.next().with_context(|| format!("{flag} needs a value; {USAGE}"))?;
        match flag.as_str() {
            "--port" => port = value.parse().with_context(|| format!("--port {value}"))?,
            "--script" => script = value.parse()?,
            "--delay-ms" => {
                delay = Duration::from_millis(value.parse().with_context(|| format!("--delay-ms {value}"))?);
            }
            _ => bail!("{flag} is no flag; {USAGE}"),
        }
    }
    let provider = FakeProvider::start_on(port, script).context("the port cannot be had")?;
    provider.wait(delay);
    let mut out = std::io::stdout();
    writeln!(out, "{}", provider.base_url())?;
    out.flush()?;
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}
