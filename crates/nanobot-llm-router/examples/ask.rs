//! Asks one question and prints the answer while it comes.
//!
//! Without arguments the offline stand-in answers, with no network. With a base address and a model, that server
//! does: `cargo run -p nanobot-llm-router --example ask -- http://127.0.0.1:8080/v1 tiny "Ping"`. It keeps no
//! history and offers no tools.
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;

use nanobot_core::Label;
use nanobot_core::model::{ChatMessage, ModelRequest};
use nanobot_core::ports::{DeltaSink, ModelClient};
use nanobot_llm_router::{Endpoint, OfflineModel, OpenAiClient, ProviderSettings};

struct Screen;

impl DeltaSink for Screen {
    fn text(&mut self, piece: &str) {
        print!("{piece}");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (model, question): (Box<dyn ModelClient>, &str) = match arguments.as_slice() {
        [base, model, question] => {
            let settings = ProviderSettings::new("vllm", model.as_str(), Endpoint::parse(base)?);
            (Box::new(OpenAiClient::new(settings)?), question)
        }
        _ => (Box::new(OfflineModel), "Hello, who are you?"),
    };
    let asked =
        ChatMessage::User { text: question.to_owned(), images: Vec::new(), labels: Label::Owner.into() };
    let request = ModelRequest { messages: vec![asked], tools: Vec::new() };
    let reply = model.complete(&request, &mut Screen).await?;
    println!("\n[{} {:?}, {:?}]", model.info().model, reply.finish, reply.usage);
    Ok(())
}
