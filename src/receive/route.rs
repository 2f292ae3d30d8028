//! Routes: which deliveries are answered how.

use std::sync::Arc;

use super::answer::exec::Exec;
use super::answer::forward::Forward;
use super::answer::script::Scripted;
use crate::core::pattern::{Pattern, Subject};

/// What is done with a delivery that a route takes.
#[derive(Clone, Debug)]
pub enum Action {
    /// It goes on to an application.
    Forward(Arc<Forward>),
    /// It is answered by a script.
    Respond(Arc<Scripted>),
    /// A command is run for it.
    Run(Arc<Exec>),
}

/// The routes in order.
#[derive(Debug, Default)]
pub struct Routes(Vec<(Pattern, Action)>);

impl Routes {
    /// Appends a route: those before it come first.
    pub fn push(&mut self, pattern: Pattern, action: Action) {
        self.0.push((pattern, action));
    }

    /// What the first route that fits does; `None` where hookcat answers by itself.
    #[must_use]
    pub fn find(&self, subject: Subject<'_>) -> Option<&Action> {
        let (_, action) = self.0.iter().find(|(own, _)| own.fits(subject))?;
        Some(action)
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = &(Pattern, Action)> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::script::{Script, Step};

    #[test]
    fn the_first_that_fits_decides() {
        let mut routes = Routes::default();
        for (pattern, status) in [("github:push", 201), ("github:*", 202), ("/only", 203)] {
            let script = Script {
                steps: Step::Status(status).into(),
                ..Script::default()
            };
            let action = Action::Respond(Arc::new(Scripted::new(script)));
            routes.push(pattern.parse().expect("a pattern"), action);
        }
        let find = |provider, event, target| {
            let subject = Subject {
                provider: Some(provider),
                event: Some(event),
                target,
            };
            match routes.find(subject) {
                Some(Action::Respond(own)) => Some(own.script.steps.to_string()),
                _ => None,
            }
        };
        assert_eq!(find("github", "push", "/only").as_deref(), Some("201"));
        assert_eq!(find("github", "ping", "/only").as_deref(), Some("202"));
        assert_eq!(find("gitlab", "push", "/only?a").as_deref(), Some("203"));
        assert_eq!(find("gitlab", "push", "/"), None);
    }
}
