//! Two crates name the variables of keys: configuration reads them, the router's table tells people about them.
//! Neither crate knows the other, so the two are held together here.

use std::collections::BTreeSet;

use nanobot_config::{PROVIDER_VARIABLES, ProviderVariable};
use nanobot_llm_router::PROVIDERS;

/// Speech only: no row of the router's table.
const NO_CHAT: &str = "elevenlabs";

/// The provider whose key a variable sets.
fn provider_of(known: &ProviderVariable) -> Option<&'static str> {
    known.path.strip_prefix("providers.")?.strip_suffix(".api_key").filter(|name| *name != NO_CHAT)
}

#[test]
fn both_tables_name_the_same_variable_for_each_providers_key() {
    let read: Vec<(&str, &str)> =
        PROVIDER_VARIABLES.iter().filter_map(|known| Some((provider_of(known)?, known.variable))).collect();
    let told: BTreeSet<(&str, &str)> =
        PROVIDERS.iter().map(|provider| (provider.name, provider.key_variable)).collect();
    assert_eq!(read.len(), told.len(), "a key has two variables: {read:?}");
    assert_eq!(read.into_iter().collect::<BTreeSet<_>>(), told);
}

#[test]
fn a_variable_that_sets_several_keys_belongs_to_one_of_them() {
    for known in PROVIDER_VARIABLES {
        let owners =
            PROVIDER_VARIABLES.iter().filter(|other| other.variable == known.variable && !other.lent);
        assert_eq!(owners.count(), 1, "{}", known.variable);
    }
    let lent: Vec<&str> =
        PROVIDER_VARIABLES.iter().filter(|known| known.lent).map(|known| known.path).collect();
    assert_eq!(lent, ["providers.aihubmix.api_key"]);
}
