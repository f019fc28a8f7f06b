//! A connection to the server: TCP, and TLS on top of it where the settings say so.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::settings::Server;

/// How long the way to the server may take, the name's lookup and the greeting of TLS included.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A stream of bytes, encrypted or not.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Connects.
///
/// # Errors
/// When nobody answers, or not in time, or the server is not who it says.
pub(super) async fn connect(server: &Server) -> io::Result<Box<dyn Wire>> {
    let connected = tokio::time::timeout(CONNECT_LIMIT, open(server)).await;
    connected.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn open(server: &Server) -> io::Result<Box<dyn Wire>> {
    let stream = TcpStream::connect((server.host.as_str(), server.port)).await?;
    // Lines are short; each goes out as it is written.
    stream.set_nodelay(true)?;
    if !server.tls {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(server.host.clone()).map_err(io::Error::other)?;
    let config = tls_config().map_err(io::Error::other)?;
    Ok(Box::new(TlsConnector::from(Arc::new(config)).connect(name, stream).await?))
}

/// Trusts the certificate authorities of the host, which are read from disk; where it has none, the list that is
/// compiled in. The provider is handed over, so no process-wide default is installed.
fn tls_config() -> Result<ClientConfig, rustls::Error> {
    let builder = || {
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
    };
    if let Ok(verified) = builder()?.with_platform_verifier() {
        return Ok(verified.with_no_client_auth());
    }
    let compiled_in = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    Ok(builder()?.with_root_certificates(compiled_in).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_server_that_speaks_no_tls_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let greet = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b":irc.example NOTICE * :plain\r\n").await.unwrap();
        };
        let server = Server { host: "127.0.0.1".to_owned(), port, tls: true };
        let (connected, ()) = tokio::join!(connect(&server), greet);
        assert!(connected.is_err());
    }

    #[tokio::test]
    async fn where_nobody_listens_there_is_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let server = Server { host: "127.0.0.1".to_owned(), port, tls: false };
        assert!(connect(&server).await.is_err());
    }
}
