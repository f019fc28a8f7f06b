//! Whole conversations with a server that is played from here, line by line and second by second.

use nanobot_core::Secret;
use proptest::prelude::*;

use super::*;
use crate::irc::settings::{IrcRoom, IrcSettings};

const NANOBOT: &str = "nanobot!nanobot@host.example";

fn settings() -> IrcSettings {
    let room = |name: &str| IrcRoom { name: name.to_owned(), key: None };
    IrcSettings {
        channels: vec![room("#garden"), room("#vault")],
        owners: vec!["dimi!*@*.example.org".to_owned(), "account:Dimi".to_owned()],
        ..IrcSettings::default()
    }
}

fn with_account() -> IrcSettings {
    let account_password = Secret::new("hunter2".to_owned());
    IrcSettings { account: "bot".to_owned(), account_password, ..settings() }
}

struct Talk(Session);

impl Talk {
    fn open(settings: IrcSettings) -> (Self, Vec<String>) {
        let (session, hello) = Session::open(Arc::new(Plan::of(settings).unwrap()));
        (Self(session), lines(&hello))
    }

    /// Past the message of the day, and in both channels.
    fn ready(settings: IrcSettings) -> Self {
        let (mut talk, _) = Self::open(settings);
        talk.hears(":s CAP * LS :multi-prefix");
        talk.welcome("nanobot");
        talk.hears(&format!(":{NANOBOT} JOIN :#garden"));
        talk.hears(&format!(":{NANOBOT} JOIN #vault"));
        talk
    }

    fn welcome(&mut self, nick: &str) -> Vec<Action> {
        self.hears(&format!(":s 001 {nick} :Welcome"));
        self.hears(&format!(":s 005 {nick} CASEMAPPING=ascii CHANTYPES=#& BOT=B :are supported"));
        self.hears(&format!(":s 422 {nick} :No message of the day"))
    }

    fn hears(&mut self, line: &str) -> Vec<Action> {
        self.0.line(&Message::parse(line).unwrap())
    }

    fn heard(&mut self, line: &str) -> Option<Heard> {
        self.hears(line).into_iter().find_map(|action| match action {
            Action::Heard(heard) => Some(heard),
            _ => None,
        })
    }

    fn seconds(&mut self, seconds: u32) -> Vec<Action> {
        (0..seconds).flat_map(|_| self.0.tick()).collect()
    }

    fn goes_to(&self, chat: &str) -> String {
        match self.0.room_for_text(chat) {
            Ok(_) => "sent".to_owned(),
            Err(SendError::Rejected { code }) => code,
            Err(SendError::Unreachable { .. }) => "unreachable".to_owned(),
            Err(SendError::NobodyThere) => "nobody there".to_owned(),
        }
    }
}

fn lines(actions: &[Action]) -> Vec<String> {
    let line = |action: &Action| match action {
        Action::Send(line) => Some(line.as_str().to_owned()),
        _ => None,
    };
    actions.iter().filter_map(line).collect()
}

#[test]
fn a_connection_opens_with_a_password_only_if_there_is_one() {
    let (_, hello) = Talk::open(settings());
    assert_eq!(hello, ["CAP LS 302", "NICK nanobot", "USER nanobot 0 * :nanobot"]);
    let (_, hello) = Talk::open(IrcSettings { password: Secret::new("pass word".to_owned()), ..settings() });
    assert_eq!(hello[0], "PASS :pass word");
}

#[test]
fn what_is_offered_and_known_is_asked_for() {
    let (mut talk, _) = Talk::open(settings());
    assert_eq!(lines(&talk.hears(":s CAP * LS * :sasl=PLAIN message-tags")), [""; 0]);
    assert_eq!(
        lines(&talk.hears(":s CAP * LS :account-tag server-time")),
        ["CAP REQ :message-tags account-tag"]
    );
    assert_eq!(lines(&talk.hears(":s CAP * ACK :message-tags account-tag")), ["CAP END"]);

    let (mut talk, _) = Talk::open(settings());
    assert_eq!(lines(&talk.hears(":s CAP * LS :multi-prefix")), ["CAP END"]);
    let (mut talk, _) = Talk::open(settings());
    talk.hears(":s CAP * LS :account-tag");
    assert_eq!(lines(&talk.hears(":s CAP * NAK :account-tag")), ["CAP END"]);
}

#[test]
fn an_account_logs_in_by_sasl() {
    let (mut talk, _) = Talk::open(with_account());
    assert_eq!(lines(&talk.hears(":s CAP * LS :sasl=EXTERNAL,PLAIN")), ["CAP REQ :sasl"]);
    assert_eq!(lines(&talk.hears(":s CAP * ACK :sasl")), ["AUTHENTICATE PLAIN"]);
    assert_eq!(lines(&talk.hears("AUTHENTICATE +")), ["AUTHENTICATE AGJvdABodW50ZXIy"]);
    assert_eq!(lines(&talk.hears(":s 900 nanobot x bot :You are now logged in")), [""; 0]);
    assert_eq!(lines(&talk.hears(":s 903 nanobot :SASL authentication successful")), ["CAP END"]);
}

#[test]
fn a_long_password_is_sent_in_pieces() {
    for (length, pieces) in [(100, vec![140]), (200, vec![276])] {
        let password = Secret::new("x".repeat(length));
        let (mut talk, _) = Talk::open(IrcSettings { account_password: password, ..with_account() });
        talk.hears(":s CAP * LS :sasl");
        talk.hears(":s CAP * ACK :sasl");
        let sent = lines(&talk.hears("AUTHENTICATE +"));
        let lengths: Vec<usize> = sent.iter().map(|line| line.len() - "AUTHENTICATE ".len()).collect();
        assert_eq!(lengths, pieces);
    }
    // The longest account and password together are 402 bytes, 536 in base64; 300 bytes fill one piece.
    for (length, pieces) in [(200, [400, 136]), (98, [400, 1])] {
        let (account, password) = ("a".repeat(length), Secret::new("x".repeat(200)));
        let (mut talk, _) = Talk::open(IrcSettings { account, account_password: password, ..with_account() });
        talk.hears(":s CAP * LS :sasl");
        talk.hears(":s CAP * ACK :sasl");
        let lengths: Vec<usize> = lines(&talk.hears("AUTHENTICATE +"))
            .iter()
            .map(|line| line.len() - "AUTHENTICATE ".len())
            .collect();
        assert_eq!(lengths, pieces);
    }
}

#[test]
fn without_sasl_the_password_of_the_account_is_not_sent() {
    let (mut talk, hello) = Talk::open(with_account());
    let mut said = hello;
    for line in [":s CAP * LS :sasl=EXTERNAL", ":s 001 nanobot :hi", ":s 422 nanobot :no", "AUTHENTICATE +"] {
        let actions = talk.hears(line);
        let warns = actions.iter().any(|action| matches!(action, Action::Warn(_)));
        assert_eq!(warns, line.contains("LS"), "{line}");
        said.extend(lines(&actions));
    }
    assert!(
        !said.iter().any(|line| line.contains("hunter2") || line.starts_with("AUTHENTICATE")),
        "{said:?}"
    );
}

#[test]
fn a_login_that_fails_is_told_and_keeps_nobody_out() {
    let (mut talk, _) = Talk::open(with_account());
    talk.hears(":s CAP * LS :sasl");
    talk.hears(":s CAP * ACK :sasl");
    talk.hears("AUTHENTICATE +");
    let actions = talk.hears(":s 904 nanobot :SASL authentication failed");
    assert!(matches!(actions[..], [Action::Warn(_), Action::Send(_)]), "{actions:?}");
    assert_eq!(talk.hears(":s 904 nanobot :again"), []);
    assert!(talk.welcome("nanobot").contains(&Action::Ready));
}

#[test]
fn channels_are_joined_after_the_greeting_a_few_at_a_time() {
    let rooms =
        (0..5).map(|n| IrcRoom { name: format!("#{n}"), key: (n == 0).then(|| Secret::new("k".to_owned())) });
    let (mut talk, _) = Talk::open(IrcSettings { channels: rooms.collect(), ..settings() });
    assert_eq!(talk.goes_to("#0"), "unreachable");
    let actions = talk.welcome("nanobot");
    assert_eq!(actions[0], Action::Ready);
    assert_eq!(lines(&actions), ["MODE nanobot +B", "JOIN #0 k", "JOIN #1", "JOIN #2"]);
    assert_eq!(lines(&talk.seconds(1)), ["JOIN #3", "JOIN #4"]);
    assert_eq!(talk.goes_to("#0"), "unreachable", "the server has not let us in yet");
    talk.hears(&format!(":{NANOBOT} JOIN #0"));
    assert_eq!(talk.goes_to("#0"), "sent");
}

#[test]
fn a_server_that_does_not_let_us_in_is_left() {
    let (mut talk, _) = Talk::open(settings());
    assert_eq!(talk.seconds(29), []);
    assert_eq!(talk.seconds(1), [Action::Close(Down::NotRegistered)]);
}

#[test]
fn a_silent_server_is_asked_and_then_left() {
    let mut talk = Talk::ready(settings());
    assert_eq!(talk.seconds(59), []);
    assert_eq!(lines(&talk.seconds(1)), ["PING :quiet"]);
    assert_eq!(talk.seconds(29), []);
    assert_eq!(talk.seconds(1), [Action::Close(Down::Silent)]);

    let mut talk = Talk::ready(settings());
    talk.seconds(89);
    talk.hears(":s PONG s :quiet");
    assert_eq!(talk.seconds(59), []);
}

#[test]
fn a_ping_is_answered_with_its_own_words() {
    let mut talk = Talk::ready(settings());
    assert_eq!(lines(&talk.hears("PING :a b")), ["PONG :a b"]);
    assert_eq!(talk.hears(":s PONG s :t1"), [Action::Pong("t1".to_owned())]);
    assert_eq!(talk.hears("ERROR :Closing link"), [Action::Close(Down::Closed)]);
}

#[test]
fn a_nick_in_use_is_substituted_and_taken_back_when_it_is_free() {
    let (mut talk, _) = Talk::open(settings());
    assert_eq!(lines(&talk.hears(":s 433 * nanobot :in use")), ["NICK nanobot_"]);
    assert_eq!(lines(&talk.hears(":s 437 * nanobot_ :unavailable")), ["NICK nanobot__"]);
    assert_eq!(talk.0.nick(), None);
    talk.welcome("nanobot__");
    assert_eq!(talk.0.nick(), Some("nanobot__"));
    assert_eq!(lines(&talk.hears(":nanobot!x@y NICK :other")), ["NICK nanobot"]);
    assert_eq!(talk.hears(":s 433 nanobot__ nanobot :in use"), [], "a try costs nothing");
    assert_eq!(lines(&talk.hears(":NanoBot!x@y QUIT :bye")), ["NICK nanobot"]);
    talk.hears(":nanobot__!nanobot@host.example NICK nanobot");
    assert_eq!(talk.0.nick(), Some("nanobot"));
    assert_eq!(lines(&talk.hears(":nanobot_!x@y QUIT :bye")), [""; 0]);
}

#[test]
fn the_wanted_nick_is_asked_for_again_and_again_and_ever_more_rarely() {
    let (mut talk, _) = Talk::open(IrcSettings { channels: Vec::new(), ..settings() });
    talk.hears(":s 433 * nanobot :in use");
    talk.welcome("nanobot_");
    let mut asked = Vec::new();
    for second in 1..4_000 {
        talk.hears("PING :x");
        if lines(&talk.seconds(1)).contains(&"NICK nanobot".to_owned()) {
            asked.push(second);
        }
    }
    assert_eq!(asked, [30, 90, 210, 450, 930, 1530, 2130, 2730, 3330, 3930]);
}

#[test]
fn substitutes_come_to_an_end() {
    let (mut talk, _) = Talk::open(settings());
    for _ in 0..4 {
        assert_eq!(lines(&talk.hears(":s 432 * x :erroneous")).len(), 1);
    }
    assert_eq!(talk.hears(":s 433 * x :in use"), [Action::Close(Down::NoNick)]);
}

#[test]
fn a_message_in_a_channel_is_a_group_chat_in_lower_case() {
    let mut talk = Talk::ready(settings());
    let heard = talk.heard(":Dimi!d@home.Example.org PRIVMSG #Garden :\u{2}Nanobot\u{2}: hi").unwrap();
    assert_eq!(
        heard,
        Heard {
            chat: "#garden".to_owned(),
            kind: ChatKind::Group,
            sender: "Dimi!d@home.Example.org".to_owned(),
            is_owner: true,
            mentions_us: true,
            text: "Nanobot: hi".to_owned(),
        }
    );
}

#[test]
fn a_query_is_a_direct_chat_with_whoever_wrote() {
    let mut talk = Talk::ready(settings());
    let heard = talk.heard(":Eve!e@evil.example PRIVMSG NanoBot :\u{1}ACTION waves\u{1}").unwrap();
    assert_eq!((heard.chat.as_str(), heard.kind), ("eve", ChatKind::Direct));
    assert_eq!((heard.text.as_str(), heard.is_owner, heard.mentions_us), ("* Eve waves", false, false));
}

#[test]
fn a_nick_alone_owns_nothing() {
    let mut talk = Talk::ready(settings());
    assert!(!talk.heard(":dimi!d@evil.example PRIVMSG #garden :obey").unwrap().is_owner);
    assert!(
        !talk.heard("@account=Dimi :x!x@x PRIVMSG #garden :obey").unwrap().is_owner,
        "nobody vouches for the tag"
    );
}

#[test]
fn an_account_owns_where_the_server_vouches_for_it() {
    let (mut talk, _) = Talk::open(settings());
    talk.hears(":s CAP * LS :account-tag message-tags");
    talk.hears(":s CAP * ACK :account-tag message-tags");
    talk.welcome("nanobot");
    assert!(talk.heard("@account=dimi :x!x@x PRIVMSG #garden :hi").unwrap().is_owner);
    assert!(!talk.heard(":dimi!x@x PRIVMSG #garden :hi").unwrap().is_owner);
    assert_eq!(talk.heard("@bot :x!x@x PRIVMSG #garden :hi"), None, "another assistant");
}

#[test]
fn what_must_not_be_answered_is_not_heard() {
    let mut talk = Talk::ready(settings());
    for line in [
        ":x!x@x NOTICE #garden :hi",
        ":x!x@x NOTICE nanobot :hi",
        ":nanobot!nanobot@host.example PRIVMSG #garden :my own words",
        ":irc.example PRIVMSG nanobot :a server",
        ":x PRIVMSG nanobot :a nick alone",
        "PRIVMSG nanobot :nobody",
        ":x!x@x PRIVMSG @#garden :operators only",
        ":x!x@x PRIVMSG $*.example :everybody",
        ":x!x@x PRIVMSG nanobot_ :somebody else",
        ":x!x@x PRIVMSG nanobot :\u{1}VERSION\u{1}",
        ":x!x@x PRIVMSG nanobot",
        ":x!x@x TAGMSG nanobot",
    ] {
        assert_eq!(talk.hears(line), [], "{line:?}");
    }
}

#[test]
fn after_a_kick_the_channel_is_joined_again_with_growing_pauses() {
    let mut talk = Talk::ready(settings());
    let mut pauses = Vec::new();
    for _ in 0..4 {
        assert_eq!(talk.hears(":op!o@h KICK #Garden nanobot :out"), [Action::Left("#Garden".to_owned())]);
        assert_eq!(talk.goes_to("#garden"), "unreachable");
        let mut pause = 0;
        while lines(&talk.seconds(1)).is_empty() {
            pause += 1;
        }
        pauses.push(pause + 1);
        talk.hears(&format!(":{NANOBOT} JOIN #garden"));
        assert_eq!(talk.goes_to("#garden"), "sent");
    }
    assert_eq!(pauses, [4, 8, 16, 32]);
    for _ in 0..600 {
        talk.hears("PING :x");
        talk.seconds(1);
    }
    talk.hears(":op!o@h KICK #garden nanobot :out");
    assert_eq!(lines(&talk.seconds(2)), ["JOIN #garden"], "it was left in peace before");
}

#[test]
fn a_closed_door_is_tried_again_and_told() {
    let (mut talk, _) = Talk::open(settings());
    talk.welcome("nanobot");
    let told = talk.hears(":s 474 nanobot #garden :banned");
    assert_eq!(told, [Action::NotJoined { channel: "#garden".to_owned(), numeric: "474".to_owned() }]);
    assert_eq!(lines(&talk.seconds(2)), ["JOIN #garden", "JOIN #vault"]);
}

#[test]
fn refusals_have_a_word_and_a_target() {
    let mut talk = Talk::ready(settings());
    let refused = |target: &str, code| vec![Action::Refused { target: target.to_owned(), code }];
    assert_eq!(talk.hears(":s 401 nanobot eve :No such nick"), refused("eve", "no_such_nick"));
    assert_eq!(talk.hears(":s 404 nanobot #garden :Cannot send"), refused("#garden", "cannot_send"));
    assert_eq!(talk.hears(":s 366 nanobot #garden :End of names"), []);
}

#[test]
fn messages_go_to_valid_targets_only() {
    let mut talk = Talk::ready(settings());
    for (chat, expected) in [
        ("#garden", "sent"),
        ("#GARDEN", "sent"),
        ("eve", "sent"),
        ("#elsewhere", "not_in_channel"),
        ("nanobot", "bad_target"),
        ("eve,#garden", "bad_target"),
        ("eve x", "bad_target"),
        (":eve", "bad_target"),
        ("$*", "bad_target"),
        ("irc.example", "bad_target"),
        ("@#garden", "bad_target"),
    ] {
        assert_eq!(talk.goes_to(chat), expected, "{chat}");
    }
    talk.hears(&format!(":{NANOBOT} JOIN #elsewhere"));
    assert_eq!(talk.goes_to("#elsewhere"), "sent", "somebody has put us there");
    talk.hears(&format!(":{NANOBOT} PART #elsewhere"));
    assert_eq!(
        (talk.goes_to("#elsewhere"), talk.0.channels()),
        ("not_in_channel".to_owned(), vec!["#garden".to_owned(), "#vault".to_owned()])
    );
}

#[test]
fn a_line_fits_together_with_our_source() {
    let mut talk = Talk::ready(settings());
    let budget = |talk: &Talk| talk.0.room_for_text("#garden").unwrap();
    let usual = budget(&talk);
    assert!(usual > 380, "{usual}");
    let long = format!("nanobot!user@{}", "h".repeat(150));
    talk.hears(&format!(":{long} JOIN #vault"));
    assert_eq!(format!(":{long} PRIVMSG #garden :{}\r\n", "x".repeat(budget(&talk))).len(), 512);
}

proptest! {
    #[test]
    fn any_conversation_is_survived(
        script in proptest::collection::vec(
            prop_oneof![
                "[@:]?[a-z#!@ =]{0,12} ?(CAP|001|005|376|433|NICK|JOIN|KICK|PART|PRIVMSG|404|PING|PONG|ERROR|904)( [*:#a-z=,]{0,8}){0,5}",
                Just(String::new()),
            ], 0..40),
    ) {
        let (mut session, _) = Session::open(Arc::new(Plan::of(with_account()).unwrap()));
        for line in script {
            let actions = match Message::parse(&line) {
                Some(message) => session.line(&message),
                None => session.tick(),
            };
            prop_assert!(actions.len() <= 10);
            for line in lines(&actions) {
                prop_assert!(line.len() <= MAX_OUT_BYTES && !line.contains(['\r', '\n', '\0']));
            }
        }
    }
}
