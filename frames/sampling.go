package frames

// Sampling says which frames of a clip are scored. The zero value is every frame.
type Sampling struct {
	PerSecond float64 // frames per second of presentation time; 0 or less means every frame
}
