//! Client for the Kestra workflow orchestrator, built from tower layers
