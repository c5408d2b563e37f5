//! An in-process Kestra server for tests and examples
