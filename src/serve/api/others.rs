//! Of Dits and Code Storage, what their documents have: the call that sets a webhook up.

use serde_json::{Map, Value, json};

use super::Api;
use super::guard::bearer;
use super::problem::Problem;
use super::request::Request;
use super::shape::{self, Names, Setting};
use crate::core::provider::Provider;
use crate::core::secret::Secret;
use crate::core::serve::scope::Scope;
use crate::core::serve::subscription::{Listed, Subscription};
use crate::receive::server::Reply;
use crate::serve::webhooks;

const DITS: Names = &[
    ("url", Setting::Url),
    ("events", Setting::Events),
    ("active", Setting::Active),
    ("secret", Setting::Secret),
];
const CODE_STORAGE: Names = &[
    ("url", Setting::Url),
    ("events", Setting::Events),
    ("secret", Setting::Secret),
];
/// The bytes of a secret made up.
const SECRET: usize = 32;

/// `POST /v1/repos/{id}/webhooks`: of a service that does not exist yet, which is said with every answer.
pub(super) fn dits(api: &Api, request: Request<'_>, repo: &str) -> Result<Reply, Problem> {
    let provider = api.provider("dits")?;
    let scope: Scope = repo.parse().map_err(|_| Problem::not_found("repository"))?;
    let (listed, _) = create(api, request, &provider, (scope, DITS))?;
    let mut reply = answer(&listed, &provider, DITS, None);
    if let Some(warning) = &provider.warning {
        let warning = format!("299 - \"{warning}\"").into_bytes();
        reply.headers.push(("warning".to_owned(), warning));
    }
    Ok(reply)
}

/// `POST /api/v1/webhooks`: of all repositories. Where no secret is given one is made, and told this once.
pub(super) fn code_storage(api: &Api, request: Request<'_>) -> Result<Reply, Problem> {
    let provider = api.provider("code-storage")?;
    let own = (Scope::everything(), CODE_STORAGE);
    let (listed, made) = create(api, request, &provider, own)?;
    Ok(answer(&listed, &provider, CODE_STORAGE, made.as_deref()))
}

/// Sets a webhook up, and gives the secret that was made for it.
fn create(
    api: &Api,
    request: Request<'_>,
    provider: &Provider,
    (scope, names): (Scope, Names),
) -> Result<(Listed, Option<String>), Problem> {
    if request.method() != "POST" {
        return Err(Problem::method("POST"));
    }
    // Both documents show one; which it must be is known only where `serve` was given one.
    if bearer(request.message()).is_none() {
        return Err(Problem::unauthorized());
    }
    let mut new = Subscription::new(provider, "");
    new.scope = scope;
    shape::set(&mut new, names, &request.object()?, &["url", "events"])?;
    let now = api.sender.clock.now();
    let made = (new.secret.is_none() && provider.id == "code-storage")
        .then(|| api.sender.filler(now).random().hex(2 * SECRET));
    if let Some(made) = &made {
        new.secret = Some(Secret::new(made.as_str()));
    }
    let created = webhooks::create(&api.log(), provider, &new, &api.terms, now);
    let problem = |unfit| Problem::unfit(&unfit, |own| shape::named(names, own));
    Ok((created.map_err(problem)?, made))
}

fn answer(listed: &Listed, provider: &Provider, names: Names, made: Option<&str>) -> Reply {
    let own = &listed.subscription;
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(own.id));
    object.extend(shape::settings(own, names, provider));
    let created = format!("{:.0}", listed.created);
    object.insert("created_at".to_owned(), json!(created));
    if let Some(made) = made {
        object.insert("secret".to_owned(), json!(made));
    }
    Reply::json(201, &Value::Object(object))
}
