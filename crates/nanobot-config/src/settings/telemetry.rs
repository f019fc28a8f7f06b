//! `telemetry`: figures and traces, and where they go. What is counted is the business of another crate.

use crate::schema::macros::section;

section! {
    /// Figures and traces.
    pub struct Telemetry {
        /// Whether anything is counted or traced; off costs nothing.
        enabled: bool = true,
        /// Address that traces are sent to by OTLP; null sends none.
        otlp_endpoint: Option<String> = null,
        /// The name under which traces arrive.
        service_name: String = "nanobot",
    }
}
