//! `hookcat completions` and `hookcat man`: what is generated from the command line's definition.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_complete::env::Shells;
use clap_mangen::Man;

use super::manual;
use crate::cli::Cli;
use crate::env;
use crate::error::{CommandError, EXIT_CODES};
use crate::ui::Ui;

/// Print a completion script for a shell
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Print the man page, or write all pages to a folder
#[derive(Args, Debug)]
pub struct ManArgs {
    /// Write every page into this folder instead
    #[arg(value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

/// Runs `completions`.
pub(super) fn completions(args: &CompletionsArgs, ui: Ui) -> Result<(), CommandError> {
    let script = script(args.shell)
        .map_err(|error| CommandError::failure("cannot make the script").because(error))?;
    ui.data(&script)
}

/// The script that has a shell ask `hookcat` how a line goes on.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn script(shell: Shell) -> std::io::Result<Vec<u8>> {
    let shells = Shells::builtins();
    let name = shell.to_string();
    let shell = shells.completer(&name);
    let shell = shell.ok_or_else(|| std::io::Error::other(format!("unknown shell `{name}`")))?;
    let mut script = Vec::new();
    shell.write_registration(env::COMPLETE, "hookcat", "hookcat", "hookcat", &mut script)?;
    Ok(script)
}

/// Runs `man`.
pub(super) fn man(args: &ManArgs, ui: Ui) -> Result<(), CommandError> {
    let pages = man_pages()
        .map_err(|error| CommandError::failure("cannot make the man pages").because(error))?;
    let Some(folder) = &args.folder else {
        return ui.data(&pages[0].1);
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| {
            pages
                .iter()
                .try_for_each(|(name, page)| std::fs::write(folder.join(name), page))
        })
        .map_err(|error| {
            CommandError::failure(format!("cannot write to `{}`", folder.display())).because(error)
        })
}

/// Every man page with its file name, the root's first.
///
/// # Errors
/// Never in practice: pages are written to memory.
pub fn man_pages() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    collect(&root, &mut pages)?;
    let others = manual::pages().into_iter();
    pages.extend(others.map(|(name, page)| (name.to_owned(), page.into_bytes())));
    Ok(pages)
}

fn collect(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let mut page = Vec::new();
    // No date: the pages change with the commands, not with the day.
    Man::new(command.clone().name(name.clone()))
        .date("")
        .render(&mut page)?;
    page.extend_from_slice(b".SH \"EXIT STATUS\"\n");
    for (code, meaning) in EXIT_CODES {
        page.extend_from_slice(format!(".TP\n{code}\n{}\n", meaning.replace('`', "")).as_bytes());
    }
    pages.push((format!("{name}.1"), page));
    for sub in command.get_subcommands() {
        collect(sub, pages)?;
    }
    Ok(())
}
