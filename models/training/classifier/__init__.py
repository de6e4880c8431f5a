"""Training of the forgery classifier: prepare, train, evaluate, export, one module per step."""
