"""What the sandbox answers over HTTP, path by path: `routes` lists them all."""
