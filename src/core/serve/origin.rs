//! The repository that a payload is of, where payloads say it.

use serde_json::Value;

use super::scope::Scope;

/// Where payloads have a repository's whole name: as GitHub and its likes do, as Statly does, as GitLab
/// does.
const WHOLE: [&str; 3] = [
    "/repository/full_name",
    "/repository/fullName",
    "/project/path_with_namespace",
];
/// Where they have its last part, or nothing else.
const NAME: &str = "/repository/name";
/// Where they have its address.
const URL: &str = "/repository/url";

/// The repository a payload is of; everything's where it says none.
#[must_use]
pub fn repository(payload: &Value) -> Scope {
    let text = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str);
    let whole = WHOLE.iter().find_map(|pointer| text(pointer));
    let found = whole.or_else(|| text(NAME)).or_else(|| path(text(URL)?));
    found.and_then(|name| name.parse().ok()).unwrap_or_default()
}

/// Puts a repository into a payload, in the places that are there.
pub fn set_repository(payload: &mut Value, repository: &Scope) {
    let whole = repository.as_str();
    let last = whole.rsplit('/').next().unwrap_or(whole);
    let has_whole = WHOLE
        .iter()
        .any(|pointer| payload.pointer(pointer).is_some());
    for pointer in WHOLE {
        set(payload, pointer, whole.to_owned());
    }
    set(payload, NAME, last.to_owned());
    if !has_whole
        && let Some(url) = payload.pointer(URL).and_then(Value::as_str)
        && let Some(old) = path(url)
    {
        let start = url.len() - old.len();
        let url = format!("{}{whole}", &url[..start]);
        set(payload, URL, url);
    }
}

fn set(payload: &mut Value, pointer: &str, text: String) {
    if let Some(place) = payload.pointer_mut(pointer).filter(|own| own.is_string()) {
        *place = text.into();
    }
}

/// The path of an address, without its slash.
fn path(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split_once('/')
        .map(|own| own.1)
        .filter(|own| !own.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn payloads_name_their_repository_each_in_its_way() {
        let of = |payload: Value| repository(&payload).to_string();
        assert_eq!(
            of(json!({ "repository": { "name": "app", "full_name": "org/app" } })),
            "org/app"
        );
        assert_eq!(
            of(json!({ "repository": { "fullName": "org/app" } })),
            "org/app"
        );
        assert_eq!(
            of(json!({ "repository": { "name": "maven-releases" } })),
            "maven-releases"
        );
        assert_eq!(
            of(json!({ "repository": { "url": "https://a.example/team/x" } })),
            "team/x"
        );
        assert_eq!(
            of(json!({ "repository": { "fullName": "\u{1b}[2J" } })),
            "*"
        );
        assert_eq!(of(json!({ "repository": "x" })), "*");
        assert_eq!(of(json!([])), "*");
    }

    #[test]
    fn a_repository_is_put_where_one_stands() {
        let scope: Scope = "my-org/other".parse().expect("a scope");
        let set = |mut payload: Value| {
            set_repository(&mut payload, &scope);
            payload
        };
        assert_eq!(
            set(
                json!({ "repository": { "name": "app", "fullName": "org/app", "url": "https://a/x" } })
            ),
            json!({ "repository": { "name": "other", "fullName": "my-org/other", "url": "https://a/x" } })
        );
        assert_eq!(
            set(json!({ "repository": { "url": "https://git.example/team/x" } })),
            json!({ "repository": { "url": "https://git.example/my-org/other" } })
        );
        assert_eq!(set(json!({ "data": 1 })), json!({ "data": 1 }));
    }
}
