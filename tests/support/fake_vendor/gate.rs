//! The doors: the vendor's own, which can be shut while its port stays taken, and the one for whoever runs the test,
//! which is always open.

use std::io::Result;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connection::{self, Door};
use super::state::State;

/// Connections that wait to be accepted: as many as begin in a second of a bench.
const BACKLOG: u32 = 1_024;
/// Opening and shutting takes microseconds; a vendor that is being stopped never says that it is done.
const DOOR_LIMIT: Duration = Duration::from_secs(5);

/// Whether the door shall be open, and whether it is.
#[derive(Debug)]
pub(super) struct Gate {
    wanted: watch::Sender<bool>,
    done: watch::Sender<bool>,
    is_open: Mutex<bool>,
    changed: Condvar,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self {
            wanted: watch::Sender::new(true),
            done: watch::Sender::new(true),
            is_open: Mutex::new(true),
            changed: Condvar::new(),
        }
    }

    pub(super) fn want_open(&self, open: bool) {
        self.wanted.send_replace(open);
    }

    /// Waits, on a thread that serves nobody, until the door is as it shall be.
    pub(super) fn wait_until_done(&self) {
        let wanted = *self.wanted.borrow();
        let _ = self.changed.wait_timeout_while(self.lock(), DOOR_LIMIT, |open| *open != wanted);
    }

    /// The same for a task.
    pub(super) async fn until_done(&self) {
        let wanted = *self.wanted.borrow();
        let mut done = self.done.subscribe();
        let _ = tokio::time::timeout(DOOR_LIMIT, done.wait_for(|open| *open == wanted)).await;
    }

    /// Comes back when the door is to be shut.
    async fn shut(&self) {
        let mut wanted = self.wanted.subscribe();
        let _ = wanted.wait_for(|open| !open).await;
    }

    async fn opened(&self) {
        let mut wanted = self.wanted.subscribe();
        let _ = wanted.wait_for(|open| *open).await;
    }

    fn report(&self, open: bool) {
        *self.lock() = open;
        self.changed.notify_all();
        self.done.send_replace(open);
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both doors.
#[derive(Debug)]
pub(super) struct Doors {
    /// Keeps the port while nobody listens. It does not listen itself, so whoever knocks then is refused.
    _placeholder: TcpSocket,
    listener: TcpListener,
    address: SocketAddr,
    admin: TcpListener,
    admin_address: SocketAddr,
}

impl Doors {
    pub(super) fn open(port: u16) -> Result<Self> {
        let placeholder = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let address = placeholder.local_addr()?;
        let admin = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?.listen(BACKLOG)?;
        Ok(Self {
            listener: bound(address)?.listen(BACKLOG)?,
            admin_address: admin.local_addr()?,
            _placeholder: placeholder,
            address,
            admin,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// Serves until it is dropped; the connections go with it.
    pub(super) async fn serve(self, state: Arc<State>) {
        let Self { _placeholder, listener, address, admin, .. } = self;
        let behind = accept(admin, Door::Admin, &state);
        let front = async {
            let mut next = Ok(listener);
            // Without a listener there is no vendor: it can only end.
            while let Ok(listener) = next {
                state.gate().report(true);
                tokio::select! {
                    // Those who were connected are cut off: their tasks go with this one.
                    () = accept(listener, Door::Public, &state) => {}
                    () = state.gate().shut() => {}
                }
                state.gate().report(false);
                state.gate().opened().await;
                next = bound(address).and_then(|socket| socket.listen(BACKLOG));
            }
        };
        tokio::select! {
            () = behind => {}
            () = front => {}
        }
    }
}

/// A socket at that address beside others of ours. `SO_REUSEADDR` would let anybody have a port on which nobody
/// listens; `SO_REUSEPORT` lets those in who ask for it, and outlives connections that are still being closed.
fn bound(address: SocketAddr) -> Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn accept(listener: TcpListener, door: Door, state: &Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        connections.spawn(serve(stream, door, Arc::clone(state)));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, door: Door, state: Arc<State>) {
    // A client that speaks no HTTP, or hangs up, is no business of ours.
    let _ = connection::serve(stream, door, &state).await;
}
