//! Which deliveries are answered how: the first route that fits, from the command line or a file.

use crate::forwarding::{PAID, status, with_acme};
use crate::harness::Sandbox;
use crate::snapshot;
use crate::wire::{Endpoint, exchange, post};

#[test]
fn by_the_first_route_that_fits() {
    let sandbox = with_acme("30s");
    let [paid, path, rest] = [201, 202, 203].map(|own| Endpoint::answering(&[own; 2]));
    let listener = sandbox.listen(&[
        "--route",
        &format!("acme:*.paid={}/paid", paid.url),
        "--route",
        &format!("/hoo*={}", path.url),
        "--forward-to",
        &rest.url,
    ]);
    assert_eq!(status(&listener, &PAID, b"1"), 201);
    assert_eq!(paid.next().first, "POST /paid HTTP/1.1");
    let refunded = [("X-Acme-Event", "order.refunded")];
    assert_eq!(status(&listener, &refunded, b"2"), 202);
    assert_eq!(path.next().first, "POST /hooks HTTP/1.1");
    let elsewhere = format!(
        "POST /a?b=%20 HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n",
        listener.address()
    );
    let answer = exchange(listener.address(), elsewhere.as_bytes()).expect("an answer");
    assert_eq!(answer.status(), 203);
    assert_eq!(rest.next().first, "POST /a?b=%20 HTTP/1.1");
}

#[test]
fn by_the_routes_of_a_file_unless_the_command_line_has_its_own() {
    let sandbox = with_acme("30s");
    let (one, other) = (Endpoint::answering(&[201]), Endpoint::answering(&[202; 2]));
    let routes = |url: &str| {
        format!(
            "[listen]\nforward-to = \"{}\"\n\n\
             [[listen.routes]]\nmatch = \"acme:*\"\nforward-to = \"{url}\"\n\n\
             [[listen.routes]]\nmatch = \"/hooks\"\nrespond = 418\nbody = \"short\"\n",
            other.url
        )
    };
    sandbox.write("hookcat.toml", routes(&one.url));
    let listener = sandbox.listen(&[]);
    assert_eq!(status(&listener, &PAID, b"1"), 201);
    let answer = post(listener.address(), &[], b"2").expect("an answer");
    assert_eq!((answer.status(), answer.body), (418, b"short".to_vec()));
    let listener = sandbox.listen(&["--route", &format!("acme:*={}", other.url)]);
    assert_eq!(status(&listener, &PAID, b"3"), 202);
    // Nothing of the file is left: what no route fits is answered by hookcat.
    assert_eq!(status(&listener, &[], b"4"), 200);
}

#[test]
fn what_makes_no_route() {
    let sandbox = Sandbox::new();
    for (name, args) in [
        ("route_without_an_action", &["--route", "github:push"][..]),
        ("route_of_no_pattern", &["--route", "github: push=3000"]),
        ("route_of_no_provider", &["--route", "repo:push=3000"]),
        ("route_of_no_endpoint", &["--route", "*=ftp://a"]),
        (
            "forward_retry_before_the_answer",
            &["--forward-to", "1", "--forward-retry"],
        ),
    ] {
        let output = snapshot::run(&sandbox, name, &[&["listen"], args].concat());
        output.code(2);
    }
    for (name, route) in [
        ("config_route_of_nothing", "match = \"*\""),
        (
            "config_route_of_two",
            "match = \"*\"\nforward-to = \"3000\"\nrespond = 200",
        ),
        (
            "config_route_of_an_answer_not_its_own",
            "match = \"*\"\nforward-to = \"3000\"\ndelay = \"2s\"",
        ),
        (
            "config_route_of_no_answer",
            "match = \"*\"\nrespond = \"2xx\"",
        ),
    ] {
        sandbox.write("hookcat.toml", format!("[[listen.routes]]\n{route}\n"));
        let args = ["listen", "--port", "0", "--no-log"];
        snapshot::run(&sandbox, name, &args).code(2);
    }
}
