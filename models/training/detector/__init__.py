"""Training of the face detector: a small network of our own, distilled densely from YuNet."""
