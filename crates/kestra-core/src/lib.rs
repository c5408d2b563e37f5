//! Errors, request building blocks and codecs of the Kestra client
