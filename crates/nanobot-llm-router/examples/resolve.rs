//! Shows which account serves a model, and under which name: a pure function, no network.
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use nanobot_core::Secret;
use nanobot_llm_router::{ProviderAccount, resolve};

fn main() {
    let accounts = [
        ProviderAccount {
            name: "openai".to_owned(),
            key: Some(Secret::new("sk-example".to_owned())),
            ..ProviderAccount::default()
        },
        ProviderAccount {
            name: "vllm".to_owned(),
            base: Some("http://127.0.0.1:8080/v1".to_owned()),
            ..ProviderAccount::default()
        },
    ];
    for model in ["openai/gpt-4o-mini", "hosted_vllm/tiny", "mistral/large"] {
        match resolve(model, &accounts) {
            Some(found) => println!("{model}: {} at {} as {}", found.provider, found.base, found.wire_model),
            None => println!("{model}: nobody"),
        }
    }
}
