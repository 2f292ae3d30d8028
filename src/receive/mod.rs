//! The receiver: an HTTP server that hands over messages as they stood on the wire.
//!
//! | room | what it owns |
//! |---|---|
//! | [`server`] | accepting, limits, graceful end |
//! | [`socket`] | where connections come from: a TCP port, a Unix socket |
//! | [`tls`] | the certificate TLS is spoken with |
//! | [`certificate`] | the certificate made for this machine, and kept |
//! | [`crew`] | the threads connections are served on |
//! | `connection` | one connection: what is spoken on it, HTTP/1 |
//! | `http2` | many requests at once on one connection |
//! | `request` | one request from head to answer, within the limits |
//! | `seats` | how many connections may be open, and which must go |
//! | `refusal` | why a request never became a message |
//! | [`wire`] | the request head as it was sent: order, repeats and case of the headers |
//! | [`news`] | the way to the printer, bounded |
//! | [`handshake`] | which handshakes are answered, and to whom |
//! | [`attempts`] | attempts of one delivery told apart without a log |
//! | [`book`] | where all that happens is kept and told |
//! | [`route`] | which deliveries are answered how |
//! | [`answer`] | the answer: the application's, a script's, a command's, hookcat's own |
//! | [`intake`] | one message from arrival to answer: look, log, answer, tell |

pub mod answer;
pub mod attempts;
pub mod book;
pub mod certificate;
mod connection;
pub mod crew;
mod first;
pub mod handshake;
mod http2;
pub mod intake;
pub mod news;
mod refusal;
mod request;
pub mod route;
mod seats;
pub mod server;
pub mod socket;
pub mod tls;
#[cfg(unix)]
pub mod unix;
pub mod wire;

#[cfg(test)]
mod tests;
