//! Prometheus, with a folder and a port of its own, and `promtool`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::files::{scrape_config, shipped};
use super::plain_http::{get, quoted, try_get};

/// How long it may take to get ready. It takes half a second; a busy machine is no failure.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long is waited between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Ports that are tried: between choosing one and listening there somebody else may take it.
const PORTS_TRIED: usize = 5;

/// A running Prometheus. It is killed when it is dropped, and its folder goes with it.
pub(super) struct Prometheus {
    _process: Process,
    folder: TempDir,
    address: SocketAddr,
}

/// Killed when it is dropped.
struct Process(Child);

/// The labels of a series and its value now.
pub(super) type Series = (BTreeMap<String, String>, f64);

impl Prometheus {
    /// Starts one that scrapes `target` with this token, by the shipped configuration and rules.
    #[track_caller]
    pub(super) fn start(target: &str, token_file: &Path) -> Self {
        require("prometheus");
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("prometheus.yml");
        fs::write(&config, scrape_config(target, token_file)).unwrap();
        fs::copy(shipped("prometheus/alerts.yml"), folder.path().join("alerts.yml")).unwrap();
        for _ in 0..PORTS_TRIED {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = free.local_addr().unwrap();
            drop(free);
            let mut command = Command::new("prometheus");
            command.env_clear().current_dir(folder.path());
            command.arg(format!("--config.file={}", config.display()));
            command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
            command.arg("--storage.tsdb.retention.time=1h");
            command.arg(format!("--web.listen-address={address}"));
            let log = File::create(folder.path().join("log")).unwrap();
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
            let mut process = Process(command.spawn().unwrap());
            if is_ready(&mut process, address) {
                return Self { _process: process, folder, address };
            }
        }
        let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        panic!("prometheus ended {PORTS_TRIED} times: {log}");
    }

    /// Its configuration, as it reads it.
    pub(super) fn config(&self) -> String {
        self.folder.path().join("prometheus.yml").display().to_string()
    }

    /// What an expression comes to now.
    #[track_caller]
    pub(super) fn query(&self, expression: &str) -> Vec<Series> {
        let data = self.api(&format!("query?query={}", quoted(expression)), expression);
        let series = data["result"].as_array().unwrap_or_else(|| panic!("no series: {data}"));
        let read = |series: &Value| {
            let labels = series["metric"].as_object().unwrap().iter();
            let labels = labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
            (labels.collect(), series["value"][1].as_str().unwrap().parse().unwrap())
        };
        series.iter().map(read).collect()
    }

    /// The one figure that an expression comes to; 0 without a series.
    #[track_caller]
    pub(super) fn figure(&self, expression: &str) -> f64 {
        let series = self.query(expression);
        assert!(series.len() < 2, "{expression}: {series:?}");
        series.first().map_or(0.0, |(_, value)| *value)
    }

    /// Every alert rule with its expression, as it was loaded.
    pub(super) fn rules(&self) -> Vec<(String, String)> {
        let data = self.api("rules?type=alert", "the rules");
        let groups = data["groups"].as_array().unwrap();
        let rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
        let word = |rule: &Value, name: &str| rule[name].as_str().unwrap().to_owned();
        rules.map(|rule| (word(rule, "name"), word(rule, "query"))).collect()
    }

    /// What is wrong with rules that it has tried.
    pub(super) fn broken_rules(&self) -> Vec<String> {
        let data = self.api("rules?type=alert", "the rules");
        let groups = data["groups"].as_array().unwrap();
        let rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
        let broken = rules.filter(|rule| rule["health"] == "err");
        broken.map(|rule| format!("{}: {}", rule["name"], rule["lastError"])).collect()
    }

    /// The alerts whose expression is true now, those that wait a while before they are told among them.
    pub(super) fn raised(&self) -> Vec<String> {
        let data = self.api("alerts", "the alerts");
        let alerts = data["alerts"].as_array().unwrap().iter();
        let mut names: Vec<String> =
            alerts.map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Waits until it has scraped and judged so many times more.
    #[track_caller]
    pub(super) fn sees_more(&self, scrapes: u32) {
        let so_far = || self.figure("sum(count_over_time(up[1h]))");
        let wanted = so_far() + f64::from(scrapes);
        let deadline = Instant::now() + START_LIMIT;
        while so_far() < wanted {
            assert!(Instant::now() < deadline, "prometheus does not scrape");
            std::thread::sleep(LOOK_EVERY);
        }
    }

    #[track_caller]
    fn api(&self, path: &str, what: &str) -> Value {
        let answer = get(self.address, &format!("/api/v1/{path}"), &[]);
        let json: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        assert_eq!((answer.status, &json["status"]), (200, &Value::from("success")), "{what}: {answer:?}");
        json["data"].clone()
    }
}

/// Runs `promtool` with this input, for a minute at most, and answers whether it is content and all that it said.
#[track_caller]
pub(super) fn promtool(args: &[&str], input: &[u8]) -> (bool, String) {
    require("promtool");
    let mut command = Command::new("timeout");
    command.arg("60").arg("promtool").args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It reads all before it says anything.
    child.stdin.take().unwrap().write_all(input).unwrap();
    let ran = child.wait_with_output().unwrap();
    let said = [ran.stdout, ran.stderr].concat();
    (ran.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[track_caller]
fn require(program: &str) {
    let mut asked = Command::new(program);
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    let is_missing = asked.status().is_err_and(|error| error.kind() == ErrorKind::NotFound);
    assert!(
        !is_missing,
        "NOT RUN: {program} is not installed; on Debian, as root: apt-get install prometheus"
    );
}

/// Whether it is ready; not if it ended instead.
#[track_caller]
fn is_ready(process: &mut Process, address: SocketAddr) -> bool {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        let is_there = try_get(address, "/-/ready", &[]).is_ok_and(|answer| answer.status == 200);
        // Asked last: somebody else may answer there while ours finds the port taken and ends.
        if process.0.try_wait().unwrap().is_some() {
            return false;
        }
        if is_there {
            return true;
        }
        assert!(Instant::now() < deadline, "prometheus does not get ready at {address}");
        std::thread::sleep(LOOK_EVERY);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
