//! Examples of the Kestra client.
