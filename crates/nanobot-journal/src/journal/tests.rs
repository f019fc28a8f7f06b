//! Tests of the journal as its ports see it.

mod contracts;
mod disk;
mod forgetting;
mod limits;
mod model;
mod opening;
mod plans;
mod spending;
mod spending_model;
