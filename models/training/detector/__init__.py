"""Training of the face detector, distilled densely from YuNet."""
