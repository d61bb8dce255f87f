"""Requests that nobody would send, made from the OpenAPI documents by schemathesis, as each role."""
