//! A whole nanobot inside another program: boots it on a home, asks one thing over the in-process stream, and
//! ends in order. It runs with the offline model, so it needs no key and no network.
//!
//! `cargo run -p nanobotd --example embedded`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use nanobot_channels::local::{ClientEvent, ClientOptions, LocalClient};
use nanobot_config::{Environment, Home, LoadRequest, load};
use nanobot_core::ids::ChatId;
use nanobotd::lock::HomeLock;
use nanobotd::system::SystemIds;
use nanobotd::{App, Boot, CommandHost, Socket};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let home = Home::at(folder.path(), None);
    // An empty environment: nothing of this machine's keys gets in.
    let loaded = load(&LoadRequest::new(home.clone(), Environment::from_iter::<[(&str, &str); 0]>([])))?;
    let lock = HomeLock::take(home.root(), &home.lock())?;
    // Nothing of this machine's variables reaches commands, and without bubblewrap none runs.
    let commands = CommandHost::of(&Environment::default());
    let mut app = App::start(Boot { home, loaded, lock, socket: Socket::Closed, commands }).await?;

    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    app.serve_stream(theirs);
    let options = ClientOptions { name: "embedded example".to_owned(), ids: Arc::new(SystemIds) };
    let mut client = LocalClient::over(ours, options).await?;
    let chat = ChatId::new("example")?;
    client.attach(&chat).await?;
    client.send(&chat, "list files").await?;
    while let Some(event) = client.next().await {
        match event {
            ClientEvent::Message { text, .. } => println!("{text}"),
            ClientEvent::Ended { .. } => break,
            _ => {}
        }
    }
    client.close().await;
    app.drain(Duration::from_secs(5)).await;
    Ok(())
}
