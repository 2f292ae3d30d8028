//! The official SDKs of providers take what hookcat signed: a delivery that was captured, edited and
//! signed anew.
//!
//! The packages are fetched once, at these versions, into the folder of the build. Where there is no
//! node, or no registry, that is said and nothing is held.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::harness::{Sandbox, finish};

const PACKAGES: [&str; 5] = [
    "stripe@23.1.0",
    "svix@1.99.1",
    "standardwebhooks@1.1.1",
    "@octokit/webhooks-methods@6.0.0",
    "@pierre/storage@1.17.1",
];

/// Verifies the request on stdin with the SDK of a name; the body is altered first where it is told so.
const SCRIPT: &str = r#"
import { readFileSync } from "node:fs";

const [sdk, secret, altered] = process.argv.slice(2);
const request = JSON.parse(readFileSync(0, "utf8"));
const body = altered ? request.body.replace("edited", "forged") : request.body;
const headers = Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value]));

const sdks = {
  async stripe() {
    const { default: Stripe } = await import("stripe");
    const stripe = new Stripe("sk_test_none");
    return stripe.webhooks.constructEvent(body, headers["stripe-signature"], secret);
  },
  async svix() {
    const { Webhook } = await import("svix");
    return new Webhook(secret).verify(body, headers);
  },
  async standardwebhooks() {
    const { Webhook } = await import("standardwebhooks");
    return new Webhook(secret).verify(body, headers);
  },
  async octokit() {
    const { verify } = await import("@octokit/webhooks-methods");
    if (!(await verify(secret, body, headers["x-hub-signature-256"]))) throw new Error("does not verify");
    return JSON.parse(body);
  },
  async pierre() {
    const { validateWebhook } = await import("@pierre/storage");
    const found = await validateWebhook(body, headers, secret);
    if (!found.valid) throw new Error(found.error);
    return JSON.parse(body);
  },
};
console.log(JSON.stringify(await sdks[sdk]()));
"#;

/// The folder with the SDKs, or why there is none.
fn folder() -> &'static Result<PathBuf, String> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sdks");
        let error = |error: std::io::Error| error.to_string();
        std::fs::create_dir_all(&folder).map_err(error)?;
        std::fs::write(folder.join("verify.mjs"), SCRIPT).map_err(error)?;
        // Those that are there already are not fetched again.
        let install = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts"])
            .args(["--prefer-offline", "--fetch-retries=0", "--loglevel=error"])
            .args(PACKAGES)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output();
        match install {
            Err(why) => Err(format!("npm: {why}")),
            Ok(output) if output.status.success() => Ok(folder),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    })
}

#[test]
fn an_edited_delivery_that_is_signed_anew_verifies() {
    let folder = match folder() {
        Ok(folder) => folder,
        Err(why) => {
            let told = format!("not run: this needs node and its SDKs: {why}\n");
            let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
            return;
        }
    };
    let sandbox = Sandbox::new();
    for (provider, event, sdk, secret) in [
        ("stripe", "invoice.paid", "stripe", "env:WHSEC"),
        ("svix", "invoice.paid", "svix", "env:WHSEC"),
        (
            "standard-webhooks",
            "invoice.paid",
            "standardwebhooks",
            "env:WHSEC",
        ),
        ("github", "push", "octokit", "env:S"),
        ("code-storage", "push", "pierre", "env:S"),
    ] {
        let named = format!("{provider}={secret}");
        let listener = sandbox.listen(&["-p", provider, "--secret", &named]);
        let to = ["--to", &listener.url, "--no-log"];
        let send = ["send", provider, event, "--secret", secret];
        sandbox.run(&[&send[..], &to].concat()).ok();
        let captured = listener.next();
        assert_eq!(captured["verdict"], "valid", "{provider}");
        // Edited as in an editor, which writes it anew and adds a field.
        let body = captured["body"].as_str().expect("text");
        let mut body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        body["note"] = "caf\u{e9}, edited".into();
        let pretty = serde_json::to_string_pretty(&body).expect("writes");
        sandbox.write("edited.json", &pretty);
        let resigned = ["--data", "edited.json", "--print", "json"];
        let request = sandbox.run(&[&send[..], &resigned].concat());
        let request = request.ok().stdout.clone();
        let secret = match secret {
            "env:S" => crate::harness::SECRET,
            _ => crate::harness::WHSEC,
        };
        let verify = |more: &[&str]| {
            let mut node = sandbox.program("node");
            node.current_dir(folder)
                .args(["verify.mjs", sdk, secret])
                .args(more);
            finish(node, &request)
        };
        let verified = verify(&[]);
        assert_eq!(verified.code, 0, "{sdk}: {}", verified.err());
        let note = "\"note\":\"caf\u{e9}, edited\"";
        // What an SDK gives back of an event it may shape as its own.
        assert!(
            sdk == "pierre" || verified.out().contains(note),
            "{sdk}: {}",
            verified.out()
        );
        // And would not have taken anything.
        assert_ne!(verify(&["altered"]).code, 0, "{sdk}");
    }
}
