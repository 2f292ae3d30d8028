//! Where `listen` receives, over what, and how much of it: address, TLS, Unix socket, limits.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::RangedU64ValueParser;
use tokio::net::TcpListener;

use super::forwarding::patience;
use crate::commands::options::address;
use crate::commands::session::Session;
use crate::core::retry::Span;
use crate::deliver::Trust;
use crate::env;
use crate::error::CommandError;
use crate::paths;
use crate::receive::certificate::{self, Kept};
use crate::receive::server::Limits;
use crate::receive::socket::Listener;
use crate::receive::tls::{Tls, TlsError};
#[cfg(unix)]
use crate::receive::unix::{UnixSocketError, UnixSocketFile};
use crate::show::{request, sanitize};
use crate::ui::Ui;

/// Where `listen` is, and where `send` and `replay` look for it.
pub(in crate::commands) const PORT: u16 = 4400;

/// Where `listen` receives.
#[derive(Args, Debug)]
pub(super) struct TransportOptions {
    /// Bind to this address [default: 127.0.0.1]
    #[arg(long, env = env::unless_empty(env::BIND), value_name = "ADDRESS", value_parser = address)]
    bind: Option<IpAddr>,

    /// Listen on this port, 0 for any free one [default: 4400]
    #[arg(long, env = env::unless_empty(env::PORT), value_name = "PORT")]
    port: Option<u16>,

    /// Listen on a Unix socket at this path instead of a port
    ///
    /// It is this user's alone, and removed at the end. One that nobody listens on any more is
    /// replaced; any other file stays.
    #[cfg(unix)]
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath, conflicts_with_all = ["bind", "port", "tls", "tls_cert", "demo"])]
    unix: Option<PathBuf>,

    /// Speak TLS, with a certificate made for this machine
    ///
    /// It is for localhost, 127.0.0.1, `::1` and the address bound to, and kept in the platform's data
    /// directory, so that it need be trusted only once.
    #[arg(long)]
    tls: bool,

    /// Speak TLS with this certificate, and the chain after it: a PEM file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert: a PEM file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// The heading these options stand under.
const LIMITS: &str = "Limits";

/// What one sender may use up.
#[derive(Args, Debug)]
pub(super) struct LimitOptions {
    /// Refuse bodies larger than this many bytes
    #[arg(help_heading = LIMITS, long, value_name = "BYTES", default_value_t = 10 * 1024 * 1024)]
    pub(super) max_body: usize,

    /// Refuse requests with more header fields than this
    #[arg(help_heading = LIMITS, long, value_name = "N", default_value = "100", value_parser = RangedU64ValueParser::<u16>::new().range(1..=10_000))]
    max_headers: u16,

    /// Keep at most this many connections open; for a further one, the one goes that has kept us
    /// waiting longest
    #[arg(help_heading = LIMITS, long, value_name = "N", default_value_t = 512, value_parser = RangedU64ValueParser::<u16>::new().range(1..))]
    max_connections: u16,

    /// Wait this long for a request's head, and for the next request on an open connection
    #[arg(help_heading = LIMITS, long, value_name = "SPAN", default_value = "10s", value_parser = patience)]
    head_timeout: Span,

    /// Wait this long for a request's body
    #[arg(help_heading = LIMITS, long, value_name = "SPAN", default_value = "30s", value_parser = patience)]
    body_timeout: Span,
}

impl LimitOptions {
    /// The limits.
    pub(super) fn read(&self) -> Limits {
        Limits {
            body: self.max_body,
            headers: usize::from(self.max_headers),
            connections: usize::from(self.max_connections),
            head_time: self.head_timeout.0,
            body_time: self.body_timeout.0,
            ..Limits::default()
        }
    }
}

/// Where `listen` is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// An address, with the certificate's file where TLS is spoken.
    Port(SocketAddr, Option<Certificate>),
    /// A Unix socket.
    #[cfg(unix)]
    Unix(PathBuf),
}

/// The certificate that is shown to senders.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    path: PathBuf,
    /// Whether it is our own, for this very address.
    own: bool,
}

impl Place {
    /// The URL to send to; a socket has none.
    pub(super) fn url(&self) -> Option<String> {
        match self {
            Self::Port(address, None) => Some(format!("http://{address}")),
            Self::Port(address, Some(_)) => Some(format!("https://{address}")),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// The port.
    pub(super) fn port(&self) -> Option<u16> {
        self.address().map(|address| address.port())
    }

    /// The address.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Port(address, _) => Some(*address),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// The path of the Unix socket.
    pub(super) fn unix(&self) -> Option<&Path> {
        match self {
            Self::Port(..) => None,
            #[cfg(unix)]
            Self::Unix(path) => Some(path),
        }
    }

    /// The file of the certificate TLS is spoken with.
    pub(super) fn certificate(&self) -> Option<&Path> {
        match self {
            Self::Port(_, certificate) => certificate.as_ref().map(|own| own.path.as_path()),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// The address, where other machines can reach it.
    pub(super) fn exposed(&self) -> Option<IpAddr> {
        let ip = self.address()?.ip();
        (!ip.is_loopback()).then_some(ip)
    }

    /// How to trust it, where a client is on this machine: for the demonstration, and as flags of
    /// `hookcat send`.
    pub(super) fn trust(&self) -> (Trust, String) {
        let Self::Port(_, Some(certificate)) = self else {
            return (Trust::default(), String::new());
        };
        let read = fs::read(&certificate.path).ok().filter(|_| certificate.own);
        if let Some(authorities) = read.and_then(|pem| Trust::authorities(&pem).ok()) {
            let path = certificate.path.to_string_lossy();
            let trust = Trust {
                authorities,
                ..Trust::default()
            };
            return (trust, format!(" --ca {}", request::shell(path.as_bytes())));
        }
        // One for another name: it is ourselves we send to.
        let trust = Trust {
            insecure: true,
            ..Trust::default()
        };
        (trust, " --insecure".to_owned())
    }

    /// Tells it on the terminal.
    pub(super) fn tell(&self, ui: Ui) {
        let where_to = match (self.url(), self.unix()) {
            (Some(url), _) => url,
            (None, path) => format!(
                "unix:{}",
                sanitize::line(&path.unwrap_or(Path::new("")).to_string_lossy())
            ),
        };
        ui.status(&format!("listening on {where_to}  (Ctrl-C ends)"));
        if let Some(path) = self.certificate() {
            let path = path.to_string_lossy();
            ui.status(&format!("certificate {}", sanitize::line(&path)));
        }
    }
}

impl TransportOptions {
    /// Binds to where the options, the configuration or nobody says, TLS ready.
    ///
    /// # Errors
    /// A usage error for what cannot be bound to, and for a certificate that is of no use.
    pub(super) async fn open(&self, session: &Session) -> Result<(Listener, Place), CommandError> {
        #[cfg(unix)]
        if let Some(path) = &self.unix {
            let socket = UnixSocketFile::bind(path).await.map_err(not_bound)?;
            return Ok((socket.into(), Place::Unix(path.clone())));
        }
        let configured = session.config.listen();
        let ip = match (self.bind, &configured.bind) {
            (Some(ip), _) => ip,
            (None, Some(text)) => address(text)
                .map_err(|_| CommandError::usage(format!("not an address to bind to: `{text}`")))?,
            (None, None) => IpAddr::from([127, 0, 0, 1]),
        };
        let tls = self.speak_tls(ip)?;
        let address = SocketAddr::new(ip, self.port.or(configured.port).unwrap_or(PORT));
        let listener = TcpListener::bind(address).await.map_err(|error| {
            let taken = error.kind() == std::io::ErrorKind::AddrInUse;
            let told = CommandError::usage(format!("cannot listen on `{address}`")).because(error);
            if taken {
                told.hint("choose another port: --port 4401, or any free one: --port 0")
            } else {
                told
            }
        })?;
        let address = listener
            .local_addr()
            .map_err(|error| CommandError::failure("cannot tell the address").because(error))?;
        let (tls, certificate) = tls.unzip();
        let place = Place::Port(address, certificate);
        Ok((Listener::from(listener).with_tls(tls), place))
    }

    /// What TLS is spoken with, if it is.
    fn speak_tls(&self, bind: IpAddr) -> Result<Option<(Tls, Certificate)>, CommandError> {
        if let (Some(path), Some(key)) = (&self.tls_cert, &self.tls_key) {
            let read = |path: &Path| {
                fs::read(path).map_err(|error| {
                    CommandError::usage(format!("cannot read `{}`", path.display())).because(error)
                })
            };
            let tls =
                Tls::new(&read(path)?, &read(key)?).map_err(|error| no_tls(error, path, key))?;
            let certificate = Certificate {
                path: path.clone(),
                own: false,
            };
            return Ok(Some((tls, certificate)));
        }
        if !self.tls {
            return Ok(None);
        }
        let folder = paths::certificates().ok_or_else(|| {
            CommandError::usage("no home directory to keep a certificate in")
                .hint("give one: --tls-cert FILE --tls-key FILE")
        })?;
        let made = certificate::kept(&folder, bind, jiff::Timestamp::now());
        let Kept {
            path,
            certificate,
            key,
        } = made.map_err(|error| {
            CommandError::failure(error.to_string())
                .because(error)
                .hint("give one: --tls-cert FILE --tls-key FILE")
        })?;
        let tls = Tls::new(certificate.as_bytes(), key.as_bytes())
            .map_err(|error| CommandError::failure(error.to_string()).because(error))?;
        Ok(Some((tls, Certificate { path, own: true })))
    }
}

fn no_tls(error: TlsError, certificate: &Path, key: &Path) -> CommandError {
    let (certificate, key) = (certificate.display(), key.display());
    match error {
        TlsError::NoCertificate => CommandError::usage(format!("`{certificate}` {error}")),
        TlsError::NoKey => CommandError::usage(format!("`{key}` {error}")),
        TlsError::EncryptedKey => CommandError::usage(format!("{error}: `{key}`"))
            .hint(format!("decrypt it: openssl pkey -in {key} -out key.pem")),
        TlsError::OtherKey => CommandError::usage(format!("{error} than `{certificate}`: `{key}`")),
        TlsError::Unusable(source) => CommandError::usage(format!(
            "certificate and key are of no use: `{certificate}`"
        ))
        .because(source),
    }
}

#[cfg(unix)]
fn not_bound(error: UnixSocketError) -> CommandError {
    let told = CommandError::usage(error.to_string());
    match error {
        UnixSocketError::Failed(_, source) => told.because(source),
        UnixSocketError::NotASocket(_) | UnixSocketError::InUse(_) => {
            told.hint("choose another path")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        limits: LimitOptions,
    }

    fn limits(words: &[&str]) -> Result<Limits, clap::Error> {
        let words = [&["listen"], words].concat();
        <Line as clap::Parser>::try_parse_from(words).map(|line| line.limits.read())
    }

    #[test]
    fn the_flags_say_what_the_limits_are() {
        let told = limits(&[]).expect("parses");
        assert_eq!(format!("{told:?}"), format!("{:?}", Limits::default()));
        let told = limits(&["--max-connections", "7", "--body-timeout", "1m"]).expect("parses");
        assert_eq!(told.connections, 7);
        assert_eq!(told.body_time, Duration::from_secs(60));
    }

    #[test]
    fn a_limit_of_nothing_is_none() {
        for words in [
            ["--max-headers", "0"],
            ["--max-headers", "10001"],
            ["--max-connections", "0"],
            ["--head-timeout", "0s"],
            ["--body-timeout", "2h"],
        ] {
            assert!(limits(&words).is_err(), "{words:?}");
        }
    }
}
