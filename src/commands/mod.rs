//! The verbs: a file each, with its arguments and its `run`.

mod certificate;
mod check;
mod complete;
mod demo;
mod emit;
mod ending;
mod export;
mod generate;
mod handshake;
mod hooks;
mod import;
mod inputs;
mod junit;
mod keys;
mod listen;
mod log;
mod manual;
mod options;
mod output;
mod printer;
mod providers;
mod replay;
mod search;
mod selection;
mod send;
mod serve;
mod session;
mod shapes;
mod shipment;
mod sign;
mod signals;
mod template;
mod validate;
mod verify;

use clap::Subcommand;

pub(crate) use self::complete::profiles;
pub use self::generate::{man_pages, script as completion_script};
use self::session::Session;
use crate::cli::Global;
use crate::error::CommandError;
use crate::ui::Ui;

/// The verbs.
// A verb's options are built when it is the one that runs: it halves the start-up.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Receive webhooks: verify, record, show and forward them
    Listen(Box<listen::ListenArgs>),
    /// Send a provider's event, signed
    Send(Box<send::SendArgs>),
    /// Send recorded deliveries again, byte for byte or signed anew
    Replay(Box<replay::ReplayArgs>),
    /// Print the headers that sign a body
    Sign(sign::SignArgs),
    /// Verify a delivery's signature and say why it fails
    Verify(verify::VerifyArgs),
    /// Play a provider, honest and hostile, against an endpoint and say what it handles wrongly
    Check(Box<check::CheckArgs>),
    /// Play a provider: deliver events to webhooks, with its retries, and answer its API
    Serve(Box<serve::ServeArgs>),
    /// Set up webhooks that `serve` delivers to, and look at them
    Hooks(hooks::HooksArgs),
    /// Make an event happen at a provider; `hookcat serve` delivers it to the webhooks that take it
    Emit(Box<emit::EmitArgs>),
    /// Look at the recorded deliveries
    Log(log::LogArgs),
    /// Look at the providers hookcat knows
    Providers(providers::ProvidersArgs),
    /// Save deliveries as templates of the project, and look at them
    Template(template::TemplateArgs),
    /// Make fresh secrets and key pairs
    Keys(keys::KeysArgs),
    /// Print a completion script for a shell
    Completions(generate::CompletionsArgs),
    /// Print the man page, or write all pages to a folder
    Man(generate::ManArgs),
}

/// Runs a verb.
///
/// # Errors
/// What the verb ends with when it does not end well.
pub fn run(command: Command, global: Global, ui: Ui) -> Result<(), CommandError> {
    let session = || Session::open(ui, global);
    match command {
        Command::Listen(args) => listen::run(&args, &session()?),
        Command::Send(args) => send::run(&args, &session()?),
        Command::Replay(args) => replay::run(&args, &session()?),
        Command::Sign(args) => sign::run(&args, &session()?),
        Command::Verify(args) => verify::run(&args, &session()?),
        Command::Check(args) => check::run(&args, &session()?),
        Command::Serve(args) => serve::run(&args, &session()?),
        Command::Hooks(args) => hooks::run(&args, &session()?),
        Command::Emit(args) => emit::run(&args, &session()?),
        Command::Log(args) => log::run(&args, &session()?),
        Command::Providers(args) => providers::run(&args, ui, session),
        Command::Template(args) => template::run(&args, &session()?),
        Command::Keys(args) => keys::run(&args, &session()?),
        Command::Completions(args) => generate::completions(&args, ui),
        Command::Man(args) => generate::man(&args, ui),
    }
}
