//! Asks one question and prints the answer while it comes.
//!
//! Without arguments the offline stand-in answers, with no network. With a base address and a model, that server
//! does: `cargo run -p nanobot-llm-router --example ask -- http://127.0.0.1:8080/v1 tiny "Ping"`. With `messages` in
//! front of the address it is asked by Anthropic's interface. It keeps no history and offers no tools.
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::Label;
use nanobot_core::model::{ChatMessage, ModelRequest};
use nanobot_core::ports::DeltaSink;
use nanobot_llm_router::{ChatProvider, Endpoint, Interface, OfflineModel, ProviderSettings, provider_for};

struct Screen;

impl DeltaSink for Screen {
    fn text(&mut self, piece: &str) {
        print!("{piece}");
    }

    fn restart(&mut self) {
        println!("\n[begins anew]");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (interface, rest) = match arguments.as_slice() {
        [first, rest @ ..] if first == "messages" => (Interface::Messages, rest),
        all => (Interface::ChatCompletions, all),
    };
    let (model, question): (Arc<dyn ChatProvider>, &str) = match rest {
        [base, model, question] => {
            let mut settings = ProviderSettings::new("vllm", model.as_str(), Endpoint::parse(base)?);
            settings.interface = interface;
            (provider_for(settings)?, question)
        }
        _ => (Arc::new(OfflineModel), "Hello, who are you?"),
    };
    let asked =
        ChatMessage::User { text: question.to_owned(), images: Vec::new(), labels: Label::Owner.into() };
    let request = ModelRequest { messages: vec![asked], ..ModelRequest::default() };
    let reply = model.ask(&request, Duration::from_mins(2), &mut Screen).await?;
    println!("\n[{} {:?}, {:?}]", model.info().model, reply.finish, reply.usage);
    Ok(())
}
