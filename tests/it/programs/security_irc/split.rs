//! A secret in an answer that comes in pieces, cut at every border in turn: whoever watches live, and whoever reads on
//! IRC, sees the same as if it had come in one piece, and no piece of the secret.

use super::super::harness::Talk;
use super::world::World;

/// So many of the secret's own characters in a row must be seen nowhere; fewer stand in many a word.
const WINDOW: usize = 4;

/// Bytes around the secret at whose borders it is cut, too.
const AROUND: usize = 12;

/// An answer with a secret in it.
struct Leak {
    before: &'static str,
    /// What everybody may know of it: a prefix, a name.
    public: &'static str,
    own: &'static str,
    behind: &'static str,
}

const LEAKS: [Leak; 6] = [
    Leak {
        before: "Of course, your key for the models is ",
        public: "sk-",
        own: "Vq8ZtR3mXw7KpLd2NsYb6HcJf9GuEa4TxQ1oWi5z",
        behind: " and it works well. Have a nice day.",
    },
    Leak {
        before: "The new one for the repository: ",
        public: "ghp_",
        own: "Jm4TqXz8RbKw2VnYd6LsHc9PfGu3EaQx7Zo1",
        behind: ", please keep it.",
    },
    Leak {
        before: "I log in there with password=",
        public: "",
        own: "9tRx!vK2mQz7#Lw4",
        behind: " and then look at the mail.",
    },
    Leak {
        before: "It is at ",
        public: "postgres://app:",
        own: "Zk7vQx3tRm9w",
        behind: "@db.example.org:5432/notes, as you know.",
    },
    Leak {
        before: "The token is ",
        public: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
        own: "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkFkYSIsImlhdCI6MTUxNjIzOTAyMn0.TwdfxE7Tv4tS6kd3qWB83J1t5KQMMPpmN34vW6I7FMj",
        behind: " until tomorrow.",
    },
    Leak {
        before: "Here is the file:\n",
        public: "-----BEGIN PRIVATE KEY-----\n",
        own: "SXo9ck/VGnpDI164ZVccBG5cfJTuNjrWI/aRnZp1+72+pXsXGJzm0ypF3v2JwKj+\n+9y/M4wbCRH2B7somIq4z03QLX/+WHq4rZOFcV0ASNGZz/U3hPnfdT6Z8U/MX8nJ\n",
        behind: "-----END PRIVATE KEY-----\nKeep it safe.",
    },
];

impl Leak {
    fn answer(&self) -> String {
        [self.before, self.public, self.own, self.behind].concat()
    }

    /// Every border of the secret and some around it.
    fn borders(&self) -> impl Iterator<Item = usize> + use<> {
        let first = self.before.len().saturating_sub(AROUND).max(1);
        let last = self.before.len() + self.public.len() + self.own.len() + AROUND;
        first..=last.min(self.answer().len() - 1)
    }

    /// A text that somebody sees holds nothing of the secret.
    #[track_caller]
    fn is_kept_in(&self, text: &str, of: &str) {
        let own: Vec<char> = self.own.chars().collect();
        let leaked = own.windows(WINDOW).map(|window| window.iter().collect::<String>());
        let leaked: Vec<String> = leaked.filter(|window| text.contains(window.as_str())).collect();
        assert!(leaked.is_empty(), "{of} shows {leaked:?} in {text:?}");
    }

    /// What a live client saw and what was delivered, as one text that is the same for all borders.
    #[track_caller]
    fn told(&self, talk: &mut Talk, of: &str) -> String {
        let turn = talk.ask("tell me");
        self.is_kept_in(&turn.shown, of);
        assert_eq!(turn.outcome, "answered", "{of}");
        assert_eq!(turn.delivered, [turn.shown.as_str()], "{of}: what was shown is what was said");
        turn.shown
    }
}

#[test]
fn a_secret_cut_at_any_border_is_seen_by_no_live_client() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::asleep());
    let daemon = world.home.daemon();
    for leak in &LEAKS {
        let answer = leak.answer();
        let mut talk = world.home.talk();
        world.model.speaks(&[&answer]);
        let whole = leak.told(&mut talk, "in one piece");
        assert!(whole.contains("[REDACTED]"), "{whole}");
        assert!(whole.starts_with(&leak.before[..8]), "what is no secret is shown: {whole}");
        for border in leak.borders() {
            let (first, second) = answer.split_at(border);
            world.model.speaks(&[first, second]);
            let told = leak.told(&mut talk, &format!("{first:?} + {second:?}"));
            assert_eq!(told, whole, "{first:?} + {second:?}");
        }
        let letters: Vec<String> = answer.chars().map(String::from).collect();
        for size in [1, 2, 3, 5] {
            let pieces: Vec<String> = letters.chunks(size).map(<[String]>::concat).collect();
            world.model.speaks(&pieces.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(leak.told(&mut talk, &format!("in pieces of {size}")), whole);
        }
        leak.is_kept_in(&world.home.read("sessions/cli_default.jsonl"), "the session");
    }
    let log = daemon.stop().join("\n");
    assert!(log.contains("output sanitized"));
    for leak in &LEAKS {
        // Fewer characters stand in many a time and number.
        assert!(!log.contains(&leak.own[..8]) && !log.contains(&leak.own[leak.own.len() - 8..]), "{log}");
    }
}

#[tokio::test]
async fn a_secret_cut_at_any_border_is_not_said_on_irc() {
    let world = World::awake().await;
    let mut alice = world.person("alice").await;
    // What is said there has passed the gate once more as a whole; so fewer do here.
    for leak in &LEAKS[..3] {
        let answer = leak.answer();
        world.model.speaks(&[&answer]);
        let whole = alice.asks_alone("tell me").await;
        assert!(whole.contains("[REDACTED]"), "{whole}");
        for border in leak.borders() {
            let (first, second) = answer.split_at(border);
            world.model.speaks(&[first, second]);
            let told = alice.asks_alone("tell me").await;
            leak.is_kept_in(&told, &format!("{first:?} + {second:?}"));
            assert_eq!(told, whole, "{first:?} + {second:?}");
        }
    }
}
