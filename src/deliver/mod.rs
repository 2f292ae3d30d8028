//! The HTTP client: one attempt at an endpoint, attempts on a provider's policy, load, and requests
//! that go out exactly as they are written. And one attempt at a mail.

mod attempt;
pub mod exact;
pub mod http1;
pub mod load;
pub mod mail;
pub mod pool;
pub mod reach;
mod retries;
mod target;
mod tls;

pub use self::attempt::{Client, ClientError, ClientOptions, Trust};
pub use self::retries::{Pace, Progress, attempts};
pub use self::target::{TargetError, endpoint, host, join, masked};
