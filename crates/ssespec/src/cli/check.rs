//! `ssespec check`: who is to be judged.

use clap::Subcommand;

use super::Stop;
use super::encoder::{self, EncoderArgs};
use super::parser::{self, ParserArgs};
use super::server::{self, ServerArgs};

/// Options of `check`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct CheckArgs {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Judge an encoder: a command that reads events and prints bytes
    Encoder(Box<EncoderArgs>),
    /// Judge a server by its URL (the default)
    Server(Box<ServerArgs>),
    /// Judge a decoder: a command that reads bytes and prints events
    Parser(Box<ParserArgs>),
}

pub(crate) fn run(args: CheckArgs) -> Result<u8, Stop> {
    match args.role {
        None => server::run(args.server),
        Some(Role::Encoder(args)) => encoder::run(*args),
        Some(Role::Server(args)) => server::run(*args),
        Some(Role::Parser(args)) => parser::run(*args),
    }
}
