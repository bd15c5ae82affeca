"""The endpoints, one module a subject; each calls one room and shapes the reply."""
