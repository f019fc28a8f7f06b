//! Runs a conversation through a wired nanobot, gathers everything that can be seen of it, and searches that
//! for words in the wrong place.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use nanobot_config::Home;
use nanobot_core::model::{ChatMessage, ModelCall, ModelErrorKind, ModelReply, ModelRequest};
use nanobot_core::pipeline::Route;
use nanobot_core::ports::{Delivery, ModelClient};
use nanobot_core::testing::models::{call, call_reply, text_reply};
use nanobot_core::testing::{RecordingSender, ScriptedModel};
use nanobot_journal::{DeliveryState, JournalReader};
use nanobotd::{Adapters, App, Drained};
use serde_json::{Value, json};

use super::chats::{Mood, Talk};
use crate::support::{Log, PATIENCE, TestHome, Watcher, Yielding, hold, network};

/// Where words are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seen {
    /// In what the model reads.
    Prompt,
    /// In what goes out to a network, or waits to.
    Delivery,
    /// In what a terminal sees.
    Live,
    /// In a file below the home.
    File,
    /// In what the journal keeps of a turn. Its file holds the words of all chats, each with their turn.
    Journal,
    /// In a log line or a span.
    Log,
    /// In the operator's status.
    Status,
}

/// Words in the wrong place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leak {
    pub(super) place: Seen,
    /// Whose words.
    of: usize,
    /// In whose text; none for a text that belongs to no chat.
    within: Option<usize>,
    text: String,
}

/// A text that was seen, and whose it is.
struct Piece {
    place: Seen,
    owner: Option<usize>,
    text: String,
}

/// Everything that a conversation left behind.
pub(super) struct Evidence {
    talk: Talk,
    pieces: Vec<Piece>,
}

impl Evidence {
    /// Runs the conversation with the adapters of the composition root, as `spoil` leaves them.
    pub(super) fn of(talk: &Talk, spoil: impl FnOnce(Adapters) -> Adapters) -> Self {
        let home = TestHome::new("");
        let log = Log::default();
        let mut pieces = log.run(converse(talk, &home, spoil));
        pieces.extend(Log::default().run(kept(home.root())));
        let journal = Home::at(home.root(), None).journal();
        let journal = journal.file_name().and_then(OsStr::to_str).unwrap();
        for (path, text) in home.files() {
            let place = Seen::File;
            if path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(journal)) {
                continue;
            }
            pieces.push(Piece { place, owner: None, text: path.display().to_string() });
            pieces.push(Piece { place, owner: owner_of_file(&text), text });
        }
        for line in log.text().lines() {
            pieces.push(Piece { place: Seen::Log, owner: None, text: line.to_owned() });
        }
        Self { talk: talk.clone(), pieces }
    }

    /// Every word in a wrong place.
    pub(super) fn leaks(&self) -> Vec<Leak> {
        let mut leaks = Vec::new();
        for piece in &self.pieces {
            for of in 0..Talk::rooms() {
                if piece.owner != Some(of) && self.holds_words_of(piece, of) {
                    let Piece { place, owner: within, ref text } = *piece;
                    leaks.push(Leak { place, of, within, text: text.clone() });
                }
            }
        }
        leaks
    }

    /// How many answers went out to each chat.
    pub(super) fn answers_per_room(&self) -> Vec<usize> {
        let answered = |room: usize| {
            let is_answer = |piece: &&Piece| piece.place == Seen::Delivery && piece.owner == Some(room);
            self.pieces.iter().filter(is_answer).count()
        };
        (0..Talk::rooms()).map(answered).collect()
    }

    /// Chats whose words reached no prompt and no journal, or, though they were answered, no file: then the check
    /// would have looked at nothing.
    pub(super) fn silent_rooms(&self) -> Vec<usize> {
        let seen = |place: Seen, room: usize| {
            self.pieces
                .iter()
                .any(|p| p.place == place && p.owner == Some(room) && p.text.contains(&self.talk.word(room)))
        };
        let answers = self.talk.answers_per_room();
        let silent = |room: &usize| {
            let spoke = self.talk.said.iter().any(|said| said.room == *room);
            spoke && !(seen(Seen::Prompt, *room) && seen(Seen::Journal, *room))
                || answers[*room] > 0 && !seen(Seen::File, *room)
        };
        (0..Talk::rooms()).filter(silent).collect()
    }

    /// Names are ids, and log lines may carry ids.
    fn holds_words_of(&self, piece: &Piece, room: usize) -> bool {
        piece.text.contains(&self.talk.word(room))
            || (piece.place != Seen::Log && piece.text.contains(&self.talk.name(room)))
    }
}

async fn converse(talk: &Talk, home: &TestHome, spoil: impl FnOnce(Adapters) -> Adapters) -> Vec<Piece> {
    let boot = home.boot();
    let model = Arc::new(Yielding(ScriptedModel::answering(answer)));
    let senders: Vec<Arc<RecordingSender>> =
        Talk::networks().into_iter().map(|name| Arc::new(RecordingSender::new(name))).collect();
    let mut adapters = spoil(home.adapters(&boot, model.clone()).await);
    // What the spoilt model was asked is what counts; it asks ours.
    adapters.networks = senders.iter().map(|sender| network(sender.clone())).collect();
    let asked: Arc<Mutex<Vec<ModelRequest>>> = Arc::default();
    adapters.model = Arc::new(Asked { inner: adapters.model, asked: asked.clone() });

    let mut app = App::start_with(boot, adapters).await.unwrap();
    let mut watchers = Vec::new();
    for (room, chat) in Talk::local_chats() {
        watchers.push((room, Watcher::attach(&mut app, chat).await));
    }
    let control = app.control();
    say_all(talk, &app).await;
    let status = format!("{:?}", control.status().await);
    assert_eq!(app.drain(PATIENCE).await, Drained::Whole, "every turn comes to its end");

    let mut pieces = vec![Piece { place: Seen::Status, owner: None, text: status }];
    pieces.extend(hold(&asked).iter().map(prompt));
    pieces.extend(senders.iter().flat_map(|sender| sender.sent()).map(|sent| outgoing(&sent)));
    for (room, watcher) in watchers {
        for event in watcher.finish().await {
            let is_delivery = matches!(
                event,
                nanobot_channels::local::ClientEvent::Message { .. }
                    | nanobot_channels::local::ClientEvent::Reaction { .. }
            );
            let place = if is_delivery { Seen::Delivery } else { Seen::Live };
            pieces.push(Piece { place, owner: Some(room), text: format!("{event:?}") });
        }
    }
    pieces
}

/// All chats at the same time, each in its order.
async fn say_all(talk: &Talk, app: &App) {
    let mut speakers = tokio::task::JoinSet::new();
    let mut events = talk.events();
    for room in 0..Talk::rooms() {
        let ingest = app.ingest();
        let own: Vec<_> =
            events.extract_if(.., |(owner, _)| *owner == room).map(|(_, event)| event).collect();
        speakers.spawn(async move {
            for event in own {
                ingest.receive(event).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    speakers.join_all().await;
}

/// Keeps what a model is asked.
struct Asked {
    inner: Arc<dyn ModelClient>,
    asked: Arc<Mutex<Vec<ModelRequest>>>,
}

#[async_trait::async_trait]
impl ModelClient for Asked {
    fn info(&self) -> nanobot_core::ports::ModelInfo {
        self.inner.info()
    }

    async fn complete(
        &self,
        call: &ModelCall<'_>,
        deltas: &mut dyn nanobot_core::ports::DeltaSink,
    ) -> Result<ModelReply, nanobot_core::model::ModelError> {
        let request = call.request;
        hold(&self.asked).push(request.clone());
        self.inner.complete(call, deltas).await
    }
}

/// The model's part: it does what the question asks for and says back everything that stands in it.
fn answer(request: &ModelRequest) -> Result<ModelReply, ModelErrorKind> {
    let question = request.messages.iter().rev().find_map(|message| match message {
        ChatMessage::User { text, .. } => Some(text.as_str()),
        ChatMessage::System(_) | ChatMessage::Assistant { .. } | ChatMessage::ToolResult { .. } => None,
    });
    let question = question.expect("a prompt ends with a question");
    // What is quoted or was said lately asks for nothing.
    let own = question.split("\n\n[Re").next().unwrap();
    let mood = Mood::ALL.into_iter().find(|mood| own.contains(mood.word())).expect("a message has a mood");
    let word = own.split_whitespace().find(|word| word.starts_with("word")).unwrap();
    let used_tools = matches!(request.messages.last(), Some(ChatMessage::ToolResult { .. }));
    match mood {
        Mood::React => Ok(text_reply(&format!("::reaction:: 👍{word}"))),
        Mood::ReadFile if !used_tools => {
            Ok(call_reply(vec![call("c1", "read_file", json!({"path": format!("{word}.txt")}))]))
        }
        Mood::UnknownTool if !used_tools => {
            Ok(call_reply(vec![call("c1", &format!("tool_{word}"), json!({ "what": word }))]))
        }
        Mood::Fail => Err(ModelErrorKind::Overloaded),
        // As `panic!`, without the hook that prints it.
        Mood::Break => std::panic::resume_unwind(Box::new(format!("cannot cut the text {own:?} here"))),
        Mood::Echo | Mood::ReadFile | Mood::UnknownTool => Ok(text_reply(&format!("you said: {question}"))),
    }
}

/// A prompt belongs to the chat that it names.
fn prompt(request: &ModelRequest) -> Piece {
    let text = format!("{request:?}");
    let Some(ChatMessage::System(first)) = request.messages.first() else {
        panic!("a prompt begins with instructions")
    };
    let field = |name: &str| first.lines().rev().find_map(|line| line.strip_prefix(name)).unwrap();
    Piece { place: Seen::Prompt, owner: Talk::room_at(field("Channel: "), field("Chat ID: ")), text }
}

fn outgoing(delivery: &Delivery) -> Piece {
    let (channel, chat) = delivery.outgoing.target();
    let owner = Talk::room_at(channel.as_str(), chat.as_str());
    Piece { place: Seen::Delivery, owner, text: format!("{:?}", delivery.outgoing) }
}

/// Everything that the journal has of each turn, and what of it still waits to go out.
async fn kept(home: &Path) -> Vec<Piece> {
    let journal = JournalReader::open(Home::at(home, None).journal()).await.unwrap();
    let mut pieces = Vec::new();
    for summary in journal.turns(None, None, usize::MAX).await.unwrap() {
        let turn = journal.turn(&summary.turn).await.unwrap().expect("it was listed");
        assert_eq!(turn.altered, [""; 0], "nobody has touched the journal");
        let fate = journal.fate(&summary.turn).await.unwrap().expect("it was listed");
        let waits = |delivery: &&Delivery| {
            let is_queued = |state| matches!(state, DeliveryState::Waiting | DeliveryState::Parked);
            fate.deliveries.iter().any(|known| known.key == delivery.key && is_queued(known.state))
        };
        let closing = turn.closing.as_ref().expect("every turn came to its end");
        pieces.extend(closing.deliveries.iter().filter(waits).map(outgoing));
        let route = Route::of(turn.event.as_ref().expect("nothing was forgotten yet"));
        let owner = Talk::room_at(route.channel.as_str(), route.chat.as_str());
        pieces.push(Piece { place: Seen::Journal, owner, text: format!("{turn:?}") });
    }
    journal.close().await;
    pieces
}

/// A session file belongs to the chat that its first line names; other files belong to none.
fn owner_of_file(text: &str) -> Option<usize> {
    let first: Value = serde_json::from_str(text.lines().next()?).ok()?;
    let (channel, chat) = first["metadata"]["nanobot_key"].as_str()?.split_once(':')?;
    Talk::room_at(channel, chat)
}
