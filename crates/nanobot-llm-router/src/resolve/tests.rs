//! Who serves which model: a choice of the original's recorded cases, and our own additions.

use super::*;

fn account(name: &str, key: &str, base: &str) -> ProviderAccount {
    ProviderAccount {
        name: name.to_owned(),
        key: (!key.is_empty()).then(|| Secret::new(key.to_owned())),
        base: (!base.is_empty()).then(|| base.to_owned()),
        headers: Vec::new(),
    }
}

/// `provider, detected, routed model, wire model @ base`.
fn line(model: &str, accounts: &[ProviderAccount]) -> String {
    match resolve(model, accounts) {
        Some(found) => format!(
            "{} {} {} {} @ {}",
            found.provider,
            found.detected.unwrap_or("-"),
            found.routed_model,
            found.wire_model,
            found.base
        ),
        None => "nobody".to_owned(),
    }
}

fn check(accounts: &[ProviderAccount], expected: &[(&str, &str)]) {
    for (model, found) in expected {
        assert_eq!(line(model, accounts), *found, "{model}");
    }
}

#[test]
fn without_any_account_nobody_serves() {
    check(&[], &[("gpt-4o", "nobody")]);
    check(&[account("openai", "  ", ""), account("elevenlabs", "k", "")], &[("gpt-4o", "nobody")]);
}

#[test]
fn openrouter_takes_every_model_and_keeps_its_vendor() {
    let base = "https://openrouter.ai/api/v1";
    check(
        &[account("openrouter", "sk-or-v1-abc", "")],
        &[
            (
                "anthropic/claude-opus-4-5",
                &format!(
                    "openrouter openrouter openrouter/anthropic/claude-opus-4-5 anthropic/claude-opus-4-5 @ {base}"
                ),
            ),
            (
                "openrouter/zhipu/glm-4",
                &format!("openrouter openrouter openrouter/zhipu/glm-4 zhipu/glm-4 @ {base}"),
            ),
            ("openrouter/auto", &format!("openrouter openrouter openrouter/auto openrouter/auto @ {base}")),
        ],
    );
}

#[test]
fn a_gateway_is_recognised_by_key_or_base_under_any_name() {
    let expected = "openai openrouter openrouter/gpt-4o gpt-4o @ https://openrouter.ai/api/v1";
    check(&[account("openai", "sk-or-v1-zzz", "")], &[("gpt-4o", expected)]);
    check(&[account("openai", "k", "https://openrouter.ai/api/v1")], &[("gpt-4o", expected)]);
}

#[test]
fn aihubmix_knows_only_the_last_segment() {
    let accounts = [account("aihubmix", "hub", "https://aihubmix.com/v1")];
    let expected = "aihubmix aihubmix openai/glm-4 glm-4 @ https://aihubmix.com/v1";
    check(&accounts, &[("openrouter/zhipu/glm-4", expected)]);
}

#[test]
fn a_vendor_gets_its_own_name_of_the_model() {
    let accounts = ["anthropic", "openai", "deepseek", "gemini", "zhipu", "dashscope", "moonshot", "groq"]
        .map(|name| account(name, "k", ""));
    check(
        &accounts,
        &[
            (
                "anthropic/claude-opus-4-5",
                "anthropic - anthropic/claude-opus-4-5 claude-opus-4-5 @ https://api.anthropic.com/v1",
            ),
            ("openai/gpt-4o-mini", "openai - openai/gpt-4o-mini gpt-4o-mini @ https://api.openai.com/v1"),
            ("gpt-4o", "openai - gpt-4o gpt-4o @ https://api.openai.com/v1"),
            (
                "deepseek-chat",
                "deepseek - deepseek/deepseek-chat deepseek-chat @ https://api.deepseek.com/v1",
            ),
            (
                "google/gemini-2.5-flash-lite",
                "gemini - gemini/google/gemini-2.5-flash-lite google/gemini-2.5-flash-lite @ https://generativelanguage.googleapis.com/v1beta/openai",
            ),
            ("glm-4.6", "zhipu - zai/glm-4.6 glm-4.6 @ https://api.z.ai/api/paas/v4"),
            (
                "qwen-max",
                "dashscope - dashscope/qwen-max qwen-max @ https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
            ),
            ("kimi-k2.5", "moonshot - moonshot/kimi-k2.5 kimi-k2.5 @ https://api.moonshot.ai/v1"),
            ("llama3-8b-groq", "groq - groq/llama3-8b-groq llama3-8b-groq @ https://api.groq.com/openai/v1"),
            ("chatgpt-zai-mix", "openai - chatgpt-zai-mix chatgpt-zai-mix @ https://api.openai.com/v1"),
            ("mistral/large", "anthropic - mistral/large mistral/large @ https://api.anthropic.com/v1"),
        ],
    );
}

#[test]
fn an_unknown_model_at_a_base_of_ones_own_is_local() {
    let proxy = [account("openai", "ok", "https://my.proxy/v1")];
    check(
        &proxy,
        &[
            (
                "meta/llama-vllm",
                "openai vllm hosted_vllm/meta/llama-vllm meta/llama-vllm @ https://my.proxy/v1",
            ),
            ("hosted_vllm/x", "openai vllm hosted_vllm/x x @ https://my.proxy/v1"),
            (
                "anthropic/claude-opus-4-5",
                "openai - anthropic/claude-opus-4-5 claude-opus-4-5 @ https://my.proxy/v1",
            ),
        ],
    );
}

#[test]
fn an_accounts_own_segment_never_reaches_its_server() {
    let wire = |model: &str, account: ProviderAccount| resolve(model, &[account]).unwrap().wire_model;
    let own = || account("vllm", "", "http://127.0.0.1:8000/v1");
    assert_eq!(wire("hosted_vllm/qwen3:8b", own()), "qwen3:8b", "though the name is one of DashScope's");
    assert_eq!(wire("vllm/deepseek-r1", own()), "deepseek-r1");
    assert_eq!(wire("hosted_vllm/Qwen/Qwen3-8B", own()), "Qwen/Qwen3-8B");
    assert_eq!(wire("zhipu/glm-4.6", account("zhipu", "k", "")), "glm-4.6");
    assert_eq!(wire("groq/qwen/qwen3-32b", account("groq", "k", "")), "qwen/qwen3-32b");
    let gateway = account("openrouter", "sk-or-v1-1", "");
    assert_eq!(wire("openrouter/zhipu/glm-4", gateway), "zhipu/glm-4", "a gateway wants the vendor");
}

#[test]
fn a_server_on_loopback_needs_no_key() {
    let accounts = [account("vllm", "", "http://localhost:11434/v1")];
    check(
        &accounts,
        &[("Llama-3-8B", "vllm vllm hosted_vllm/Llama-3-8B Llama-3-8B @ http://localhost:11434/v1")],
    );
    let found = resolve("Llama-3-8B", &accounts).unwrap();
    assert!(found.local && found.key.is_none());
}

#[test]
fn a_server_that_was_named_needs_no_key_wherever_it_is() {
    let at = |name: &str, base: &str| [account(name, "", base)];
    check(
        &at("vllm", "http://10.0.0.7:8000/v1"),
        &[("Llama-3-8B", "vllm vllm hosted_vllm/Llama-3-8B Llama-3-8B @ http://10.0.0.7:8000/v1")],
    );
    let lan = at("openai", "http://192.168.77.5:8080/v1");
    check(&lan, &[("qwen3", "openai - dashscope/qwen3 qwen3 @ http://192.168.77.5:8080/v1")]);
    let found = resolve("qwen3", &lan).unwrap();
    assert!(!found.local && found.key.is_none());
    // What is no address is somebody's wish as well: the client refuses it by name.
    assert!(resolve("qwen3", &at("openai", "192.168.77.5:8080/v1")).is_some());
}

#[test]
fn nothing_goes_to_a_vendor_without_a_key() {
    for name in ["openai", "openrouter", "vllm"] {
        for base in ["https://api.openai.com/v1", "https://OPENROUTER.ai/api/v1/", "https://aihubmix.com/v2"]
        {
            check(&[account(name, "", base)], &[("gpt-4o", "nobody")]);
            check(&[account(name, " ", base)], &[("gpt-4o", "nobody")]);
        }
    }
}

#[test]
fn an_account_without_any_place_is_passed_over() {
    check(&[account("vllm", "dummy", "")], &[("hosted_vllm/x", "nobody")]);
}

#[test]
fn a_key_never_goes_to_another_vendors_server() {
    let accounts = [account("zhipu", "z", "")];
    let found = resolve("anthropic/claude-opus-4-5", &accounts).unwrap();
    assert_eq!(found.base, "https://api.z.ai/api/paas/v4");
}

#[test]
fn some_models_accept_one_temperature_only() {
    let temperature = |model: &str, name: &str, key: &str, base: &str| {
        resolve(model, &[account(name, key, base)]).unwrap().temperature
    };
    let one = Some(Temperature::Value(1.0));
    assert_eq!(temperature("moonshot/KIMI-K2.5-preview", "moonshot", "k", ""), one);
    assert_eq!(temperature("kimi-k2.5", "openrouter", "sk-or-1", ""), one);
    assert_eq!(temperature("moonshot/kimi-k2.6", "moonshot", "k", ""), one);
    assert_eq!(temperature("kimi-k2.5", "aihubmix", "k", "https://aihubmix.com/v1"), None);
    assert_eq!(temperature("openai/gpt-5-mini", "openai", "k", ""), Some(Temperature::ServerDefault));
    assert_eq!(temperature("o3", "openai", "k", ""), Some(Temperature::ServerDefault));
    assert_eq!(temperature("gpt-4o", "openai", "k", ""), None);
    assert_eq!(temperature("gpt-5", "openai", "k", "https://my.proxy/v1"), None);
}

#[test]
fn only_openai_itself_gets_the_newer_field_for_the_limit_of_tokens() {
    let field = |base: &str| resolve("gpt-4o", &[account("openai", "k", base)]).unwrap().token_limit_field;
    assert_eq!(field(""), TokenLimitField::MaxCompletionTokens);
    assert_eq!(field("https://api.openai.com/v1/"), TokenLimitField::MaxCompletionTokens);
    assert_eq!(field("https://my.proxy/v1"), TokenLimitField::MaxTokens);
}

/// Where a price is from is the table's business; that one is known, is the newcomer's, who may have a budget.
#[test]
fn a_suggested_model_is_asked_at_its_own_provider_and_has_a_price_there() {
    use crate::price::{PriceBook, Seller};
    // Of Alibaba's prices nobody has two witnesses.
    let priced = PROVIDERS.iter().filter(|provider| provider.name != "dashscope");
    for (provider, model) in priced.filter_map(|provider| Some((provider.name, provider.suggested_model?))) {
        let found = resolve(model, &[account(provider, "k", "")]).unwrap();
        assert_eq!(found.provider, provider, "{model}");
        let price = PriceBook::new().lookup(provider, &found.wire_model, Seller::Provider);
        assert!(price.is_some(), "{} at {provider}", found.wire_model);
    }
}
