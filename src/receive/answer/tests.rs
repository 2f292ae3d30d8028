use tokio::sync::Semaphore;

use super::*;
use crate::core::delivery::Direction;
use crate::core::message::{Headers, Message};
use crate::core::pattern::Pattern;
use crate::core::script::Script;
use crate::core::verdict::{Coverage, Proof, Why};
use crate::deliver::{Client, ClientOptions, Trust, endpoint};
use crate::receive::attempts::Unlogged;
use crate::receive::news::{News, Share};
use crate::repeat::Repeat;

fn answers(action: Option<Action>, forward_invalid: bool) -> Answers {
    let mut routes = Routes::default();
    if let Some(action) = action {
        routes.push(Pattern::everything(), action);
    }
    Answers {
        book: Book {
            writer: None,
            news: News::channel(Share::Fitting).0,
            clock: Repeat::default().clock(),
            unlogged: Unlogged::default(),
        },
        catalog: Arc::new(Catalog::new(Vec::new())),
        routes,
        forward_invalid,
        random: Mutex::new(Random::from_text("7")),
        tasks: Tasks::default(),
    }
}

fn forward() -> Action {
    let options = ClientOptions {
        timeout: Duration::from_secs(1),
        trust: Trust::default(),
        reply_bytes: 1,
    };
    Action::Forward(Arc::new(Forward {
        client: Client::new(&options, Repeat::default().clock()).expect("a client"),
        endpoint: endpoint("3000").expect("an endpoint"),
        slots: Arc::new(Semaphore::new(50)),
        most: 50,
        timeout: None,
        ack_first: None,
    }))
}

fn respond() -> Action {
    Action::Respond(Arc::new(Scripted::new(Script {
        steps: Step::Status(418).into(),
        ..Script::default()
    })))
}

fn run(answers: bool, unverified: bool) -> Action {
    Action::Run(Arc::new(Exec {
        command: "true".to_owned(),
        jobs: Arc::new(Semaphore::new(4)),
        most: 4,
        timeout: Duration::from_secs(1),
        answers,
        unverified,
        withheld: Vec::new(),
    }))
}

fn delivery(body: Vec<u8>) -> Delivery {
    Delivery::new(
        Direction::Received,
        jiff::Timestamp::UNIX_EPOCH,
        Message::post(Headers::new(), body),
    )
}

fn word(plan: &Plan) -> &'static str {
    match plan {
        Plan::Own(..) => "own",
        Plan::Handshake(_) => "handshake",
        Plan::Script(..) => "script",
        Plan::Forward(..) => "forward",
        Plan::Run(..) => "run",
        Plan::Full(..) => "full",
        Plan::NotRun(_) => "not run",
    }
}

#[test]
fn who_answers_and_what_is_known_of_it_before() {
    let valid = || {
        Verdict::Valid(Proof {
            secret_index: 0,
            coverage: Coverage::Body,
            age: None,
        })
    };
    let invalid = || Verdict::Invalid(Reason::Mismatch);
    let open = || Verdict::Unverifiable(Why::NoSecret);
    let plan = |action, forward_invalid, verdict, shakes: bool| {
        let reply = Reply {
            status: 202,
            ..Reply::default()
        };
        let answers = answers(action, forward_invalid);
        let plan = answers.plan(&delivery(Vec::new()), &verdict, shakes.then_some(reply));
        (word(&plan), plan.status())
    };
    for (action, verdict, shakes, wanted) in [
        (None, valid(), false, ("own", Some(200))),
        (None, open(), false, ("own", Some(200))),
        (None, invalid(), false, ("own", Some(401))),
        (None, invalid(), true, ("handshake", Some(202))),
        (Some(forward()), valid(), false, ("forward", None)),
        (Some(forward()), open(), false, ("forward", None)),
        (Some(forward()), invalid(), false, ("own", Some(401))),
        (Some(forward()), open(), true, ("forward", None)),
        (Some(respond()), open(), false, ("script", Some(418))),
        (Some(respond()), invalid(), false, ("own", Some(401))),
        (Some(respond()), open(), true, ("handshake", Some(202))),
        (Some(run(false, false)), valid(), false, ("run", Some(200))),
        (Some(run(true, false)), valid(), false, ("run", None)),
        (
            Some(run(false, false)),
            open(),
            false,
            ("not run", Some(200)),
        ),
        (
            Some(run(true, false)),
            open(),
            false,
            ("not run", Some(403)),
        ),
        (Some(run(true, true)), open(), false, ("run", None)),
        (Some(run(true, true)), invalid(), false, ("own", Some(401))),
        (
            Some(run(true, true)),
            open(),
            true,
            ("handshake", Some(202)),
        ),
    ] {
        let told = format!("{action:?} {verdict:?} {shakes}");
        assert_eq!(plan(action, false, verdict, shakes), wanted, "{told}");
    }
    let all = plan(Some(forward()), true, invalid(), false);
    assert_eq!(all, ("forward", None));
    let all = plan(Some(respond()), true, invalid(), false);
    assert_eq!(all, ("own", Some(401)));
}

#[test]
fn what_there_is_no_room_for_is_to_be_sent_again() {
    for (action, flag) in [
        (forward(), "--max-forwards"),
        (run(false, true), "--exec-jobs"),
    ] {
        let answers = answers(Some(action), false);
        let open = Verdict::Unverifiable(Why::NoSecret);
        let large = delivery(vec![0; 40 * 1024 * 1024]);
        let first = answers.plan(&large, &open, None);
        let second = answers.plan(&large, &open, None);
        assert_eq!((word(&second), second.status()), ("full", Some(503)));
        assert!(
            matches!(second, Plan::Full(_, own) if own == flag),
            "{flag}"
        );
        let reply = second.reply(None).expect("an answer");
        assert!(reply.headers.iter().any(|(name, _)| name == "retry-after"));
        drop(first);
        assert_ne!(word(&answers.plan(&large, &open, None)), "full");
    }
}
