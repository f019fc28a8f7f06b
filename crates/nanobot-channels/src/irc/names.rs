//! Names: which texts are nicks and channels, when two of them are the same, and what the server says about that.
//!
//! The server tells its rules in numeric 005 (ISUPPORT); until then those of RFC 1459 hold.

/// The most bytes of a nick, ours or anybody's. Networks allow 9 to 30.
pub(super) const MAX_NICK_BYTES: usize = 64;

/// The most bytes of a channel's name (RFC 2812: 50; networks allow up to 200).
pub(super) const MAX_CHANNEL_BYTES: usize = 200;

/// How upper and lower case belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CaseMapping {
    /// `A` to `Z` only.
    Ascii,
    /// Also `[]\~` and `{}|^`.
    Rfc1459,
    /// Also `[]\` and `{}|`.
    StrictRfc1459,
}

impl CaseMapping {
    /// The mapping of this name. One that is not known is taken as plain ASCII: too few names are the same then,
    /// which tells two people apart rather than taking them for one.
    fn named(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "rfc1459" => Self::Rfc1459,
            "strict-rfc1459" | "rfc1459-strict" => Self::StrictRfc1459,
            _ => Self::Ascii,
        }
    }

    /// The lower-case form.
    pub(super) fn fold(self, text: &str) -> String {
        text.chars().map(|c| self.fold_char(c)).collect()
    }

    fn fold_char(self, c: char) -> char {
        match (c, self) {
            ('[', Self::Rfc1459 | Self::StrictRfc1459) => '{',
            (']', Self::Rfc1459 | Self::StrictRfc1459) => '}',
            ('\\', Self::Rfc1459 | Self::StrictRfc1459) => '|',
            ('~', Self::Rfc1459) => '^',
            _ => c.to_ascii_lowercase(),
        }
    }

    /// Whether two names are the same.
    pub(super) fn same(self, a: &str, b: &str) -> bool {
        let folded = |text: &str| text.chars().map(|c| self.fold_char(c)).collect::<Vec<_>>();
        folded(a) == folded(b)
    }
}

/// What the server says about names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules {
    /// How cases belong together.
    pub(super) case: CaseMapping,
    /// The characters that a channel may begin with.
    channel_types: String,
    /// The user mode that marks a bot.
    pub(super) bot_mode: Option<char>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { case: CaseMapping::Rfc1459, channel_types: "#&".to_owned(), bot_mode: None }
    }
}

impl Rules {
    /// Takes one parameter of numeric 005: `NAME=value`, `NAME` or `-NAME`.
    pub(super) fn learn(&mut self, token: &str) {
        match token.split_once('=') {
            Some(("CASEMAPPING", name)) => self.case = CaseMapping::named(name),
            Some(("CHANTYPES", types)) => types.clone_into(&mut self.channel_types),
            Some(("BOT", mode)) => self.bot_mode = mode.chars().next().filter(char::is_ascii_alphabetic),
            _ => {}
        }
    }

    /// Whether a text names a channel here.
    pub(super) fn is_channel(&self, text: &str) -> bool {
        text.starts_with(|c| self.channel_types.contains(c)) && is_channel_shape(text)
    }
}

/// Whether a text could name a channel on some server: of any type that RFC 2811 knows.
pub(super) fn is_channel_name(text: &str) -> bool {
    text.starts_with(['#', '&', '+', '!']) && is_channel_shape(text)
}

fn is_channel_shape(text: &str) -> bool {
    let is_bad = |c: char| matches!(c, ' ' | ',' | ':') || c.is_control();
    text.len() > 1 && text.len() <= MAX_CHANNEL_BYTES && !text.contains(is_bad)
}

/// Whether a text can be a nick. Letters of any script: some servers allow them.
pub(super) fn is_nick(text: &str) -> bool {
    let starts_well = !text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    !text.is_empty() && text.len() <= MAX_NICK_BYTES && starts_well && text.chars().all(is_nick_char)
}

/// Whether a character may stand in a nick.
pub(super) fn is_nick_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '[' | ']' | '\\' | '`' | '_' | '^' | '{' | '|' | '}' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cases_belong_together_as_the_server_says() {
        for (name, folded) in [
            ("ascii", "a[]\\~z"),
            ("rfc1459", "a{}|^z"),
            ("strict-rfc1459", "a{}|~z"),
            ("rfc7613", "a[]\\~z"),
        ] {
            let mut rules = Rules::default();
            rules.learn(&format!("CASEMAPPING={name}"));
            assert_eq!(rules.case.fold("A[]\\~Z"), folded, "{name}");
        }
        assert_eq!(Rules::default().case, CaseMapping::Rfc1459);
    }

    #[test]
    fn channels_begin_as_the_server_says() {
        let mut rules = Rules::default();
        assert!(rules.is_channel("#a") && rules.is_channel("&a") && !rules.is_channel("+a"));
        rules.learn("CHANTYPES=#+");
        assert!(rules.is_channel("+a") && !rules.is_channel("&a"));
        rules.learn("CHANTYPES=");
        assert!(!rules.is_channel("#a"));
        rules.learn("-CHANTYPES");
        rules.learn("BOT=B");
        assert_eq!(rules.bot_mode, Some('B'));
    }

    #[test]
    fn a_name_that_could_pass_for_more_is_none() {
        for name in
            ["", "#", "#a b", "#a,#b", "#a:b", "#a\r", "#a\u{7}", "a", &format!("#{}", "a".repeat(200))]
        {
            assert!(!is_channel_name(name), "{name:?}");
        }
        for nick in
            ["", "1a", "-a", "a b", "a,b", ":a", "a!b", "a@b", "a*", "#a", "a.b", "$a", &"a".repeat(65)]
        {
            assert!(!is_nick(nick), "{nick:?}");
        }
        assert!(is_nick("[dimi]`^|-9") && is_nick("größe") && is_channel_name("##c++"));
    }

    proptest! {
        #[test]
        fn folding_is_stable(text in "[A-Za-z\\[\\]\\\\~{}|^#]{0,20}") {
            for case in [CaseMapping::Ascii, CaseMapping::Rfc1459, CaseMapping::StrictRfc1459] {
                let folded = case.fold(&text);
                prop_assert_eq!(case.fold(&folded), folded.as_str());
                prop_assert!(case.same(&text, &folded));
            }
        }
    }
}
