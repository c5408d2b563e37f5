//! Imports OpenAPI documents of Kestra and generates the client's models and operations
