//! Schemes whose key is in a certificate: given, or fetched from the provider's own host only.

use crate::harness::Sandbox;

fn notification(url: &str) -> String {
    format!(
        r#"{{"Type":"Notification","MessageId":"1","TopicArn":"arn:aws:sns:eu-west-1:1:t","Message":"m","Timestamp":"2023-11-14T22:13:20Z","SignatureVersion":"2","Signature":"AAAA","SigningCertURL":"{url}"}}"#
    )
}

#[test]
fn without_one_nothing_is_said() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "body.json",
        notification("https://sns.eu-west-1.amazonaws.com/x.pem"),
    );
    let output = sandbox.run(&["verify", "-p", "aws-sns", "body.json"]);
    output.code(6);
    assert!(output.err().contains("--cert"), "{}", output.err());
}

#[test]
fn is_not_fetched_from_a_host_the_sender_chose() {
    let sandbox = Sandbox::new();
    for foreign in [
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "https://127.0.0.1/x.pem",
        "https://sns.eu-west-1.amazonaws.com.example.com/x.pem",
    ] {
        sandbox.write("body.json", notification(foreign));
        let output = sandbox.run(&["verify", "-p", "aws-sns", "--fetch-cert", "body.json"]);
        output.code(6);
        assert!(output.err().contains(foreign), "{}", output.err());
    }
}
