//! The question as the model reads it: the words, what they answer, and hints for spoken chats.
//!
//! The block layout is recorded in the original's cases (`user_content`), since people's prompts and
//! personas refer to it.

use crate::content::{Body, ContentBlock, Media};
use crate::reply_context::ReplyContext;
use crate::text::{collapse, cut, trim};

/// Cuts, in code points: a quoted message and a line of context (figures of the original).
const QUOTE_CHARS: usize = 600;
const LINE_CHARS: usize = 220;
/// Lines shown before the quoted message, and lately (figures of the original).
const WINDOW_LINES: usize = 8;
const RECENT_LINES: usize = 10;

/// What the question is made of.
#[derive(Debug, Clone, Copy)]
pub struct UserContent<'a> {
    /// The words of the message.
    pub text: &'a str,
    /// What it answers, and what was said lately.
    pub context: &'a ReplyContext,
    /// The words were spoken and written down by a machine.
    pub spoken: bool,
    /// The answer will be spoken within these bounds.
    pub voice_reply: Option<VoiceReply>,
}

/// Bounds of a spoken answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoiceReply {
    /// Sentences.
    pub max_sentences: u32,
    /// Code points.
    pub max_chars: u32,
}

/// Renders the question.
pub fn user_content(content: &UserContent<'_>) -> String {
    let mut text = content.text.to_owned();
    if let Some(block) = context_block(content.context) {
        text = format!("{text}\n\n{block}");
    }
    if content.spoken {
        text = format!(
            "[Input Modality]\nsource: voice_message_transcript\nnote: User sent a voice message; text is \
             automatic transcription.\n\n{text}"
        );
    }
    if let Some(VoiceReply { max_sentences, max_chars }) = content.voice_reply {
        text = format!(
            "[Voice Reply Guidance]\ntarget: concise_for_tts\nlimit_sentences: {max_sentences}\nlimit_chars: \
             {max_chars}\ninstruction: Keep the answer naturally short and direct to fit these \
             limits.\n\n{text}"
        );
    }
    text
}

/// The words of a message, media named in brackets.
pub fn render_blocks(blocks: &[ContentBlock]) -> String {
    let parts: Vec<String> = blocks.iter().filter_map(render_block).collect();
    trim(&parts.join("\n")).to_owned()
}

fn render_block(block: &ContentBlock) -> Option<String> {
    match &block.body {
        Body::Text(text) => Some(text.clone()),
        // The recorded `[Input Modality]` block says that it was spoken; the words stand alone.
        Body::Audio(media, _) => media.transcript.clone().or_else(|| Some(bracket("audio", media))),
        Body::Image(media) => Some(bracket("image", media)),
        Body::Video(media) => Some(bracket("video", media)),
        Body::Sticker(media) => Some(bracket("sticker", media)),
        Body::File(media) => Some(bracket("file", media)),
    }
}

fn bracket(kind: &str, media: &Media) -> String {
    let name = media.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let about = media.description.clone().or(name).unwrap_or_else(|| "no description".to_owned());
    match &media.caption {
        Some(caption) => format!("[{kind}: {about}]\n{caption}"),
        None => format!("[{kind}: {about}]"),
    }
}

fn context_block(context: &ReplyContext) -> Option<String> {
    let quote = context.quoted_text.as_deref().map(collapse).filter(|text| !text.is_empty());
    let recent = numbered(&context.ambient, RECENT_LINES);
    let mut lines: Vec<String> = Vec::new();
    match (&quote, recent.is_empty()) {
        (None, true) => return None,
        (Some(_), _) => lines.extend([
            "[Reply Context]".to_owned(),
            "usage: Treat quoted_message as the content of the replied-to message.".to_owned(),
            "usage: Do not claim you cannot see the replied message when quoted_message is present."
                .to_owned(),
        ]),
        (None, false) => lines.extend([
            "[Recent Messages]".to_owned(),
            "usage: Ambient window of recent chat messages for conversational context.".to_owned(),
        ]),
    }
    lines.extend(context.source.map(|source| format!("source: {}", source.name())));
    lines.extend(context.message_id.as_ref().map(|id| format!("reply_to_message_id: {id}")));
    lines.extend(context.participant.as_ref().map(|who| format!("reply_to_participant: {who}")));
    if let Some(quote) = quote {
        lines.push(format!("quoted_message: {}", cut(&quote, QUOTE_CHARS)));
        let window = numbered(&context.window, WINDOW_LINES);
        if !window.is_empty() {
            lines.push("topic_window_before_reply:".to_owned());
            lines.extend(window);
        }
    }
    if !recent.is_empty() {
        lines.push("recent_messages:".to_owned());
        lines.extend(recent);
    }
    Some(lines.join("\n"))
}

fn numbered(lines: &[String], limit: usize) -> Vec<String> {
    let lines = lines.iter().map(|line| collapse(line)).filter(|line| !line.is_empty()).take(limit);
    lines.enumerate().map(|(index, line)| format!("{}. {}", index + 1, cut(&line, LINE_CHARS))).collect()
}
