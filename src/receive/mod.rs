//! The receiver: an HTTP server that hands over messages as they stood on the wire.
//!
//! | room | what it owns |
//! |---|---|
//! | [`server`] | connections, limits, graceful end |
//! | `seats` | how many connections may be open, and which must go |
//! | `refusal` | why a request never became a message |
//! | [`wire`] | the request head as it was sent: order, repeats and case of the headers |
//! | [`news`] | the way to the printer, bounded |
//! | [`handshake`] | which handshakes are answered, and to whom |
//! | [`book`] | where all that happens is kept and told |
//! | [`route`] | which deliveries are answered how |
//! | [`answer`] | the answer: the application's, a script's, a command's, hookcat's own |
//! | [`intake`] | one message from arrival to answer: look, log, answer, tell |

pub mod answer;
pub mod book;
pub mod handshake;
pub mod intake;
pub mod news;
mod refusal;
pub mod route;
mod seats;
pub mod server;
pub mod wire;

#[cfg(test)]
mod tests;
