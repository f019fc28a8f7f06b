//! What holds for any price and any count of tokens.

use proptest::prelude::*;

use super::*;

/// Small figures, so that equal ones are common.
fn price() -> impl Strategy<Value = Price> {
    let one = || (0..6_u64).prop_map(PerToken::nanos);
    let maybe = || prop::option::of((0..6_u64).prop_map(PerToken::nanos));
    (one(), one(), maybe(), maybe()).prop_map(|(input, output, cached_input, cache_write)| Price {
        input,
        output,
        cached_input,
        cache_write,
        source: PriceSource::Configured,
    })
}

/// A count in which the parts are parts of the whole.
fn usage() -> impl Strategy<Value = Usage> {
    (0..1_000_u64, 0..1_000_u64, 0..1_000_u64, 0..1_000_u64).prop_map(|(plain, cached, written, output)| {
        Usage {
            input: Some(plain + cached + written),
            cached_input: Some(cached),
            cache_write: Some(written),
            output: Some(output),
            reasoning: Some(output / 2),
        }
    })
}

/// One token of each kind, by itself.
fn single_tokens() -> [Usage; 4] {
    let none = Usage { input: Some(0), output: Some(0), ..Usage::default() };
    let one = Usage { input: Some(1), ..none };
    [
        one,
        Usage { cached_input: Some(1), ..one },
        Usage { cache_write: Some(1), ..one },
        Usage { output: Some(1), ..none },
    ]
}

proptest! {
    #[test]
    fn a_call_never_costs_more_than_its_worst_case(
        price in price(), usage in usage(), input in 0..500_u64, output in 0..500_u64,
    ) {
        let worst = price.worst_case(usage.input.unwrap() + input, usage.output.unwrap() + output);
        prop_assert!(price.cost(&usage).unwrap() <= worst);
    }

    #[test]
    fn no_price_is_dearer_than_itself(price in price()) {
        prop_assert!(!price.is_dearer_than(&price));
        prop_assert_eq!(Dearness::of(Some(&price), Some(&price)), Dearness::NotDearer);
    }

    #[test]
    fn a_chain_without_a_dearer_step_never_gets_dearer_than_its_first(
        first in price(), second in price(), third in price(),
    ) {
        if !second.is_dearer_than(&first) && !third.is_dearer_than(&second) {
            prop_assert!(!third.is_dearer_than(&first));
        }
    }

    #[test]
    fn what_is_not_dearer_never_costs_more(one in price(), other in price(), usage in usage()) {
        if !one.is_dearer_than(&other) {
            prop_assert!(one.cost(&usage) <= other.cost(&usage));
            prop_assert!(one.worst_case(700, 300) <= other.worst_case(700, 300));
        }
    }

    #[test]
    fn what_is_dearer_costs_more_for_some_token(one in price(), other in price()) {
        let costs_more = single_tokens().iter().any(|usage| one.cost(usage) > other.cost(usage));
        prop_assert_eq!(one.is_dearer_than(&other), costs_more);
    }

    #[test]
    fn a_longer_request_has_a_higher_bound(text in ".{0,200}") {
        let short = ModelRequest { messages: vec![user(&text, Vec::new())], ..ModelRequest::default() };
        let mut long = short.clone();
        long.messages.push(user(&text, Vec::new()));
        let bound = worst_input_tokens(&short);
        prop_assert!(bound >= text.len() as u64);
        prop_assert!(worst_input_tokens(&long) >= bound + text.len() as u64);
    }
}
