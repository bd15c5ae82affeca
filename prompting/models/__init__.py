"""The engines behind the port to a language model: two kinds of server, and one in this process."""
