//! `gateway`, `runtime`, `bus`: sections of the original that nothing here acts on.
//!
//! They are checked, kept and written, since files must open unchanged and can go back.

use nanobot_core::Secret;

use crate::schema::macros::section;

section! {
    /// The original's process.
    pub struct Gateway {
        /// Not used.
        host: String = "0.0.0.0",
        /// The original's commands find its process by this number; nothing listens there.
        port: u16 = 18_790,
    }
}

section! {
    /// Kept for the file's sake.
    pub struct Runtime {
        /// A copy of the bridge's settings that nothing reads.
        whatsapp_bridge: WhatsAppBridge,
    }
}

section! {
    /// A copy of the bridge's settings that nothing reads.
    pub struct WhatsAppBridge {
        /// See `channels.whatsapp.bridgeHost`.
        host: String = "127.0.0.1",
        /// See `channels.whatsapp.bridgePort`.
        port: u16 = 3001,
        /// See `channels.whatsapp.bridgeToken`.
        token: Secret<String> = "",
        /// See `channels.whatsapp.bridgeAutoRepair`.
        auto_repair: bool = true,
        /// See `channels.whatsapp.bridgeStartupTimeoutMs`.
        startup_timeout_ms: u64 = 15_000,
        /// See `channels.whatsapp.maxPayloadBytes`.
        max_payload_bytes: u32 = 262_144,
    }
}

section! {
    /// Queue sizes of the original's message bus.
    pub struct Bus {
        /// Messages that may wait to be handled.
        inbound_maxsize: u32 = 2000,
        /// Messages that may wait to be sent.
        outbound_maxsize: u32 = 2000,
    }
}
