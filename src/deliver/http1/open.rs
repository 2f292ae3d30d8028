//! A connection to one of several addresses: a name often stands for two, of which one may be silent.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::Connection;
use crate::deliver::tls::Connector;

/// After so long without a connection, the next address is tried beside (RFC 8305, 5).
const SLOW: Duration = Duration::from_millis(250);

impl Connection {
    /// A connection to the first of these addresses that takes one.
    ///
    /// # Errors
    /// The last address's.
    pub(in crate::deliver) async fn to_any(
        addresses: &[SocketAddr],
        tls: Option<&Connector>,
    ) -> io::Result<Self> {
        first(addresses.iter().map(|&own| Self::open(own, tls))).await
    }
}

/// What the first of these that succeeds gives: each is begun when the one before failed, or is slow.
async fn first<T>(
    mut tries: impl ExactSizeIterator<Item = impl Future<Output = io::Result<T>>>,
) -> io::Result<T> {
    let mut last = io::Error::other("failed to lookup address information");
    let mut begun = FuturesUnordered::new();
    begun.extend(tries.next());
    loop {
        tokio::select! {
            biased;
            ended = begun.next() => match ended {
                Some(Ok(made)) => return Ok(made),
                Some(Err(error)) => {
                    last = error;
                    begun.extend(tries.next());
                }
                None => return Err(last),
            },
            () = tokio::time::sleep(SLOW), if tries.len() > 0 => begun.extend(tries.next()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn an_address_that_is_slow_or_fails_holds_no_other_up() {
        let made = first([1, 2, 3].into_iter().map(|own| async move {
            match own {
                1 => pending().await,
                2 => Err(io::ErrorKind::ConnectionRefused.into()),
                _ => Ok(own),
            }
        }));
        assert_eq!(made.await.expect("made"), 3);
        let kinds = [io::ErrorKind::ConnectionRefused, io::ErrorKind::TimedOut];
        let gone = kinds.map(|own| ready(Err::<(), io::Error>(own.into())));
        let last = first(gone.into_iter()).await.expect_err("none");
        assert_eq!(last.kind(), io::ErrorKind::TimedOut);
        let nobody = first(std::iter::empty::<std::future::Ready<io::Result<()>>>());
        assert!(nobody.await.is_err());
    }
}
