//! Typed bodies of the Kestra HTTP API
