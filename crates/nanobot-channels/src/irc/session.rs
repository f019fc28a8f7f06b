//! One connection as a state machine: lines and seconds in, what is to be done out.
//!
//! Does no I/O and reads no clock, so everything that can happen on a network is tested without one. What waits to
//! be sent is `outgoing.rs`; the socket is `link.rs`.

mod action;
mod login;
mod nick;
mod refusals;
mod rooms;

use std::sync::Arc;

use nanobot_core::event::ChatKind;
use nanobot_core::ports::SendError;

use super::names::{Rules, is_nick};
use super::settings::Plan;
use super::text::{Spoken, mentions};
use super::wire::{MAX_OUT_BYTES, Message, OutLine};
pub(super) use action::{Action, Down, Heard};
use login::Negotiation;
use nick::Nick;
use rooms::Rooms;

/// Seconds within which the server must have let us in.
const REGISTRATION_LIMIT: u32 = 30;
/// Seconds without a line after which the server is asked whether it is there.
const QUIET_LIMIT: u32 = 60;
/// Seconds without a line after which it is taken for dead.
const DEAD_LIMIT: u32 = QUIET_LIMIT + 30;

/// The most bytes of `user@host` in our own source, where the server has not told us: 10 of the user and a mark
/// before it, 63 of the host (RFC 2812).
const USUAL_USER_AND_HOST: usize = 11 + 1 + 63;

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// For so many seconds.
    Registering(u32),
    /// For so many seconds.
    Ready(u32),
}

/// One connection.
#[derive(Debug)]
pub(super) struct Session {
    plan: Arc<Plan>,
    phase: Phase,
    negotiation: Negotiation,
    rules: Rules,
    nick: Nick,
    rooms: Rooms,
    /// The longest source that the server has shown for us, in bytes.
    own_source: usize,
    quiet: u32,
}

impl Session {
    /// A connection that was just opened, and what to say first.
    pub(super) fn open(plan: Arc<Plan>) -> (Self, Vec<Action>) {
        let hello = Negotiation::hello(&plan);
        let session = Self {
            phase: Phase::Registering(0),
            negotiation: Negotiation::default(),
            rules: Rules::default(),
            nick: Nick::new(&plan.nick),
            rooms: Rooms::new(&plan.rooms),
            own_source: 0,
            quiet: 0,
            plan,
        };
        (session, hello)
    }

    /// A line came.
    pub(super) fn line(&mut self, message: &Message) -> Vec<Action> {
        self.quiet = 0;
        let is_ours = !message.nick().is_empty() && self.rules.case.same(message.nick(), self.nick.current());
        if let Some(source) = message.source.as_ref().filter(|source| is_ours && source.is_full()) {
            self.own_source = self.own_source.max(source.as_str().len());
        }
        match message.command.as_str() {
            "PING" => send(OutLine::new("PONG", &[], Some(message.last()))),
            "PONG" => vec![Action::Pong(message.last().to_owned())],
            "PRIVMSG" if !is_ours => self.heard(message).map(Action::Heard).into_iter().collect(),
            "CAP" | "AUTHENTICATE" | "902" | "903" | "904" | "905" | "906" | "907" | "908" => {
                self.negotiation.line(message, &self.plan)
            }
            "001" => {
                self.nick.is_now(message.param(0));
                Vec::new()
            }
            "005" => {
                message.params().iter().skip(1).for_each(|token| self.rules.learn(token));
                Vec::new()
            }
            // The message of the day has ended, or there is none: everything that a server says by itself is said.
            "376" | "422" => self.ready(),
            "431" | "432" | "433" | "436" | "437" if self.is_registering() => match self.nick.next() {
                Some(line) => vec![Action::Send(line)],
                None => vec![Action::Close(Down::NoNick)],
            },
            "NICK" if is_ours => {
                self.nick.is_now(message.param(0));
                Vec::new()
            }
            "NICK" | "QUIT" => send(self.nick.freed(message.nick(), self.rules.case)),
            "JOIN" if is_ours => {
                self.rooms.joined(message.param(0), self.rules.case);
                Vec::new()
            }
            "PART" if is_ours => self.left(message.param(0)),
            "KICK" if self.rules.case.same(message.param(1), self.nick.current()) => {
                self.left(message.param(0))
            }
            "ERROR" => vec![Action::Close(Down::Closed)],
            numeric => self.refusal(numeric, message.param(1)),
        }
    }

    /// A second has passed.
    pub(super) fn tick(&mut self) -> Vec<Action> {
        self.quiet = self.quiet.saturating_add(1);
        match &mut self.phase {
            Phase::Registering(seconds) => {
                *seconds += 1;
                let is_late = *seconds >= REGISTRATION_LIMIT;
                is_late.then_some(Action::Close(Down::NotRegistered)).into_iter().collect()
            }
            Phase::Ready(seconds) => {
                *seconds = seconds.saturating_add(1);
                if self.quiet >= DEAD_LIMIT {
                    return vec![Action::Close(Down::Silent)];
                }
                let asks =
                    (self.quiet == QUIET_LIMIT).then(|| OutLine::new("PING", &[], Some("quiet"))).flatten();
                self.rooms.tick();
                let lines = asks.into_iter().chain(self.nick.tick(self.rules.case)).chain(self.rooms.due());
                lines.map(Action::Send).collect()
            }
        }
    }

    /// Seconds since messages could be sent; 0 if they cannot.
    pub(super) fn served_seconds(&self) -> u32 {
        match self.phase {
            Phase::Registering(_) => 0,
            Phase::Ready(seconds) => seconds,
        }
    }

    /// Our nick, once the server has let us in.
    pub(super) fn nick(&self) -> Option<&str> {
        (!self.is_registering()).then(|| self.nick.current())
    }

    /// The channels that we are in.
    pub(super) fn channels(&self) -> Vec<String> {
        self.rooms.names()
    }

    /// Whether two names are the same here.
    pub(super) fn same(&self, a: &str, b: &str) -> bool {
        self.rules.case.same(a, b)
    }

    /// The bytes of text that fit into one line to a chat.
    ///
    /// # Errors
    /// Why nothing can be sent there, now or ever.
    pub(super) fn room_for_text(&self, chat: &str) -> Result<usize, SendError> {
        let rejected = |code: &str| Err(SendError::Rejected { code: code.to_owned() });
        if self.is_registering() {
            return Err(SendError::Unreachable { wait: None });
        }
        if self.rules.is_channel(chat) {
            if !self.rooms.is_in(chat, self.rules.case) {
                if self.rooms.is_wanted(chat, self.rules.case) {
                    return Err(SendError::Unreachable { wait: None });
                }
                return rejected("not_in_channel");
            }
        } else if !is_nick(chat) || self.same(chat, self.nick.current()) {
            return rejected("bad_target");
        }
        let source = self.own_source.max(self.nick.longest() + 1 + USUAL_USER_AND_HOST);
        Ok(MAX_OUT_BYTES.saturating_sub(":".len() + source + " PRIVMSG ".len() + chat.len() + " :".len()))
    }

    fn is_registering(&self) -> bool {
        matches!(self.phase, Phase::Registering(_))
    }

    fn ready(&mut self) -> Vec<Action> {
        if !self.is_registering() {
            return Vec::new();
        }
        self.phase = Phase::Ready(0);
        let mut actions = vec![Action::Ready];
        if let Some(mode) = self.rules.bot_mode {
            actions.extend(send(OutLine::new("MODE", &[self.nick.current(), &format!("+{mode}")], None)));
        }
        actions.extend(self.rooms.due().into_iter().map(Action::Send));
        actions
    }

    fn heard(&self, message: &Message) -> Option<Heard> {
        let agreed = self.negotiation.agreed();
        let source = message.source.as_ref().filter(|source| source.is_full())?;
        // Two assistants that answer each other would never stop.
        if agreed.tags && message.tag("bot").is_some() {
            return None;
        }
        let (case, target) = (self.rules.case, message.param(0));
        let (chat, kind) = if self.rules.is_channel(target) {
            (case.fold(target), ChatKind::Group)
        } else if case.same(target, self.nick.current()) {
            (case.fold(source.nick()), ChatKind::Direct)
        } else {
            // To the operators of a channel, or to everybody on a server: an answer would go to others.
            return None;
        };
        let spoken = Spoken::read(message.param(1))?;
        let account = message.tag("account").filter(|_| agreed.accounts);
        Some(Heard {
            chat,
            kind,
            sender: source.as_str().to_owned(),
            is_owner: self.plan.owners.iter().any(|owner| owner.is(source, account, case)),
            mentions_us: mentions(&spoken.words, self.nick.current(), case),
            text: spoken.told(source.nick()),
        })
    }

    fn left(&mut self, channel: &str) -> Vec<Action> {
        self.rooms.left(channel, self.rules.case);
        vec![Action::Left(channel.to_owned())]
    }

    fn refusal(&self, numeric: &str, target: &str) -> Vec<Action> {
        let case = self.rules.case;
        let is_outside = self.rooms.is_wanted(target, case) && !self.rooms.is_in(target, case);
        if is_outside && refusals::is_closed_door(numeric) {
            return vec![Action::NotJoined { channel: target.to_owned(), numeric: numeric.to_owned() }];
        }
        let code = refusals::code_of(numeric);
        code.map(|code| Action::Refused { target: target.to_owned(), code }).into_iter().collect()
    }
}

fn send(line: Option<OutLine>) -> Vec<Action> {
    line.map(Action::Send).into_iter().collect()
}

#[cfg(test)]
mod tests;
