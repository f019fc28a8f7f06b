//! A model that does what a message says, tells what it was asked, and can be held up.
//!
//! A message with `use read_file` makes it call that tool once, on `note.txt`; one with `wait` is not answered before the test says
//! so. Its answer is what a policy decides about: the persona that it was given, then the tool's result or the words.
//! It speaks as much of the provider's format as that takes. It knows nothing of policies.

use std::io::{BufRead as _, BufReader, Read as _, Result, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

/// How long a call may be held, and waited for. Generous: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(30);
/// What the personas of these tests begin with; the name stands behind it.
pub(super) const PERSONA: &str = "You are called ";
/// The speaker of an answer without persona.
pub(super) const NOBODY: &str = "nobody";

/// What the model was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) at: SystemTime,
    /// The name in the persona.
    pub(super) persona: String,
    /// The last message of a person, without what nanobot adds to it.
    pub(super) text: String,
    /// The tools on offer, sorted.
    pub(super) tools: Vec<String>,
    /// The result of the tool that it called for this message.
    pub(super) result: Option<String>,
}

/// The running model. It hangs up on everybody when it is dropped.
pub(super) struct Model {
    address: SocketAddr,
    shared: Arc<(Mutex<State>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    /// Messages with `wait` are answered.
    is_open: bool,
    is_over: bool,
}

impl Model {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared: Arc<(Mutex<State>, Condvar)> = Arc::default();
        let seen = shared.clone();
        let thread = std::thread::spawn(move || accept(&listener, &seen));
        Self { address, shared, thread: Some(thread) }
    }

    /// What a home takes as the provider's base address.
    pub(super) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Answers what waits, and what comes from now on.
    pub(super) fn let_go(&self) {
        self.shared.0.lock().unwrap().is_open = true;
        self.shared.1.notify_all();
    }

    /// What it was asked so far, in order.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.shared.0.lock().unwrap().calls.clone()
    }

    /// What it was asked about this message so far.
    pub(super) fn calls_about(&self, text: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.text == text).collect()
    }

    /// Waits until it is asked about this message, and answers that call.
    #[track_caller]
    pub(super) fn asked(&self, text: &str) -> Call {
        let (lock, grown) = &*self.shared;
        let find = |state: &State| state.calls.iter().find(|call| call.text == text).cloned();
        let state = lock.lock().unwrap();
        let (state, _) = grown.wait_timeout_while(state, LIMIT, |state| find(state).is_none()).unwrap();
        find(&state).unwrap_or_else(|| panic!("the model is not asked about {text:?}: {:?}", state.calls))
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.shared.0.lock().unwrap().is_over = true;
        self.shared.1.notify_all();
        // Whoever accepts sees only now that it is over.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<(Mutex<State>, Condvar)>) {
    for stream in listener.incoming().map_while(Result::ok) {
        if shared.0.lock().unwrap().is_over {
            return;
        }
        let shared = shared.clone();
        // A client that hangs up is no business of ours.
        std::thread::spawn(move || drop(serve(stream, &shared)));
    }
}

/// One request, one answer, and the connection is closed.
fn serve(stream: TcpStream, shared: &(Mutex<State>, Condvar)) -> Result<()> {
    stream.set_read_timeout(Some(LIMIT))?;
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().unwrap_or_default();
            }
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let call = read(&serde_json::from_slice(&body)?);
    let (lock, changed) = shared;
    let mut state = lock.lock().unwrap();
    state.calls.push(call.clone());
    changed.notify_all();
    if call.text.contains("wait") {
        let is_held = |state: &mut State| !state.is_open && !state.is_over;
        drop(changed.wait_timeout_while(state, LIMIT, is_held).unwrap());
    } else {
        drop(state);
    }
    let events = answer(&call);
    let length = events.len();
    write!(
        stream.get_mut(),
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{events}"
    )
}

fn read(body: &Value) -> Call {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let words = |message: &Value| message["content"].as_str().unwrap_or_default().to_owned();
    let of = |role: &str| messages.iter().rposition(|message| message["role"] == role);
    let system = messages.iter().filter(|message| message["role"] == "system").map(words);
    let named = system.flat_map(|text| {
        let names: Vec<String> =
            text.lines().filter_map(|line| line.strip_prefix(PERSONA).map(str::to_owned)).collect();
        names
    });
    let asked = of("user").unwrap_or_default();
    // Some servers want one system message, so its moment stands before the question.
    let text = messages.get(asked).map(words).unwrap_or_default();
    let text = text.rsplit_once("[/instructions]\n\n").map_or(text.as_str(), |(_, words)| words);
    let result = of("tool").filter(|&at| at > asked).and_then(|at| messages.get(at)).map(words);
    let offered = body["tools"].as_array().cloned().unwrap_or_default();
    let mut tools: Vec<String> =
        offered.iter().filter_map(|tool| tool["function"]["name"].as_str().map(str::to_owned)).collect();
    tools.sort();
    Call {
        at: SystemTime::now(),
        persona: named.last().unwrap_or_else(|| NOBODY.to_owned()),
        text: text.lines().next().unwrap_or_default().to_owned(),
        tools,
        result,
    }
}

/// The stream of events that answers a call.
fn answer(call: &Call) -> String {
    let tool = call.text.split_once("use ").and_then(|(_, rest)| rest.split_whitespace().next());
    let (delta, finish) = match (tool, &call.result) {
        (Some(tool), None) => {
            let arguments = json!({"path": "note.txt"}).to_string();
            let function = json!({"name": tool, "arguments": arguments});
            let call = json!({"index": 0, "id": "call_1", "type": "function", "function": function});
            (json!({"role": "assistant", "tool_calls": [call]}), "tool_calls")
        }
        (_, result) => {
            let words = result.as_deref().unwrap_or(&call.text).lines().next().unwrap_or_default();
            let text = format!("{}: {words}", call.persona);
            (json!({"role": "assistant", "content": text}), "stop")
        }
    };
    let event = |delta: Value, finish: Option<&str>| {
        json!({
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "fake-1",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        })
    };
    format!("data: {}\n\ndata: {}\n\ndata: [DONE]\n\n", event(delta, None), event(json!({}), Some(finish)))
}
