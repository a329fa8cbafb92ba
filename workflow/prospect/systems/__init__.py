"""One folder for what each paper asks for; its own text says which."""
