//! One http::Request builder for each operation of the Kestra HTTP API
