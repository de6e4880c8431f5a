"""What the trainings of the detector and the classifier share: reading sources, the teachers, the crop geometry."""
