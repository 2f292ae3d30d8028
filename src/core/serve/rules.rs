//! What a provider's documents allow of a webhook: the table `[subscription]` of its definition.

use serde::Deserialize;

/// What holds of a provider's webhooks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rules {
    /// Whether a URL must be HTTPS.
    pub https: bool,
    /// Whether a webhook cannot be modified, only deleted and made anew.
    pub fixed: bool,
    /// Whether a webhook gets every event, without a choice.
    pub every_event: bool,
    /// Whether a webhook has a retry count and an interval of its own.
    pub own_retries: bool,
    /// What an account may have, the smallest first.
    pub plans: Vec<Plan>,
    /// What the documents leave open, and what was chosen here.
    pub choices: Vec<String>,
}

/// What an account of one price may have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// What `--plan` takes.
    pub name: String,
    /// The most webhooks of a repository; any number where it is not said.
    pub webhooks: Option<u32>,
    /// Days that deliveries are kept.
    pub days: u32,
}

impl Rules {
    /// The plan of a name.
    #[must_use]
    pub fn plan(&self, name: &str) -> Option<&Plan> {
        self.plans.iter().find(|own| own.name == name)
    }
}
