//! The threads connections are served on: each stays on one of them, so that its messages are read,
//! verified and answered without a word between two cores.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// How long what is still at work at the end may hold it up.
const PARTING: Duration = Duration::from_millis(100);

/// Threads with a runtime each. Without any, connections are served where they are accepted.
#[derive(Debug, Default)]
pub struct Crew(Vec<Member>);

#[derive(Debug)]
struct Member {
    runtime: Handle,
    /// Held once by each connection that is served here.
    busy: Arc<()>,
    /// Dropped, it ends the thread.
    stay: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A place on a thread, as long as it is held.
#[derive(Debug)]
pub(super) struct Berth {
    pub(super) runtime: Handle,
    _busy: Arc<()>,
}

impl Crew {
    /// A thread for each core.
    ///
    /// # Errors
    /// Where threads or their runtimes cannot be started.
    pub fn of_every_core() -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (0..cores)
            .map(|_| Member::start())
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// A place on the thread that serves the fewest.
    pub(super) fn berth(&self) -> Option<Berth> {
        let idlest = (self.0.iter()).min_by_key(|member| Arc::strong_count(&member.busy))?;
        Some(Berth {
            runtime: idlest.runtime.clone(),
            _busy: Arc::clone(&idlest.busy),
        })
    }
}

impl Member {
    fn start() -> io::Result<Self> {
        let (stay, mut left) = oneshot::channel::<()>();
        let (tell, told) = sync_channel(1);
        let serve = move || {
            let runtime = match Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(tell.send(Err(error))),
            };
            let _ = tell.send(Ok(runtime.handle().clone()));
            let _ = runtime.block_on(&mut left);
            runtime.shutdown_timeout(PARTING);
        };
        let thread = std::thread::Builder::new().name("serve".to_owned());
        let thread = thread.spawn(serve)?;
        let runtime = told.recv().map_err(io::Error::other)??;
        Ok(Self {
            runtime,
            busy: Arc::default(),
            stay: Some(stay),
            thread: Some(thread),
        })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.stay.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_next_is_put_where_there_are_fewest() {
        let crew = Crew((0..2).map(|_| Member::start().expect("starts")).collect());
        let id = |berth: &Berth| berth.runtime.id();
        let [first, second] = [(); 2].map(|()| crew.berth().expect("a thread"));
        assert_ne!(id(&first), id(&second));
        let freed = id(&first);
        drop(first);
        let third = crew.berth().expect("a thread");
        assert_eq!(id(&third), freed);
        let (said, hear) = sync_channel(1);
        third.runtime.spawn(async move {
            let _ = said.send(std::thread::current().name().map(str::to_owned));
        });
        assert_eq!(hear.recv(), Ok(Some("serve".to_owned())));
        drop(crew);
        assert!(Crew::default().berth().is_none());
    }
}
