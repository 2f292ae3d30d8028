//! What providers are for: the groups of the catalogue.

use serde::Deserialize;

/// What a provider is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// The user's own.
    #[default]
    Own,
    /// Repositories, builds, issues of developers.
    Code,
    /// Hosting, monitoring, databases.
    Infrastructure,
    /// Payments and banking.
    Payments,
    /// Shops and orders.
    Commerce,
    /// Chat, telephony, e-mail.
    Messaging,
    /// Signing in, users, checks of identity.
    Identity,
    /// Documents, tasks, calendars, support.
    Productivity,
    /// Campaigns, customers, analytics.
    Marketing,
    /// Video, images, models.
    Media,
    /// Specifications that many providers follow.
    Standards,
}

impl Category {
    /// Every category, in the order of the catalogue.
    pub const ALL: [Self; 11] = [
        Self::Own,
        Self::Code,
        Self::Infrastructure,
        Self::Payments,
        Self::Commerce,
        Self::Messaging,
        Self::Identity,
        Self::Productivity,
        Self::Marketing,
        Self::Media,
        Self::Standards,
    ];

    /// The word used in definitions, flags and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Code => "code",
            Self::Infrastructure => "infrastructure",
            Self::Payments => "payments",
            Self::Commerce => "commerce",
            Self::Messaging => "messaging",
            Self::Identity => "identity",
            Self::Productivity => "productivity",
            Self::Marketing => "marketing",
            Self::Media => "media",
            Self::Standards => "standards",
        }
    }
}
