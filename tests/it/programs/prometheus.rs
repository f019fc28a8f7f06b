//! A real Prometheus that scrapes a real daemon, with the files of `deploy/` as they are shipped.
//!
//! Which fact moves which metric is tested where metrics are made. Here it is shown that what is shipped works
//! together: the token file, the scrape, every expression of the alerts and the dashboard, and the figures, which are
//! those that the providers counted.

mod alerts;
mod api;
mod figures;
mod files;
mod load;
mod plain_http;
mod server;
mod watched;
mod world;
