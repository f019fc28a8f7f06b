//! Random chains, prices and failures: what must hold whatever happens.

use proptest::prelude::*;

use nanobot_core::model::ModelErrorKind;
use nanobot_core::ports::{BudgetLedger as _, BudgetScope};
use nanobot_core::units::NanoDollars;

use super::world::{Act, Model, World, ask};
use crate::router::{Budgets, Chain, Escalation, Trust};

const NAMES: [&str; 6] = ["a/0", "b/1", "c/2", "a/3", "b/4", "c/5"];

fn model() -> impl Strategy<Value = (Trust, Option<u8>)> {
    (prop::sample::select(Trust::ALL.to_vec()), prop::option::weighted(0.8, 0_u8..4))
}

fn act() -> impl Strategy<Value = Act> {
    let kind = || prop::sample::select(ModelErrorKind::ALL.to_vec());
    prop_oneof![
        2 => Just(Act::Say("an answer")),
        3 => kind().prop_map(Act::Fail),
        1 => (kind(), 0_u64..100_000).prop_map(|(kind, wait)| {
            Act::Refuse(kind, std::time::Duration::from_millis(wait))
        }),
        1 => kind().prop_map(|kind| Act::Break("half", kind)),
    ]
}

/// A world with these models, in this order, that the rules accept: what they refuse is left out.
fn accepted(models: &[(Trust, Option<u8>)]) -> World {
    let mut kept: Vec<Model> = Vec::new();
    for (name, (trust, price)) in NAMES.iter().zip(models) {
        let price = price.map(f64::from);
        let mut longer = kept.clone();
        longer.push(Model { trust: *trust, price, ..Model::new(name, Act::Say("an answer")) });
        if Chain::new(World::new(&longer).hops, Escalation::Forbidden).is_ok() {
            kept = longer;
        }
    }
    World::new(&kept)
}

fn in_a_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Nobody dearer or less trusted than the first model is ever asked, attempts are bounded, an answer is the last
    /// thing that was shown, and whatever was shown stands in it once.
    #[test]
    fn nothing_escalates_and_nothing_is_said_twice(
        models in prop::collection::vec(model(), 1..6),
        script in prop::collection::vec((act(), 0_u64..90_000), 1..40),
    ) {
        in_a_runtime(async {
            let world = accepted(&models);
            let router = world.router().await;
            let first = &world.hops[0];
            for (step, (act, pause)) in script.iter().enumerate() {
                world.clock.advance(std::time::Duration::from_millis(*pause));
                let names: Vec<&String> = world.providers.keys().collect();
                world.providers[names[step % names.len()]].now_does(act.clone());
                let (answer, deltas) = ask(&router).await;
                let asked = world.asked();
                prop_assert!((1..=8).contains(&asked.len()), "somebody is asked, within the limit");
                for name in &asked {
                    let hop = world.hops.iter().find(|hop| &hop.model == name).unwrap();
                    prop_assert!(hop.trust <= first.trust);
                    match (hop.price.get(), first.price.get()) {
                        (Some(hop), Some(first)) => prop_assert!(!hop.is_dearer_than(&first)),
                        (Some(_), None) => {}
                        (None, _) => prop_assert_eq!(&hop.model, &first.model),
                    }
                }
                if let Ok(answer) = answer {
                    prop_assert_eq!(&deltas.0.concat(), &answer.text);
                    prop_assert_eq!(Some(answer.served.unwrap().model), asked.last().cloned());
                }
            }
            Ok(())
        })?;
    }

    /// What counts against a budget never exceeds it, however calls end.
    #[test]
    fn a_budget_is_never_exceeded(
        models in prop::collection::vec(model(), 1..5),
        script in prop::collection::vec(act(), 1..40),
        most in 0_u64..30_000_000,
    ) {
        in_a_runtime(async {
            let mut world = accepted(&models);
            world.budgets = Budgets { day: Some(NanoDollars::new(most)), ..Budgets::default() };
            let router = world.router().await;
            for (step, act) in script.iter().enumerate() {
                let names: Vec<&String> = world.providers.keys().collect();
                world.providers[names[step % names.len()]].now_does(act.clone());
                let _ = ask(&router).await;
            }
            router.close(std::time::Duration::from_secs(5)).await;
            for (expense, _) in world.ledger.entries() {
                let counted = world.ledger.counted(&expense, BudgetScope::Day).await.unwrap();
                prop_assert!(counted.get() <= most);
            }
            prop_assert_eq!(world.ledger.promised(), 0, "every promise was redeemed");
            Ok(())
        })?;
    }
}
