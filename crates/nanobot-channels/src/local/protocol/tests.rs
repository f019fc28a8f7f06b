//! The frames as they stand on the wire. A change of a snapshot is a change of the protocol.

use super::*;
use proptest::prelude::*;

fn wire<F: Serialize>(frames: &[F]) -> String {
    frames.iter().map(|frame| line_of(frame).unwrap()).collect::<Vec<_>>().join("\n")
}

fn s(text: &str) -> String {
    text.to_owned()
}

fn client_frames() -> Vec<ClientFrame> {
    vec![
        ClientFrame::Hello { v: 1, client: s("nanobot-cli 0.1.0") },
        ClientFrame::Attach { chat: s("default") },
        ClientFrame::Inbound { id: s("m1"), chat: s("default"), text: s("one\ntwo") },
        ClientFrame::Confirm { key: s("t1/0") },
        ClientFrame::Cancel { chat: s("default") },
        ClientFrame::Control { id: s("c1"), op: ControlOp::Status },
        ClientFrame::Control { id: s("c2"), op: ControlOp::SessionList },
        ClientFrame::Control {
            id: s("c3"),
            op: ControlOp::SessionShow { session: s("cli:default"), limit: 20 },
        },
        ClientFrame::Control { id: s("c4"), op: ControlOp::SessionReset { session: s("cli:default") } },
        ClientFrame::Control {
            id: s("c5"),
            op: ControlOp::OutboxList { wanted: WantedDeliveries::All, limit: 20, text: false },
        },
        ClientFrame::Control {
            id: s("c6"),
            op: ControlOp::OutboxList {
                wanted: WantedDeliveries::Keys(vec![s("t1/0")]),
                limit: 1,
                text: true,
            },
        },
        ClientFrame::Control { id: s("c7"), op: ControlOp::OutboxRetry { keys: vec![s("t1/0"), s("t1/1")] } },
        ClientFrame::Control { id: s("c8"), op: ControlOp::OutboxDrop { keys: vec![s("t1/0")] } },
        ClientFrame::Control {
            id: s("c9"),
            op: ControlOp::PolicyEdit {
                edit: PolicyWish::Command(s("/policy history")),
                dry_run: true,
                confirm: false,
            },
        },
        ClientFrame::Control {
            id: s("c10"),
            op: ControlOp::PolicyEdit {
                edit: PolicyWish::Notes {
                    channel: s("whatsapp"),
                    chat: s("1@g.us"),
                    enabled: Some(true),
                    mode: None,
                    allow_blocked: None,
                },
                dry_run: false,
                confirm: false,
            },
        },
    ]
}

fn server_frames() -> Vec<ServerFrame> {
    let (chat, turn) = (s("default"), s("t1"));
    vec![
        ServerFrame::Hello { v: 1, server: s("nanobotd"), version: s("0.1.0"), pid: 7 },
        ServerFrame::Ack { id: s("m1"), turn: Some(turn.clone()) },
        ServerFrame::Ack { id: s("m1"), turn: None },
        ServerFrame::Refused {
            id: s("m2"),
            code: s(code::QUEUE_FULL),
            message: s("20 messages already wait in this chat, which is the limit"),
            retry: true,
        },
        ServerFrame::Typing { chat: chat.clone(), on: true },
        ServerFrame::Delta { chat: chat.clone(), turn: turn.clone(), text: s("Hel") },
        ServerFrame::Aside { chat: chat.clone(), turn: turn.clone() },
        ServerFrame::Tool { chat: chat.clone(), turn: turn.clone(), name: s("list_dir") },
        ServerFrame::Deliver {
            key: s("t1/0"),
            chat: chat.clone(),
            turn: turn.clone(),
            text: s("Hello"),
            reply_to: None,
            media: vec![s("/tmp/a.png")],
        },
        ServerFrame::React {
            key: s("t1/1"),
            chat: chat.clone(),
            turn: turn.clone(),
            message_id: s("m1"),
            emoji: s("👍"),
        },
        ServerFrame::Ended { chat, turn, outcome: s("answered") },
        ServerFrame::Result { id: s("c1"), ok: Some(serde_json::json!({"sessions": []})), error: None },
        ServerFrame::failed("c2", code::NO_SUCH_SESSION, "there is no session cli:x"),
        ServerFrame::error(code::BAD_FRAME, "field t, the name of the frame, is missing"),
        ServerFrame::Bye { reason: s("draining") },
    ]
}

#[test]
fn client_frames_stand_on_the_wire_like_this() {
    insta::assert_snapshot!(wire(&client_frames()), @r#"
    {"t":"hello","v":1,"client":"nanobot-cli 0.1.0"}
    {"t":"attach","chat":"default"}
    {"t":"inbound","id":"m1","chat":"default","text":"one\ntwo"}
    {"t":"confirm","key":"t1/0"}
    {"t":"cancel","chat":"default"}
    {"t":"control","id":"c1","op":"status"}
    {"t":"control","id":"c2","op":"session_list"}
    {"t":"control","id":"c3","op":"session_show","session":"cli:default","limit":20}
    {"t":"control","id":"c4","op":"session_reset","session":"cli:default"}
    {"t":"control","id":"c5","op":"outbox_list","wanted":"all","limit":20,"text":false}
    {"t":"control","id":"c6","op":"outbox_list","wanted":{"keys":["t1/0"]},"limit":1,"text":true}
    {"t":"control","id":"c7","op":"outbox_retry","keys":["t1/0","t1/1"]}
    {"t":"control","id":"c8","op":"outbox_drop","keys":["t1/0"]}
    {"t":"control","id":"c9","op":"policy_edit","edit":{"command":"/policy history"},"dry_run":true,"confirm":false}
    {"t":"control","id":"c10","op":"policy_edit","edit":{"notes":{"channel":"whatsapp","chat":"1@g.us","enabled":true,"mode":null,"allow_blocked":null}},"dry_run":false,"confirm":false}
    "#);
}

#[test]
fn server_frames_stand_on_the_wire_like_this() {
    insta::assert_snapshot!(wire(&server_frames()), @r#"
    {"t":"hello","v":1,"server":"nanobotd","version":"0.1.0","pid":7}
    {"t":"ack","id":"m1","turn":"t1"}
    {"t":"ack","id":"m1","turn":null}
    {"t":"refused","id":"m2","code":"queue_full","message":"20 messages already wait in this chat, which is the limit","retry":true}
    {"t":"typing","chat":"default","on":true}
    {"t":"delta","chat":"default","turn":"t1","text":"Hel"}
    {"t":"aside","chat":"default","turn":"t1"}
    {"t":"tool","chat":"default","turn":"t1","name":"list_dir"}
    {"t":"deliver","key":"t1/0","chat":"default","turn":"t1","text":"Hello","reply_to":null,"media":["/tmp/a.png"]}
    {"t":"react","key":"t1/1","chat":"default","turn":"t1","message_id":"m1","emoji":"👍"}
    {"t":"ended","chat":"default","turn":"t1","outcome":"answered"}
    {"t":"result","id":"c1","ok":{"sessions":[]}}
    {"t":"result","id":"c2","error":{"code":"no_such_session","message":"there is no session cli:x"}}
    {"t":"error","code":"bad_frame","message":"field t, the name of the frame, is missing"}
    {"t":"bye","reason":"draining"}
    "#);
}

#[test]
fn every_frame_reads_back_as_it_was_written() {
    for frame in client_frames() {
        assert_eq!(read_client_frame(&line_of(&frame).unwrap()), Ok(frame));
    }
    for frame in server_frames() {
        let line = line_of(&frame).unwrap();
        assert_eq!(serde_json::from_str::<ServerFrame>(&line).unwrap(), frame);
    }
}

#[test]
fn whoever_lists_the_outbox_may_leave_out_what_is_usual() {
    let frame = read_client_frame(r#"{"t":"control","id":"1","op":"outbox_list","limit":5}"#);
    let op = ControlOp::OutboxList { wanted: WantedDeliveries::All, limit: 5, text: false };
    assert_eq!(frame, Ok(ClientFrame::Control { id: s("1"), op }));
}

#[test]
fn unknown_fields_are_ignored() {
    let frame = read_client_frame(r#"{"t":"cancel","chat":"a","why":"newer"}"#);
    assert_eq!(frame, Ok(ClientFrame::Cancel { chat: s("a") }));
}

#[test]
fn a_spoiled_line_is_answered_by_what_can_be_read_of_it() {
    let complaints: Vec<ServerFrame> = [
        "not json",
        "[1]",
        r#"{"x":1}"#,
        r#"{"t":"dance"}"#,
        r#"{"t":"attach"}"#,
        r#"{"t":"inbound","id":"m1","chat":"a"}"#,
        r#"{"t":"inbound","chat":"a","text":"b"}"#,
        r#"{"t":"control","id":"c1","op":"explode"}"#,
        r#"{"t":"control","id":"c2","op":"session_show","session":"cli:a"}"#,
        r#"{"t":"control","id":"c3"}"#,
    ]
    .into_iter()
    .map(|line| *read_client_frame(line).unwrap_err())
    .collect();
    insta::assert_snapshot!(wire(&complaints), @r#"
    {"t":"error","code":"bad_frame","message":"the line is not a JSON object with a text in field t"}
    {"t":"error","code":"bad_frame","message":"the line is not a JSON object with a text in field t"}
    {"t":"error","code":"bad_frame","message":"field t, the name of the frame, is missing"}
    {"t":"error","code":"unknown_frame","message":"no frame of this name is known"}
    {"t":"error","code":"bad_frame","message":"a field of the frame is missing or wrong"}
    {"t":"refused","id":"m1","code":"bad_frame","message":"inbound needs the texts id, chat and text","retry":false}
    {"t":"error","code":"bad_frame","message":"a field of the frame is missing or wrong"}
    {"t":"result","id":"c1","error":{"code":"unknown_op","message":"this operation is not known"}}
    {"t":"result","id":"c2","error":{"code":"bad_frame","message":"a field of the operation is missing or wrong"}}
    {"t":"result","id":"c3","error":{"code":"bad_frame","message":"a field of the operation is missing or wrong"}}
    "#);
}

#[test]
fn a_frame_over_the_limit_of_a_line_is_none() {
    let text = "x".repeat(MAX_LINE_BYTES);
    assert_eq!(line_of(&ClientFrame::Inbound { id: s("m"), chat: s("c"), text }), None);
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(line in any::<String>()) {
        let _ = read_client_frame(&line);
    }

    #[test]
    fn any_message_fits_on_one_line(text in any::<String>()) {
        let frame = ClientFrame::Inbound { id: s("m"), chat: s("c"), text };
        let line = line_of(&frame).unwrap();
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(read_client_frame(&line), Ok(frame));
    }
}
