//! What files can do beyond single operations.

mod delete;
mod download;
mod sync;
mod trash;

pub(crate) use delete::{delete_once, is_deletion};
pub use download::DownloadFile;
pub use sync::FileSync;
