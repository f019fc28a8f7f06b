//! What is asked of the server before it lets us in: capabilities (IRCv3 `CAP`) and, where there is an account,
//! a login (SASL PLAIN, RFC 4616).
//!
//! The account's password is sent inside SASL or not at all. A login that fails is told and does not keep us out:
//! a server that insists on it will say so itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Action;
use crate::irc::settings::{Login, Plan};
use crate::irc::wire::{Message, OutLine};

/// Longest piece of a SASL answer, in bytes (IRCv3 sasl-3.1).
const SASL_PIECE: usize = 400;

/// The capabilities that are of use to us, and the way of login that we know.
const KNOWN: [&str; 3] = [ACCOUNTS, TAGS, SASL];
const ACCOUNTS: &str = "account-tag";
const TAGS: &str = "message-tags";
const SASL: &str = "sasl";
const SASL_WAY: &str = "PLAIN";

/// What the server agreed to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Agreed {
    /// Messages carry the sender's account.
    pub(super) accounts: bool,
    /// Messages carry tags, among them the mark of a bot.
    pub(super) tags: bool,
}

/// The conversation about capabilities.
#[derive(Debug, Default)]
pub(super) struct Negotiation {
    agreed: Agreed,
    /// What it offers of that which we know.
    offers: Vec<&'static str>,
    is_over: bool,
}

impl Negotiation {
    /// What the server agreed to so far.
    pub(super) fn agreed(&self) -> Agreed {
        self.agreed
    }

    /// The lines that open a connection.
    pub(super) fn hello(plan: &Plan) -> Vec<Action> {
        let password = plan.password.as_ref();
        let lines = [
            password.and_then(|password| OutLine::new("PASS", &[], Some(password.expose().trim()))),
            OutLine::new("CAP", &["LS", "302"], None),
            OutLine::new("NICK", &[&plan.nick], None),
            OutLine::new("USER", &[&plan.user, "0", "*"], Some(&plan.real_name)),
        ];
        lines.into_iter().flatten().map(Action::Send).collect()
    }

    /// Takes a line about capabilities or the login.
    pub(super) fn line(&mut self, message: &Message, plan: &Plan) -> Vec<Action> {
        if self.is_over {
            return Vec::new();
        }
        match (message.command.as_str(), message.param(1)) {
            ("CAP", "LS") => {
                message.last().split_ascii_whitespace().for_each(|offer| self.offered(offer));
                // An asterisk before the list says that more of it follows.
                if message.params().len() > 3 && message.param(2) == "*" {
                    Vec::new()
                } else {
                    self.ask(plan)
                }
            }
            ("CAP", "ACK") => self.granted(message.last(), plan),
            ("AUTHENTICATE", _) if message.param(0) == "+" => match &plan.login {
                Some(login) => answer(login),
                None => self.over(),
            },
            ("CAP", "NAK") | ("903", _) => self.over(),
            ("902" | "904" | "905" | "906" | "907" | "908", _) => {
                self.without_account("the login was refused")
            }
            _ => Vec::new(),
        }
    }

    fn offered(&mut self, offer: &str) {
        let (name, value) = offer.split_once('=').unwrap_or((offer, SASL_WAY));
        let Some(known) = KNOWN.into_iter().find(|known| *known == name) else { return };
        let is_usable = known != SASL || value.split(',').any(|way| way.eq_ignore_ascii_case(SASL_WAY));
        if is_usable && !self.offers.contains(&known) {
            self.offers.push(known);
        }
    }

    fn ask(&mut self, plan: &Plan) -> Vec<Action> {
        if plan.login.is_none() {
            self.offers.retain(|offer| *offer != SASL);
        }
        let names = &self.offers;
        let wants_sasl = names.contains(&SASL);
        let mut actions = Vec::new();
        if plan.login.is_some() && !wants_sasl {
            actions.push(Action::Warn("the server offers no login that keeps the password from others"));
        }
        if names.is_empty() {
            actions.extend(self.over());
        } else {
            actions.extend(OutLine::new("CAP", &["REQ"], Some(&names.join(" "))).map(Action::Send));
        }
        actions
    }

    fn granted(&mut self, granted: &str, plan: &Plan) -> Vec<Action> {
        let has = |name: &str| granted.split_ascii_whitespace().any(|given| given == name);
        self.agreed.accounts |= has(ACCOUNTS);
        self.agreed.tags |= has(TAGS);
        if has(SASL) && plan.login.is_some() {
            return OutLine::new("AUTHENTICATE", &[SASL_WAY], None).map(Action::Send).into_iter().collect();
        }
        self.over()
    }

    fn without_account(&mut self, why: &'static str) -> Vec<Action> {
        let mut actions = vec![Action::Warn(why)];
        actions.extend(self.over());
        actions
    }

    fn over(&mut self) -> Vec<Action> {
        self.is_over = true;
        OutLine::new("CAP", &["END"], None).map(Action::Send).into_iter().collect()
    }
}

/// The account and its password, in pieces.
fn answer(login: &Login) -> Vec<Action> {
    let plain = format!("\0{}\0{}", login.account, login.password.expose());
    let mut encoded = STANDARD.encode(plain);
    // A piece of full length says that more follows; an empty one ends it.
    if encoded.len() % SASL_PIECE == 0 {
        encoded.push('+');
    }
    let mut lines = Vec::new();
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at_checked(SASL_PIECE).unwrap_or((rest, ""));
        lines.extend(OutLine::new("AUTHENTICATE", &[piece], None).map(Action::Send));
        rest = after;
    }
    lines
}
