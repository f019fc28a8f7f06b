//! The real model server (`tests/fixtures/llm/README.md`).

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use super::daemon::Daemon;

/// A running `llama-server` with one of the tiny models.
pub(crate) struct LlamaServer {
    process: Daemon,
    port: u16,
}

impl LlamaServer {
    /// Starts it on a free port.
    ///
    /// # Panics
    /// Where there is no server.
    #[track_caller]
    pub(crate) fn start(model: &str) -> Self {
        Self::start_on(0, model)
    }

    #[track_caller]
    pub(crate) fn start_on(port: u16, model: &str) -> Self {
        Self::launch(port, model, &[])
    }

    /// Starts it on a free port, with further arguments.
    #[track_caller]
    pub(crate) fn start_with(model: &str, arguments: &[&str]) -> Self {
        Self::launch(0, model, arguments)
    }

    #[track_caller]
    fn launch(port: u16, model: &str, arguments: &[&str]) -> Self {
        let server = std::env::var_os("NANOBOT_LLAMA_SERVER").unwrap_or_else(|| {
            panic!("NOT RUN: NANOBOT_LLAMA_SERVER does not name a llama-server; run cargo xtask test")
        });
        let weights =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/llm").join(format!("{model}.gguf"));
        let mut command = Command::new(server);
        // Before it aborts it would look for a debugger.
        command.env_clear().env("GGML_NO_BACKTRACE", "1");
        command.arg("--model").arg(weights).args(["--alias", model, "--host", "127.0.0.1"]);
        command.args([
            "--port",
            &port.to_string(),
            "--ctx-size",
            "16384",
            "--parallel",
            "1",
            "--threads",
            "1",
        ]);
        command.args(["--jinja", "--no-warmup", "--offline", "--no-ui", "--cache-ram", "0"]);
        command.args(arguments);
        let process = Daemon::spawn(&mut command);
        let line = process.wait_for("listening on http://127.0.0.1:");
        let port = line.rsplit(':').next().unwrap();
        let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
        Self { process, port: digits.parse().unwrap() }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Kills it.
    pub(crate) fn kill(self) {
        drop(self.process);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits for its end, and answers the exit code; 128 and the signal when one ended it.
    #[track_caller]
    pub(crate) fn ended(self) -> i32 {
        self.process.wait()
    }
}
