//! The root parser: global options, the list of verbs, and the one way out.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, CommandFactory, Parser};
use clap_complete::{ArgValueCandidates, CompleteEnv};

use crate::commands;
use crate::env;
use crate::show::sanitize;
use crate::ui::{ColorChoice, Ui};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Send, receive, verify, sign, record and replay webhooks of any provider, offline
#[derive(Debug, Parser)]
#[command(
    name = "hookcat",
    version,
    propagate_version = true,
    styles = STYLES,
    help_expected = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Start with: hookcat listen --demo"
)]
pub struct Cli {
    /// What applies to every verb.
    #[command(flatten)]
    pub global: Global,
    /// The verb.
    #[command(subcommand)]
    pub command: commands::Command,
}

/// What applies to every verb.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Global options"
    )]
    pub color: ColorChoice,

    /// Keep the log in this file
    #[arg(long, global = true, env = env::unless_empty(env::LOG), value_name = "PATH", value_hint = clap::ValueHint::FilePath, help_heading = "Global options")]
    pub log: Option<PathBuf>,

    /// Take provider, secret and endpoint from this profile of hookcat.toml
    #[arg(long, global = true, env = env::unless_empty(env::PROFILE), value_name = "NAME", add = ArgValueCandidates::new(commands::profiles), help_heading = "Global options")]
    pub profile: Option<String>,
}

/// Parses the command line, runs the verb, prints its error once.
#[must_use]
pub fn main() -> ExitCode {
    completions().complete();
    let cli = Cli::try_parse().unwrap_or_else(|error| refuse(&error));
    let ui = Ui::new(cli.global.color);
    match commands::run(cli.command, cli.global, ui) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.print(&ui);
            ExitCode::from(error.kind.exit_code())
        }
    }
}

/// What answers a shell that asks how a line goes on.
fn completions() -> CompleteEnv<'static, fn() -> clap::Command> {
    let ask: fn() -> clap::Command = Cli::command;
    CompleteEnv::with_factory(ask).var(env::COMPLETE)
}

/// Prints what the parser says and ends. It repeats arguments as they are, so those a terminal would
/// act on are escaped and parsed again, for the message alone.
fn refuse(error: &clap::Error) -> ! {
    let args = std::env::args_os().map(|arg| sanitize::line(&arg.to_string_lossy()).into_owned());
    match Cli::try_parse_from(args) {
        Err(escaped) if escaped.kind() == error.kind() => escaped.exit(),
        _ => error.exit(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
