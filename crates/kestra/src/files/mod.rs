//! What files can do beyond single operations.

mod download;
mod sync;

pub use download::DownloadFile;
pub use sync::{FileAction, FileSync, FileSyncReport, SyncedFile};
