//! `channels`: the chat networks.

use std::num::NonZeroU32;

use nanobot_core::Secret;

use super::irc::Irc;
use crate::bridge_url;
use crate::schema::macros::section;

section! {
    /// The chat networks.
    pub struct Channels {
        /// WhatsApp.
        whatsapp: WhatsApp,
        /// Telegram.
        telegram: Telegram,
        /// Discord.
        discord: Discord,
        /// Feishu.
        feishu: Feishu,
        /// IRC.
        @own irc: Irc,
        /// Matrix.
        @own matrix: NetworkOnly,
    }
}

impl Channels {
    /// Whether a network may run without policy and security engines; `false` for unknown networks.
    pub fn unguarded(&self, network: &str) -> bool {
        match network {
            "whatsapp" => self.whatsapp.unguarded,
            "telegram" => self.telegram.unguarded,
            "discord" => self.discord.unguarded,
            "feishu" => self.feishu.unguarded,
            "irc" => self.irc.unguarded,
            "matrix" => self.matrix.unguarded,
            _ => false,
        }
    }
}

section! {
    /// WhatsApp, through its bridge.
    pub struct WhatsApp {
        /// Whether the network is used.
        enabled: bool = false,
        /// The bridge's address in its old form; `bridgeHost` and `bridgePort` come first.
        bridge_url: String = "ws://localhost:3001",
        /// Host of the bridge.
        bridge_host: String = "127.0.0.1",
        /// Port of the bridge; 0 means the port of `bridgeUrl`.
        bridge_port: u16 = 3001,
        /// Token that the bridge asks for.
        bridge_token: Secret<String> = "",
        /// Whether a broken bridge is installed anew.
        bridge_auto_repair: bool = true,
        /// Time that the bridge gets to start, in milliseconds.
        bridge_startup_timeout_ms: u64 = 15_000,
        /// Where the device's keys are.
        auth_dir: String = "~/.nanobot/secrets/whatsapp-auth",
        /// Pause after which several messages are taken as one, in milliseconds; 0 is off.
        debounce_ms: u64 = 0,
        /// Whether read receipts are sent.
        read_receipts: bool = true,
        /// Whether messages of the assistant's own account are handled.
        accept_from_me: bool = false,
        /// Kept for the file's sake; not used.
        media_max_mb: u32 = 50,
        /// Message ids remembered against repetition.
        max_dedupe_entries: u32 = 5000,
        /// Conversations that may wait in the debounce at a time.
        max_debounce_buckets: u32 = 2000,
        /// First pause before a new connection, in milliseconds.
        reconnect_initial_ms: u64 = 1000,
        /// Longest pause before a new connection, in milliseconds.
        reconnect_max_ms: u64 = 30_000,
        /// Factor from one pause to the next.
        reconnect_factor: f64 = 2.0,
        /// Share of a pause that is random.
        reconnect_jitter: f64 = 0.25,
        /// Attempts before giving up; 0 is no limit.
        reconnect_max_attempts: u32 = 0,
        /// Largest frame from the bridge, in bytes.
        max_payload_bytes: u32 = 262_144,
        /// Messages of context around a quoted message.
        reply_context_window_limit: u32 = 6,
        /// Longest line of that context, in characters.
        reply_context_line_max_chars: u32 = 256,
        /// Messages of a group shown along with a new one.
        ambient_window_limit: u32 = 8,
        /// Pictures and voice notes.
        media: WhatsAppMedia,
        /// Whether the network may run without policy and security; for a server on loopback only.
        @own unguarded: bool = false,
    }
}

impl WhatsApp {
    /// Where the bridge listens: `bridgeHost` and `bridgePort`, each else from `bridgeUrl`, else the usual
    /// ones. Always `ws`, without a path, as the original has it.
    pub fn bridge_address(&self) -> String {
        let url = bridge_url::split(&self.bridge_url).unwrap_or_default();
        let host = Some(self.bridge_host.trim().to_owned()).filter(|host| !host.is_empty()).or(url.host);
        let host = host.unwrap_or_else(|| "127.0.0.1".to_owned());
        let port = match (self.bridge_port, url.port, url.scheme.as_deref()) {
            (0, Some(port), _) if port != 0 => port,
            (0, _, Some("wss")) => 443,
            (0, _, Some("ws")) => 80,
            (0, ..) => 3001,
            (port, ..) => port,
        };
        if host.contains(':') { format!("ws://[{host}]:{port}") } else { format!("ws://{host}:{port}") }
    }
}

section! {
    /// Pictures and voice notes.
    pub struct WhatsAppMedia {
        /// Whether media are handled at all.
        enabled: bool = true,
        /// Where received files are kept.
        incoming_dir: String = "~/.nanobot/var/media/incoming/whatsapp",
        /// Where files to send are kept.
        outgoing_dir: String = "~/.nanobot/var/media/outgoing/whatsapp",
        /// Days that files are kept.
        retention_days: u32 = 30,
        /// Whether pictures are described by a vision model.
        describe_images: bool = true,
        /// Whether pictures go to the assistant's model itself.
        pass_image_to_assistant: bool = false,
        /// Largest picture, in megabytes.
        max_image_bytes_mb: u32 = 8,
        /// Whether voice notes are downloaded; without it they cannot be transcribed.
        persist_incoming_audio: bool = false,
        /// Whether voice notes become text.
        transcribe_audio: bool = true,
        /// Largest voice note, in megabytes.
        max_audio_bytes_mb: u32 = 25,
        /// Whether a voice note is deleted once it is text.
        delete_audio_after_transcription: bool = true,
        /// Transcriptions at a time.
        max_asr_concurrency: NonZeroU32 = 2,
        /// Speech syntheses at a time.
        max_tts_concurrency: NonZeroU32 = 2,
    }
}

section! {
    /// Telegram.
    pub struct Telegram {
        /// Whether the network is used.
        enabled: bool = false,
        /// The bot's token.
        token: Secret<String> = "",
        /// Proxy address; it may hold a password.
        proxy: Option<Secret<String>> = null,
        /// Whether the network may run without policy and security; for a server on loopback only.
        @own unguarded: bool = false,
    }
}

section! {
    /// Discord.
    pub struct Discord {
        /// Whether the network is used.
        enabled: bool = false,
        /// The bot's token.
        token: Secret<String> = "",
        /// Address of the gateway.
        gateway_url: String = "wss://gateway.discord.gg/?v=10&encoding=json",
        /// Bits of the events asked for.
        intents: u32 = 37_377,
        /// Whether the network may run without policy and security; for a server on loopback only.
        @own unguarded: bool = false,
    }
}

section! {
    /// Feishu.
    pub struct Feishu {
        /// Whether the network is used.
        enabled: bool = false,
        /// The app's id.
        app_id: String = "",
        /// The app's secret.
        app_secret: Secret<String> = "",
        /// Key of encrypted events.
        encrypt_key: Secret<String> = "",
        /// Token in events.
        verification_token: Secret<String> = "",
        /// Whether the network may run without policy and security; for a server on loopback only.
        @own unguarded: bool = false,
    }
}

section! {
    /// A network that the original does not know.
    pub struct NetworkOnly {
        /// Whether the network may run without policy and security; for a server on loopback only.
        unguarded: bool = false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::setting::Setting;
    use serde_json::json;

    fn address(settings: &serde_json::Value) -> String {
        WhatsApp::extract(settings).expect("settings").bridge_address()
    }

    #[test]
    fn the_bridge_is_where_the_newer_keys_say_and_else_where_the_older_one_does() {
        assert_eq!(address(&json!({})), "ws://127.0.0.1:3001");
        assert_eq!(address(&json!({ "bridge_host": "h", "bridge_port": 7 })), "ws://h:7");
        let older = |url| json!({ "bridge_host": "", "bridge_port": 0, "bridge_url": url });
        assert_eq!(address(&older("wss://u/path")), "ws://u:443");
        assert_eq!(address(&older("ws://[::1]:9")), "ws://[::1]:9");
        assert_eq!(address(&older("nonsense")), "ws://127.0.0.1:3001");
    }
}
