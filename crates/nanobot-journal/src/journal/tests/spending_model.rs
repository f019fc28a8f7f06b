//! The book in the journal counts as the one in memory does, whatever is asked in whatever order.

use nanobot_core::ids::SessionKey;
use nanobot_core::model::ModelTask;
use nanobot_core::ports::{
    BudgetLedger, BudgetLimit, BudgetRefusal, BudgetScope, Expense, Journal as _, Reservation,
};
use nanobot_core::testing::MemoryBudget;
use nanobot_core::units::NanoDollars;
use proptest::prelude::*;

use crate::options::Synchronous;
use crate::testing::{Home, days_later, expense, paid};
use crate::{JournalOptions, JournalReader, SpendingBy, SqliteJournal};

/// Who pays: day, chat (none beyond the last), task. Few, so that they meet.
type Payer = (u32, usize, usize);

const CHATS: [&str; 2] = ["a", "b"];
const TASKS: [ModelTask; 2] = [ModelTask::Reply, ModelTask::Embed];
/// The first two are of one month, the third is of the next; all are young enough to be counted.
const DAYS: [u32; 3] = [5, 6, 7];

#[derive(Debug, Clone)]
enum Ask {
    Reserve(Payer, u64, Vec<(usize, u64)>),
    /// The promise in this place, open or not, and its cost.
    Settle(usize, Option<u64>),
    Book(Payer, Option<u64>),
    Counted(Payer, usize),
    Tidy,
    Restart,
}

fn ask() -> impl Strategy<Value = Ask> {
    let payer = || {
        (0..DAYS.len(), 0..=CHATS.len(), 0..TASKS.len()).prop_map(|(day, chat, task)| (DAYS[day], chat, task))
    };
    let cost = || prop::option::weighted(0.8, 0..60_u64);
    let limits = prop::collection::vec((0..BudgetScope::ALL.len(), 0..200_u64), 0..4);
    prop_oneof![
        6 => (payer(), prop_oneof![9 => 0..60_u64, 1 => Just(200)], limits)
            .prop_map(|(payer, worst, limits)| Ask::Reserve(payer, worst, limits)),
        5 => (0..20_usize, cost()).prop_map(|(place, cost)| Ask::Settle(place, cost)),
        3 => (payer(), cost()).prop_map(|(payer, cost)| Ask::Book(payer, cost)),
        4 => (payer(), 0..BudgetScope::ALL.len()).prop_map(|(payer, scope)| Ask::Counted(payer, scope)),
        1 => Just(Ask::Tidy),
        1 => Just(Ask::Restart),
    ]
}

fn call((day, chat, task): Payer) -> Expense {
    let session = CHATS.get(chat).map(|chat| SessionKey::new(format!("whatsapp:{chat}")).unwrap());
    Expense { session, task: TASKS[task], ..expense("a", day) }
}

/// What a ledger answers, in a form that can be compared. Its numbers of promises are its own affair.
async fn answer(ledger: &impl BudgetLedger, given: &mut Vec<Reservation>, ask: &Ask) -> String {
    match ask {
        Ask::Reserve(payer, worst, limits) => {
            let limits: Vec<BudgetLimit> = limits
                .iter()
                .map(|(scope, most)| BudgetLimit {
                    scope: BudgetScope::ALL[*scope],
                    most: NanoDollars::new(*most),
                })
                .collect();
            match ledger.reserve(&call(*payer), NanoDollars::new(*worst), &limits).await {
                Ok(reservation) => {
                    let is_new = given.iter().all(|known| known.id != reservation.id);
                    given.push(reservation);
                    format!("given {is_new}")
                }
                Err(BudgetRefusal::Exhausted { scope, left }) => format!("{scope:?} has {left:?}"),
                Err(BudgetRefusal::Store(error)) => format!("{:?}", error.kind),
            }
        }
        Ask::Settle(place, cost) => match given.get(*place) {
            Some(reservation) => {
                let settled = ledger.settle(reservation, &paid(*cost)).await;
                format!("{:?}", settled.map_err(|error| error.kind))
            }
            None => String::new(),
        },
        Ask::Book(payer, cost) => {
            format!("{:?}", ledger.book(&call(*payer), &paid(*cost)).await.map_err(|error| error.kind))
        }
        Ask::Counted(payer, scope) => {
            format!("{:?}", ledger.counted(&call(*payer), BudgetScope::ALL[*scope]).await.unwrap())
        }
        Ask::Tidy | Ask::Restart => String::new(),
    }
}

async fn compare(asks: &[Ask]) -> Result<(), TestCaseError> {
    let home = Home::new();
    let options = JournalOptions { synchronous: Synchronous::Off, ..home.options() };
    let mut journal = SqliteJournal::open(options.clone()).await.unwrap();
    let memory = MemoryBudget::new();
    let (mut given, mut model_given) = (Vec::new(), Vec::new());
    for ask in asks {
        match ask {
            Ask::Tidy => drop(journal.tidy(days_later(7)).await.unwrap()),
            Ask::Restart => {
                journal.shut_down().await;
                journal = SqliteJournal::open(options.clone()).await.unwrap();
            }
            _ => {
                let real = answer(&journal, &mut given, ask).await;
                prop_assert_eq!(real, answer(&memory, &mut model_given, ask).await, "asked {:?}", ask);
            }
        }
    }
    let reader = JournalReader::open(home.path()).await.unwrap();
    prop_assert_eq!(reader.check().await.unwrap().problems, Vec::<String>::new());
    let entries = memory.entries();
    let known: NanoDollars = entries.iter().filter_map(|(_, paid)| paid.cost).sum();
    let days = (call((0, 0, 0)).day(), call((9, 0, 0)).day());
    for by in SpendingBy::ALL {
        let sums = reader.spending(by, days, 100).await.unwrap().sums;
        let calls: u64 = sums.iter().map(|sum| sum.calls).sum();
        let promised: u64 = sums.iter().map(|sum| sum.unreconciled).sum();
        let unknown: u64 = sums.iter().map(|sum| sum.unknown_cost).sum();
        prop_assert_eq!(promised, memory.promised() as u64, "{:?}", by);
        prop_assert_eq!(calls, (entries.len() + memory.promised()) as u64, "{:?}", by);
        prop_assert_eq!(
            unknown,
            entries.iter().filter(|(_, paid)| paid.cost.is_none()).count() as u64,
            "{:?}",
            by
        );
        prop_assert_eq!(sums.iter().map(|sum| sum.cost).sum::<NanoDollars>(), known, "{:?}", by);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_counts_as_the_book_in_memory_does(asks in prop::collection::vec(ask(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(compare(&asks))?;
    }
}
