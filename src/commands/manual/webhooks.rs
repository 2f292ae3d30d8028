//! hookcat-webhooks(7): the provider that `serve` plays, and what its documents leave open.

use clap_mangen::roff::roman;

use super::{begun, literal, words};

/// The page's file.
pub(super) const NAME: &str = "hookcat-webhooks.7";

/// A first try.
const EXAMPLE: &str = "\
hookcat serve --speed 60x &
hookcat hooks create statly http://localhost:3000/hooks --repo my-org/my-app --secret env:S
curl -H 'Content-Type: application/json' http://localhost:4500/events \\
  -d '{\"provider\":\"statly\",\"event\":\"push\",\"repository\":\"my-org/my-app\"}'
curl http://localhost:4500/api/v1/code/repos/my-org/my-app/webhooks/webhook_1/deliveries
";

/// What there is to ask for.
const PATHS: [(&str, &str); 10] = [
    (
        "GET /api/v1/code/repos/{org}/{repo}/webhooks",
        "Statly: the webhooks of a repository, as `{\"webhooks\": [...]}`.",
    ),
    (
        "POST /api/v1/code/repos/{org}/{repo}/webhooks",
        "Sets one up: `url`, `events`, and if wanted `secret`, `contentType`, `isActive`, `maxRetries`, \
         `retryIntervalSeconds`. Answered 201 with the webhook.",
    ),
    (
        "PATCH .../webhooks/{id}",
        "Changes those that are given; a `secret` of null takes it away. Answered 200 with the webhook.",
    ),
    (
        "DELETE .../webhooks/{id}",
        "Deletes it, with what is still to be sent to it. Answered 204.",
    ),
    (
        "POST .../webhooks/{id}/test",
        "Sends a `ping`. Answered 202 with the delivery; 409 for a webhook that is not active.",
    ),
    (
        "GET .../webhooks/{id}/deliveries",
        "The deliveries, the newest first, as `{\"deliveries\": [...]}`.",
    ),
    (
        "POST .../webhooks/{id}/deliveries/{deliveryId}/redeliver",
        "Sends one once more. Answered 202 with the delivery.",
    ),
    (
        "POST /v1/repos/{id}/webhooks",
        "Dits, which is planned and does not exist: every answer says so in a `Warning` header. Takes `url`, \
         `events`, `secret`, `active`. Needs an `Authorization: Bearer` header.",
    ),
    (
        "POST /api/v1/webhooks",
        "Code Storage, for all repositories: takes `url`, `events`, `secret`. Needs an `Authorization: \
         Bearer` header.",
    ),
    (
        "POST /events",
        "Something happened: `provider`, `event`, and if wanted `repository` and `payload`; without a \
         payload it is a sample, without a repository it is of the payload's. Answered 202 once it is on \
         disk, with how many webhooks take it.",
    ),
];

/// What the documents leave open, and what was chosen.
const CHOICES: [(&str, &str); 19] = [
    (
        "errors",
        "`{\"error\": {\"code\": ..., \"message\": ..., \"field\": ...}}`, with 400 for what is no JSON, 401 without \
         the token, 403 for a plan that is full, 404, 405, 409, 413, 415, 422 for a setting that is wrong, 503 \
         where the log cannot be written. A setting of no known name is an error, not ignored.",
    ),
    (
        "paging",
        "`?limit=` from 1 to 100, 50 if left out, and `?cursor=`: the `nextCursor` of the answer before, \
         null with the last.",
    ),
    (
        "ids",
        "a webhook's is `webhook_` and its number in `hookcat hooks list`; a delivery's is the one in \
         `X-Statly-Delivery`.",
    ),
    (
        "status",
        "`pending` before the first attempt, `retrying` between attempts, then `success` or `failed`. The \
         document shows `success` alone.",
    ),
    (
        "attempt, responseCode, durationMs, deliveredAt",
        "the number of attempts so far, and of the last one its answer, how long it took and when it began; \
         null where there is none. `error` says why there was no answer: `timeout`, `connect`, `broken`.",
    ),
    (
        "deliveryCount, failureCount, lastDeliveryAt",
        "deliveries that were begun, those that were given up, and when the last attempt was.",
    ),
    (
        "redelivery",
        "keeps the delivery's id and body, counts its attempts on, and begins its schedule anew.",
    ),
    (
        "contentType, maxRetries, retryIntervalSeconds, createdAt",
        "are told beside the documented fields of a list; a secret is never told.",
    ),
    (
        "maxRetries, retryIntervalSeconds",
        "at most 100, and from 1 second to 24 hours.",
    ),
    (
        "retries",
        "`hookcat providers show statly` and `hookcat providers show dits` say how their schedules are read. \
         Where no schedule is documented (CloudRepo, Code Storage) there is one attempt.",
    ),
    (
        "a secret of Code Storage",
        "is made where none is given, and told in that one answer.",
    ),
    (
        "organizations",
        "have no documented API: `hookcat hooks create --repo my-org` hears of all of its repositories.",
    ),
    (
        "an event",
        "goes to the webhooks there were when it happened, as far as they are active when it is sent on.",
    ),
    (
        "the repository of an event",
        "is the one that is named, else the one its payload is of; a webhook of `my-org` hears of `my-org/my-app`.",
    ),
    (
        "a push",
        "that makes a branch is told as a push too where it brings commits that no ref had; of those the newest \
         100 are told. A push after which the branch's last commit is not in it any more is a force push. The \
         `sha` of a tag is the tag's own object, `head_commit` the commit it names. What a provider has no \
         event for, such as Statly for a tag that moves, is not told. Who pushes is who git takes the user \
         for (`--sender`), and ids of repositories and people are made of their names.",
    ),
    (
        "a message to Slack",
        "says who did what where, in code, where Slack reads no markup; at most 12 commits or facts. It is not \
         signed: the URL is the secret, and is shown without its end.",
    ),
    (
        "a mail",
        "is plain text from `hookcat@localhost`, through `hookcat serve --smtp HOST:PORT`, without TLS or login. \
         4yz is tried again on the provider's schedule, where it has one; 5yz is final.",
    ),
    (
        "an endpoint that fails",
        "20 times in turn, over a minute at least, is paused for a minute, then twice as long each time, at \
         most an hour; `--speed` divides that. The end of a pause is tried with one delivery.",
    ),
    (
        "HTTPS",
        "where the document asks for it (Statly, Repo File Sync) is asked for, but on this machine.",
    ),
];

/// The page.
pub(super) fn page() -> String {
    let mut roff = begun(("hookcat-webhooks", "7"), "the provider that serve plays");
    roff.control("SH", ["DESCRIPTION"]);
    roff.text(words(
        "`hookcat serve` is a provider on this machine: it sends what happens to the webhooks that take it, \
         signed, on the provider's schedule of retries, and answers the provider's API. Webhooks, events and \
         what is still to be sent are in the log's file, so that `hookcat hooks` and `hookcat emit` work \
         whether or not it runs, and a server that was ended or killed goes on where it was: everything is \
         sent at least once, and what is sent twice has the same id.",
    ));
    roff.control("PP", []);
    roff.text(words(
        "`hookcat hooks create --target slack` has an event told as a message to a Slack incoming webhook, \
         `--target email` as a mail through the server that `hookcat serve --smtp` names. Neither is signed.",
    ));
    roff.control("PP", []);
    roff.text(words(
        "No redirect is followed. Webhooks to link-local addresses, where a cloud's metadata is, are refused, \
         also behind a name; `--allow-link-local` takes them. Without `--token`, only requests for this \
         machine's own name are answered, and none that a page of another site makes.",
    ));
    roff.control("SH", ["EXAMPLE"]);
    literal(&mut roff, EXAMPLE);
    roff.control("SH", ["INTERFACES"]);
    for (path, about) in PATHS {
        roff.control("TP", []);
        roff.text(words(&format!("`{path}`")));
        roff.text(words(about));
    }
    roff.control("SH", ["WHAT DOCUMENTS LEAVE OPEN"]);
    for (what, about) in CHOICES {
        roff.control("TP", []);
        roff.text(words(&format!("`{what}`")));
        roff.text(words(about));
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(
        "hookcat-serve(1), hookcat-hooks(1), hookcat-emit(1), hookcat-providers(1)",
    )]);
    roff.render()
}
