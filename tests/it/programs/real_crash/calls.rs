//! Single calls whose provider dies under them.
//!
//! To whoever asks, a server that dies is a connection that closes: `network`. No answer has come that could be a bad
//! one, and the request was not at fault: the next model may well answer it. So the call goes on there, and the circuit
//! counts one failure.

use nanobot_core::model::{FinishReason, ModelErrorKind};
use nanobot_llm_router::{AfterFirstToken, Delivery};
use nanobot_tests::fake_vendor::{FakeOptions, FakeVendor};

use super::super::harness::LlamaServer;
use super::world::{COOLDOWN, Heard, World, deadly, harmless, real, spare};
use super::{ABORTED, BY_THE_SPARE, ENDLESS, KILLED, LISTED, SPARE, begins_as_the_talker};

const BOTH: [Delivery; 2] = [Delivery::Streamed, Delivery::Whole];

fn vendor() -> FakeVendor {
    FakeVendor::start(FakeOptions::named(SPARE)).unwrap()
}

#[tokio::test]
async fn an_abort_in_the_middle_of_a_request_is_answered_elsewhere_and_the_server_is_found_again() {
    for delivery in BOTH {
        let (server, vendor) = (LlamaServer::start("agent"), vendor());
        let port = server.port();
        let hops = vec![real(&server, delivery), spare(&vendor, delivery)];
        let world = World::open(hops, AfterFirstToken::Restart).await;

        let heard = world.ask(&deadly("turn-1")).await;
        assert_eq!(server.ended(), ABORTED, "{delivery:?}");
        let reply = heard.answer.unwrap();
        assert!(reply.text.starts_with(&format!("{BY_THE_SPARE}turn-1")), "{}", reply.text);
        assert_eq!((heard.seen, heard.restarts), (reply.text, 0), "nobody noticed");
        assert_eq!(reply.served.unwrap().provider, SPARE);
        assert_eq!(world.told(), ["real: network", "spare-model instead: network", "spare: ok"]);
        assert_eq!(vendor.ledger().totals.requests, 1, "asked once");

        // Nobody listens there now. The abort was the first of three failures in a row.
        world.ask(&harmless("turn-2")).await.answer.unwrap();
        assert_eq!(world.told(), ["real: network", "spare-model instead: network", "spare: ok"]);
        world.ask(&harmless("turn-3")).await.answer.unwrap();
        let opened = ["real is open", "real: network", "spare-model instead: network", "spare: ok"];
        assert_eq!(world.told(), opened);
        world.ask(&harmless("turn-4")).await.answer.unwrap();
        assert_eq!(world.told(), ["spare-model instead: cooling", "spare: ok"], "it is left alone");

        let _back = LlamaServer::start_on(port, "agent");
        world.clock.advance(COOLDOWN);
        assert_eq!(world.ask(&harmless("turn-5")).await.answer.unwrap().text, LISTED);
        assert_eq!(world.told(), ["real is half_open", "real is closed", "real: ok"]);
        assert_eq!(vendor.ledger().totals.requests, 4, "one for each turn that it answered");
    }
}

#[tokio::test]
async fn without_another_model_an_abort_is_one_error_and_the_next_call_is_answered() {
    for delivery in BOTH {
        let server = LlamaServer::start("agent");
        let port = server.port();
        let world = World::open(vec![real(&server, delivery)], AfterFirstToken::Restart).await;

        let Heard { answer, seen, restarts } = world.ask(&deadly("turn-1")).await;
        assert_eq!(server.ended(), ABORTED, "{delivery:?}");
        assert_eq!(answer.unwrap_err(), ModelErrorKind::Network);
        assert_eq!((seen.as_str(), restarts), ("", 0));
        // It dies of the first question; twice more nobody is there to ask.
        let told = ["real: network", "real: network", "real is open", "real: network", "failed: network"];
        assert_eq!(world.told(), told);

        // Its circuit is open, and there is nobody else: that is no reason to ask nobody.
        let _back = LlamaServer::start_on(port, "agent");
        assert_eq!(world.ask(&harmless("turn-2")).await.answer.unwrap().text, LISTED);
        assert_eq!(world.told(), ["real is closed", "real: ok"]);
    }
}

/// A call whose server is killed after the first words, and what the vendor was asked then.
async fn killed_after_the_first_words(policy: AfterFirstToken) -> (Heard, Vec<String>, u64) {
    let (server, vendor) = (LlamaServer::start_with("talk", &ENDLESS), vendor());
    let hops = vec![real(&server, Delivery::Streamed), spare(&vendor, Delivery::Streamed)];
    let world = World::open(hops, policy).await;
    let heard = world.ask_and_kill(&harmless("turn-1"), &server).await;
    assert_eq!(server.ended(), KILLED);
    (heard, world.told(), vendor.ledger().totals.requests)
}

#[tokio::test]
async fn an_answer_that_a_kill_cut_off_is_taken_back_and_begun_anew_where_that_is_the_policy() {
    let (heard, told, asked) = killed_after_the_first_words(AfterFirstToken::Restart).await;
    let reply = heard.answer.unwrap();
    assert!(reply.text.starts_with(&format!("{BY_THE_SPARE}turn-1")), "{}", reply.text);
    assert_eq!((heard.seen, heard.restarts), (reply.text, 1), "nothing is said twice");
    assert_eq!(told, ["real: network", "spare-model instead: network", "spare: ok"]);
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn an_answer_that_a_kill_cut_off_is_the_answer_where_that_is_the_policy() {
    let (heard, told, asked) = killed_after_the_first_words(AfterFirstToken::Finish).await;
    let reply = heard.answer.unwrap();
    assert!(begins_as_the_talker(&reply.text), "{}", reply.text);
    assert_eq!((heard.seen, heard.restarts), (reply.text, 0));
    assert_eq!(reply.finish, FinishReason::Other, "it did not end by itself");
    assert_eq!((told, asked), (vec!["real: network".to_owned()], 0), "nobody else is asked");
}

#[tokio::test]
async fn an_answer_that_a_kill_cut_off_is_an_error_where_that_is_the_policy() {
    let (heard, told, asked) = killed_after_the_first_words(AfterFirstToken::Tell).await;
    assert_eq!(heard.answer.unwrap_err(), ModelErrorKind::Network);
    assert!(begins_as_the_talker(&heard.seen) && heard.restarts == 0, "{}", heard.seen);
    assert_eq!(told, ["real: network", "failed: network"]);
    assert_eq!(asked, 0, "nobody else is asked");
}
