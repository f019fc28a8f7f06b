//! A model that obeys: a phrase that it was given orders for makes it call tools, whoever said the phrase, a person or
//! the result of a tool. It answers with the last thing that it read, or with the pieces that it is told to speak in.
//!
//! It speaks as much of the provider's format as that takes, and knows nothing of security.

use std::io::{BufRead as _, BufReader, Read as _, Result, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

/// How long a request may take to come in. Generous: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(30);

/// What the model was asked.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// The last message of a person, without what nanobot adds to it.
    pub(super) text: String,
    /// What the tools answered since then, in order.
    pub(super) results: Vec<String>,
    /// Every word of the request.
    pub(super) all: String,
    /// The tools on offer, sorted.
    pub(super) tools: Vec<String>,
    /// The names of the calls that it made for this message.
    made: Vec<String>,
    /// What it has not answered yet: the results of the last round, else the message.
    news: String,
}

/// The running model. It hangs up on everybody when it is dropped.
pub(super) struct Model {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    orders: Vec<Order>,
    pieces: Option<Vec<String>>,
    is_over: bool,
}

struct Order {
    phrase: String,
    /// Names and arguments.
    calls: Vec<(String, Value)>,
}

impl Model {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = state.clone();
        let thread = std::thread::spawn(move || accept(&listener, &shared));
        Self { address, state, thread: Some(thread) }
    }

    /// What a home takes as the provider's base address.
    pub(super) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Whoever says this phrase makes it call these tools in one round, once for each message of a person.
    pub(super) fn obeys(&self, phrase: &str, calls: &[(&str, Value)]) {
        let calls = calls.iter().map(|(tool, arguments)| ((*tool).to_owned(), arguments.clone())).collect();
        self.state.lock().unwrap().orders.push(Order { phrase: phrase.to_owned(), calls });
    }

    /// From now on it answers in these pieces, one event of the stream each.
    pub(super) fn speaks(&self, pieces: &[&str]) {
        let pieces = pieces.iter().map(|piece| (*piece).to_owned()).collect();
        self.state.lock().unwrap().pieces = Some(pieces);
    }

    /// What it was asked so far, in order.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.state.lock().unwrap().calls.clone()
    }

    /// What it was asked about this message so far.
    pub(super) fn calls_about(&self, text: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.text == text).collect()
    }

    /// What the tools answered to all that it called for this message.
    #[track_caller]
    pub(super) fn results_of(&self, text: &str) -> Vec<String> {
        let calls = self.calls_about(text);
        calls.last().unwrap_or_else(|| panic!("the model is not asked about {text:?}")).results.clone()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.state.lock().unwrap().is_over = true;
        // Whoever accepts sees only now that it is over.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, state: &Arc<Mutex<State>>) {
    for stream in listener.incoming().map_while(Result::ok) {
        if state.lock().unwrap().is_over {
            return;
        }
        let state = state.clone();
        // A client that hangs up is no business of ours.
        std::thread::spawn(move || drop(serve(stream, &state)));
    }
}

/// One request, one answer, and the connection is closed.
fn serve(stream: TcpStream, state: &Mutex<State>) -> Result<()> {
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_nodelay(true)?;
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
    let events = {
        let mut state = state.lock().unwrap();
        state.calls.push(call.clone());
        answer(&call, &state)
    };
    let length: usize = events.iter().map(String::len).sum();
    let stream = stream.get_mut();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    // One by one, so that each can be seen before the next.
    events.iter().try_for_each(|event| stream.write_all(event.as_bytes()))
}

fn read(body: &Value) -> Call {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let words = |message: &Value| message["content"].as_str().unwrap_or_default().to_owned();
    let asked = messages.iter().rposition(|message| message["role"] == "user").unwrap_or_default();
    let behind = messages.get(asked + 1..).unwrap_or_default();
    let last_round = behind.iter().rposition(|message| message["role"] == "assistant");
    // Some servers want one system message, so its moment stands before the question.
    let text = messages.get(asked).map(words).unwrap_or_default();
    let text = text.rsplit_once("[/instructions]\n\n").map_or(text.as_str(), |(_, words)| words).to_owned();
    let results_in = |messages: &[Value]| -> Vec<String> {
        messages.iter().filter(|message| message["role"] == "tool").map(words).collect()
    };
    let news = match last_round {
        Some(round) => results_in(behind.get(round..).unwrap_or_default()).join("\n"),
        None => text.clone(),
    };
    let made =
        behind.iter().flat_map(|message| message["tool_calls"].as_array().cloned().unwrap_or_default());
    let made = made.filter_map(|call| call["id"].as_str().map(str::to_owned)).collect();
    let offered = body["tools"].as_array().cloned().unwrap_or_default();
    let mut tools: Vec<String> =
        offered.iter().filter_map(|tool| tool["function"]["name"].as_str().map(str::to_owned)).collect();
    tools.sort();
    Call {
        text: text.lines().next().unwrap_or_default().to_owned(),
        results: results_in(behind),
        all: messages.iter().map(words).collect::<Vec<_>>().join("\n"),
        tools,
        made,
        news,
    }
}

/// The events of the stream that answers a call.
fn answer(call: &Call, state: &State) -> Vec<String> {
    let name = |order: usize, place: usize| format!("order-{order}-{place}");
    let is_new = |order: usize| !call.made.iter().any(|made| made.starts_with(&format!("order-{order}-")));
    let due = state.orders.iter().enumerate();
    let due = due.filter(|(number, order)| call.news.contains(&order.phrase) && is_new(*number));
    let due: Vec<Value> = due
        .flat_map(|(number, order)| {
            order.calls.iter().enumerate().map(move |(place, (tool, arguments))| {
                let function = json!({"name": tool, "arguments": arguments.to_string()});
                json!({"id": name(number, place), "type": "function", "function": function})
            })
        })
        .enumerate()
        .map(|(index, mut call)| {
            call["index"] = json!(index);
            call
        })
        .collect();
    if !due.is_empty() {
        return stream(&[json!({"role": "assistant", "tool_calls": due})], "tool_calls");
    }
    let echo = format!("said: {}", call.news.lines().next_back().unwrap_or_default());
    let pieces = state.pieces.clone().unwrap_or_else(|| vec![echo]);
    let deltas: Vec<Value> =
        pieces.iter().map(|piece| json!({"role": "assistant", "content": piece})).collect();
    stream(&deltas, "stop")
}

fn stream(deltas: &[Value], finish: &str) -> Vec<String> {
    let event = |delta: &Value, finish: Option<&str>| {
        let event = json!({
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "fake-1",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        });
        format!("data: {event}\n\n")
    };
    let said = deltas.iter().map(|delta| event(delta, None));
    said.chain([event(&json!({}), Some(finish)), "data: [DONE]\n\n".to_owned()]).collect()
}
