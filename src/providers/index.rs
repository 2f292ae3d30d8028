// Generated from the definition files beside this one by `cargo test --test it generated`
// with REGENERATE=1.

use super::Builtin;

#[rustfmt::skip]
pub(super) static BUILTIN: &[Builtin] = &[
    Builtin {
        id: "cloudrepo",
        aliases: &[],
        headers: &[],
        by_body: true,
        text: include_str!("cloudrepo.toml"),
    },
    Builtin {
        id: "code-storage",
        aliases: &["pierre"],
        headers: &["x-pierre-event", "x-pierre-signature"],
        by_body: false,
        text: include_str!("code-storage.toml"),
    },
    Builtin {
        id: "dits",
        aliases: &[],
        headers: &["x-hub-signature-256"],
        by_body: false,
        text: include_str!("dits.toml"),
    },
    Builtin {
        id: "generic",
        aliases: &[],
        headers: &["x-signature"],
        by_body: false,
        text: include_str!("generic.toml"),
    },
    Builtin {
        id: "github",
        aliases: &[],
        headers: &["x-github-delivery", "x-github-event", "x-github-hook-id", "x-hub-signature-256"],
        by_body: false,
        text: include_str!("github.toml"),
    },
    Builtin {
        id: "repo-file-sync",
        aliases: &["repofilesync"],
        headers: &[],
        by_body: true,
        text: include_str!("repo-file-sync.toml"),
    },
    Builtin {
        id: "slack",
        aliases: &[],
        headers: &["x-slack-request-timestamp", "x-slack-signature"],
        by_body: false,
        text: include_str!("slack.toml"),
    },
    Builtin {
        id: "standard-webhooks",
        aliases: &["svix", "standardwebhooks"],
        headers: &["svix-id", "svix-signature", "webhook-id", "webhook-signature", "webhook-timestamp"],
        by_body: false,
        text: include_str!("standard-webhooks.toml"),
    },
    Builtin {
        id: "statly",
        aliases: &["statly-code"],
        headers: &["x-statly-delivery", "x-statly-event", "x-statly-signature"],
        by_body: false,
        text: include_str!("statly.toml"),
    },
    Builtin {
        id: "stripe",
        aliases: &[],
        headers: &["stripe-signature"],
        by_body: false,
        text: include_str!("stripe.toml"),
    },
];
