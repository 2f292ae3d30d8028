//! The options of `emit`.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::commands::complete;
use crate::commands::options::Format;
use crate::commands::send::BodyOptions;
use crate::core::git::Person;
use crate::core::serve::scope::Scope;
use crate::repeat::Repeat;

/// Make an event happen at a provider; `hookcat serve` delivers it to the webhooks that take it
#[derive(Args, Debug)]
pub struct EmitArgs {
    /// The provider to play; with --from-git all of which a push tells, where none is named
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers), required_unless_present_any = ["from_git", "install_hook"])]
    provider: Option<String>,

    /// The event; `hookcat providers show PROVIDER` lists them. Or a template of the project
    #[arg(value_name = "EVENT", add = ArgValueCandidates::new(complete::events), required_unless_present_any = ["from_git", "install_hook"], conflicts_with_all = ["from_git", "install_hook"])]
    event: Option<String>,

    /// The repository it happens in, `org/name`
    ///
    /// Webhooks of this repository, of its organization and of all repositories take it. Where it is
    /// not said, it is the body's own; with --from-git, the last two folders of the repository's path.
    #[arg(long, value_name = "REPO")]
    pub(super) repo: Option<Scope>,

    #[command(flatten)]
    pub(super) body: BodyOptions,

    /// Tell what a push did to a git repository, by lines `OLD NEW REF` on stdin, as post-receive gets
    /// them
    ///
    /// Refs, SHAs, commits and authors are the repository's own. A push that takes commits away is a
    /// force push. Without PATH it is the repository that git takes here, in a hook the hook's own.
    #[arg(help_heading = FROM_GIT, long, value_name = "PATH", num_args = 0..=1, default_missing_value = "", value_hint = clap::ValueHint::DirPath, conflicts_with_all = ["data", "template", "edits", "json_edits"])]
    pub(super) from_git: Option<OsString>,

    /// With --from-git: take what changed since the last --compare, instead of lines on stdin
    #[arg(help_heading = FROM_GIT, long, requires = "from_git", conflicts_with = "install_hook")]
    pub(super) compare: bool,

    /// With --from-git: who pushes, `Name <address>`; where it is not said, who git takes you for
    #[arg(help_heading = FROM_GIT, long, value_name = "PERSON", value_parser = person)]
    pub(super) sender: Option<Person>,

    /// Print a post-receive hook that tells every push
    #[arg(help_heading = FROM_GIT, long, conflicts_with_all = ["data", "template", "edits", "json_edits"])]
    pub(super) install_hook: bool,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,

    #[command(flatten)]
    pub(super) repeat: Repeat,
}

/// The heading these options stand under; set on each, so that it does not run on over the verb's own.
const FROM_GIT: &str = "From git";

fn person(text: &str) -> Result<Person, String> {
    Person::parse(text)
        .ok_or_else(|| "expected a person such as `Ada <ada@example.com>`".to_owned())
}

impl EmitArgs {
    /// The provider as it was named; empty only where none need be.
    pub(super) fn provider(&self) -> &str {
        self.named().unwrap_or_default()
    }

    /// The provider, where one was named.
    pub(super) fn named(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// The event as it was named.
    pub(super) fn event(&self) -> &str {
        self.event.as_deref().unwrap_or_default()
    }

    /// Where the git repository is, where that was said.
    pub(super) fn path(&self) -> Option<&Path> {
        let path = self.from_git.as_deref().map(Path::new);
        path.filter(|path| !path.as_os_str().is_empty())
    }
}
