//! The check after reading: each of its faults, in the original's words and order.

use super::*;
use crate::known_tools::KNOWN_TOOLS;
use crate::places::LexicalPlaces;

fn checked(policy: &str, channels: &[&str]) -> Result<(), String> {
    let places = LexicalPlaces { home: Some("/people/somebody".into()) };
    let document = Document::parse(policy.as_bytes(), &places).expect(policy);
    let with = CheckOptions {
        channels: channels.iter().map(|channel| (*channel).to_owned()).collect(),
        known_tools: KNOWN_TOOLS.map(str::to_owned).into(),
        workspace: "/w/space".into(),
        places: &places,
    };
    check(&document, &with).map_err(|fault| fault.message)
}

const BOTH: [&str; 2] = ["telegram", "whatsapp"];

#[test]
fn owner_only_in_defaults_wants_owners_on_every_channel() {
    let policy = r#"{"owners":{"telegram":["1"],"whatsapp":[" @ "]},"defaults":{"toolAccess":{"exec":{"mode":"owner_only"}}}}"#;
    assert_eq!(
        checked(policy, &BOTH),
        Err("policy owner_only configured but owners.whatsapp is empty".to_owned())
    );
    assert_eq!(checked(policy, &["telegram"]), Ok(()));
    assert_eq!(checked(policy, &[]), Ok(()));
}

#[test]
fn owner_only_in_a_chat_wants_owners_on_its_channel() {
    let policy = |rule: &str| format!(r#"{{"channels":{{"telegram":{{"chats":{{"1":{rule}}}}}}}}}"#);
    let fault = Err("policy owner_only configured for telegram but owners.telegram is empty".to_owned());
    for rule in [
        r#"{"whenToReply":{"mode":"owner_only"}}"#,
        r#"{"whoCanTalk":{"mode":"owner_only"}}"#,
        r#"{"toolAccess":{"exec":{"mode":"owner_only"}}}"#,
    ] {
        assert_eq!(checked(&policy(rule), &BOTH), fault, "{rule}");
        assert_eq!(checked(&policy(rule), &["whatsapp"]), Ok(()), "{rule}");
    }
}

#[test]
fn unknown_tools_are_named_sorted_and_as_written() {
    let policy =
        r#"{"defaults":{"allowedTools":{"mode":"allowlist","tools":["z'","read_file"," exec","z'"]}}}"#;
    let message = r#"unknown tools in allowlist at defaults.allowedTools: [' exec', "z'"]"#;
    assert_eq!(checked(policy, &BOTH), Err(message.to_owned()));
    let over =
        |tools: &str| format!(r#"{{"channels":{{"discord":{{"default":{{"allowedTools":{tools}}}}}}}}}"#);
    assert_eq!(
        checked(&over(r#"{"tools":["bogus"]}"#), &BOTH),
        Ok(()),
        "without a mode the list is not looked at"
    );
    let denied = "unknown tools in deny list at channels.discord.default.allowedTools: ['nah\\n']";
    assert_eq!(checked(&over(r#"{"deny":["nah\n"]}"#), &BOTH), Err(denied.to_owned()));
}

#[test]
fn names_of_tool_rules_are_trimmed_and_blank_ones_ignored() {
    let policy = |name: &str| format!(r#"{{"defaults":{{"toolAccess":{{"{name}":{{}}}}}}}}"#);
    assert_eq!(checked(&policy(" exec "), &BOTH), Ok(()));
    assert_eq!(checked(&policy("  "), &BOTH), Ok(()));
    let message = "unknown tools in toolAccess at defaults.toolAccess: ['nah']";
    assert_eq!(checked(&policy("nah"), &BOTH), Err(message.to_owned()));
}

#[test]
fn a_persona_lies_in_the_workspace_on_every_channel() {
    let policy = |file: &str| {
        format!(r#"{{"channels":{{"discord":{{"chats":{{"g":{{"personaFile":"{file}"}}}}}}}}}}"#)
    };
    for file in ["", ".", "personas/none.md", "/w/space/x.md"] {
        assert_eq!(checked(&policy(file), &BOTH), Ok(()), "{file}");
    }
    for file in ["../x", "/w/space-evil/p.md", "~/p.md", "~nobody/p.md"] {
        let path = "channels.discord.chats.g.personaFile";
        let message = format!("invalid personaFile at {path}: Persona file must be inside workspace: {file}");
        assert_eq!(checked(&policy(file), &BOTH), Err(message), "{file}");
    }
}

#[test]
fn owners_come_before_tools_and_tools_before_personas() {
    let all = r#"{"defaults":{"personaFile":"../x","toolAccess":{"nah":{}},"allowedTools":{"deny":["no"]},"whoCanTalk":{"mode":"owner_only"}}}"#;
    assert!(checked(all, &BOTH).unwrap_err().contains("owner_only"));
    assert!(checked(all, &[]).unwrap_err().contains("deny list"));
    assert!(checked(&all.replace("\"no\"", ""), &[]).unwrap_err().contains("toolAccess"));
    assert!(
        checked(&all.replace("\"no\"", "").replace("nah", "exec"), &[]).unwrap_err().contains("personaFile")
    );
}

/// Found by fuzzing (issue 4): names of channels and chats went into the message as they are.
#[test]
fn a_fault_is_one_short_line_whatever_a_chat_is_called() {
    let chat = format!("a\\n\\u007f{}", "x".repeat(10_000));
    for rule in [
        r#"{"allowedTools":{"mode":"allowlist","tools":["bogus"]}}"#,
        r#"{"allowedTools":{"deny":["bogus"]}}"#,
        r#"{"toolAccess":{"bogus":{"mode":"everyone"}}}"#,
        r#"{"personaFile":"../x.md"}"#,
    ] {
        let policy = format!(r#"{{"channels":{{"irc":{{"chats":{{"{chat}":{rule}}}}}}}}}"#);
        let message = checked(&policy, &BOTH).expect_err(rule);
        assert!(message.contains(r"channels.irc.chats.a\n\u{7f}xxx"), "{message}");
        assert!(!message.contains(char::is_control) && message.len() < 1_000, "{message}");
    }
}
