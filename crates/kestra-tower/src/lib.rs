//! Tower layers and the HTTP transport of the Kestra client
